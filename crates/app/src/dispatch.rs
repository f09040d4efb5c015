//! Dispatch: work goes to those who wait for it as soon as there is any. One task per process hands out; it sleeps until
//! an event says that something may have become free, somebody sits down, or the time comes at which something does.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bus::{Batch, EventSubscription};
use model::{EventFilter, EventType};
use store::{dispatch, offers};

use crate::app::Weakly;
use crate::plan::{Match, Occasion};
use crate::takes::{Take, Taken};
use crate::waiting::{Handover, Seat, Waiting};
use crate::{App, Error, plan, takes};

/// No more tasks in one round, so that nobody waits long for the others.
const ROUND: usize = 64;
/// So many rounds may come to nothing, because others were quicker, before the next event is waited for.
const MOST_FRUITLESS: usize = 3;
/// After so many rounds those who do not want to wait have waited long enough, also where there is still work for others.
const MOST_ROUNDS: usize = 8;
/// How long to wait for a database that is away.
const AWAY: Duration = Duration::from_secs(1);

/// Hands out from now on.
pub(crate) async fn start(app: &App) -> Result<(), Error> {
    let subscription = app.bus().subscribe(None, EventFilter::default()).await?;
    app.spawn(|weak| listen(weak, subscription));
    let waiting = Arc::clone(app.waiting());
    app.spawn(|weak| rounds(weak, waiting));
    Ok(())
}

/// Events that can make nothing free; all others about tasks, runs, projects and the server itself may.
fn frees_nothing(word: &str) -> bool {
    let about = [
        "task_",
        "run_finished",
        "loop_",
        "daemon_",
        "project_",
        "limits_",
        "worker_",
    ];
    let in_vain = [
        EventType::TaskClaimed.as_str(),
        EventType::TaskBlocked.as_str(),
        EventType::WorkerJoined.as_str(),
        EventType::WorkerLeft.as_str(),
    ];
    in_vain.contains(&word) || !about.iter().any(|prefix| word.starts_with(prefix))
}

async fn listen(weak: Weakly, mut subscription: EventSubscription) {
    loop {
        let batch = subscription.next_batch().await;
        let Some(app) = weak.app() else { return };
        let has_news = match batch {
            Batch::Frames(frames) => {
                let mut has_news = false;
                for frame in frames {
                    let event = frame.item();
                    has_news |= app.standing().hear(event) || !frees_nothing(&event.event_type);
                }
                has_news
            }
            Batch::Gap(_) => true,
            Batch::Bye => return,
        };
        if has_news {
            app.waiting().look();
        }
    }
}

async fn rounds(weak: Weakly, waiting: Arc<Waiting>) {
    let mut nap = None;
    loop {
        match nap {
            Some(nap) => drop(tokio::time::timeout(nap, waiting.news()).await),
            None => waiting.news().await,
        }
        let Some(app) = weak.app() else { return };
        nap = match app.hand_out().await {
            Ok(nap) => nap,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "nothing can be handed out"
                );
                waiting.dismiss_hurried(&waiting.seats());
                Some(AWAY)
            }
        };
    }
}

/// What came of looking once at what there is.
#[derive(Debug, Default)]
struct Round {
    /// So many tasks were to be taken.
    planned: usize,
    /// So many were.
    taken: usize,
    /// Whoever waits on after it is one for whom there was nothing.
    saw_everybody: bool,
}

impl App {
    /// Hands out what may be handed out to those who wait. Answers after how long there may be more by itself.
    pub(crate) async fn hand_out(&self) -> Result<Option<Duration>, Error> {
        let waited = self.waiting().seats();
        let mut fruitless = 0;
        for _ in 0..MOST_ROUNDS {
            let seats = self.waiting().seats();
            if seats.is_empty() {
                return Ok(None);
            }
            let round = self.round().await?;
            if round.saw_everybody || fruitless >= MOST_FRUITLESS {
                self.waiting().dismiss_hurried(&seats);
            }
            if round.planned == 0 || fruitless >= MOST_FRUITLESS {
                return self.next_release().await;
            }
            fruitless = if round.taken == 0 { fruitless + 1 } else { 0 };
        }
        self.waiting().dismiss_hurried(&waited);
        self.waiting().look();
        Ok(None)
    }

    /// Looks once at what there is for those who ask by themselves, and for each offer that stands.
    async fn round(&self) -> Result<Round, Error> {
        let mut round = Round {
            saw_everybody: true,
            ..Round::default()
        };
        for occasion in self.occasions().await? {
            let (planned, taken) = self.serve_all(occasion).await?;
            round.planned += planned;
            round.taken += taken;
            round.saw_everybody &= planned < ROUND && taken == planned;
        }
        Ok(round)
    }

    async fn occasions(&self) -> Result<Vec<Occasion>, Error> {
        let by_itself = Occasion {
            offer: None,
            project: None,
            most: ROUND,
            at: self.clock().now(),
        };
        let mut occasions = vec![by_itself];
        for offer in self.standing().now() {
            let offered = offers::get(&mut self.read().await?, offer.id).await?;
            occasions.extend(offered.map(|offered| Occasion {
                offer: Some(offer.id),
                project: offer.project,
                most: offered.left.min(ROUND),
                ..by_itself
            }));
        }
        Ok(occasions)
    }

    /// Answers how many tasks were to be taken on an occasion, and how many were.
    async fn serve_all(&self, occasion: Occasion) -> Result<(usize, usize), Error> {
        let seats = self.waiting().seats();
        let kept_off = self.misfits().now(occasion.at);
        let mut read = self.read().await?;
        let matches = plan::make(&mut read, &seats, kept_off, self.counted(), occasion).await?;
        drop(read);
        let takes = matches.into_iter().map(|Match { seat, task }| Take {
            seat,
            who: Arc::clone(&seats[seat].who),
            task,
        });
        let takes: Vec<Take> = takes.collect();
        let planned = takes.len();
        let (taken, failure) = match self.take(takes.clone(), occasion).await {
            Err(_) if planned > 1 => self.take_singly(takes, occasion).await,
            taken => (taken?, None),
        };
        let count = taken.len();
        self.hand_over(&seats, taken);
        failure.map_or(Ok((planned, count)), Err)
    }

    /// One task that cannot be taken is no reason not to take the others.
    async fn take_singly(
        &self,
        takes: Vec<Take>,
        occasion: Occasion,
    ) -> (Vec<Taken>, Option<Error>) {
        let (mut taken, mut failure) = (Vec::new(), None);
        for take in takes {
            match self.take(vec![take], occasion).await {
                Ok(one) => taken.extend(one),
                Err(error) => failure = Some(error),
            }
        }
        (taken, failure)
    }

    async fn take(&self, takes: Vec<Take>, occasion: Occasion) -> Result<Vec<Taken>, Error> {
        if takes.is_empty() {
            return Ok(Vec::new());
        }
        let (pace, at) = (self.pace(), self.clock().now());
        let counted = Arc::clone(self.counted());
        let taken = self.store().write(move |tx| {
            Box::pin(async move { takes::take_all(tx, takes, &counted, occasion, pace, at).await })
        });
        taken.await
    }

    /// Gives those who wait what was taken for them.
    fn hand_over(&self, seats: &[Seat], taken: Vec<Taken>) {
        let mut by_seat: BTreeMap<usize, Vec<Handover>> = BTreeMap::new();
        for Taken { seat, claimed } in taken {
            let handover = Handover::new(claimed, self.weakly());
            by_seat.entry(seat).or_default().push(handover);
        }
        for (seat, handovers) in by_seat {
            self.waiting().serve(&seats[seat], handovers);
        }
    }

    /// After how long a task becomes free by itself.
    async fn next_release(&self) -> Result<Option<Duration>, Error> {
        let now = self.clock().now();
        let next = dispatch::next_release(&mut self.read().await?, None, now).await?;
        let millis = next.map(|next| next.millis_since(now) + 1);
        Ok(millis.map(|millis| Duration::from_millis(millis.unsigned_abs())))
    }
}
