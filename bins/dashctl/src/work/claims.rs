//! Asking for tasks: one question waits on the server for as long as there is nothing to do.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use client::{Client, Error};
use model::{ClaimWork, RunId, WorkClaimed};
use runner::{Backoff, Notices};
use tokio::sync::{RwLock, watch};
use tokio::time::{Instant, sleep, timeout};

/// So long a question waits on the server.
const WAIT_SECONDS: i64 = 30;
/// An answer without tasks that comes sooner is no reason to ask again at once.
const SOON: Duration = Duration::from_secs(1);

/// What all questions of a worker know.
#[derive(Debug)]
pub(super) struct Presence {
    notices: Notices,
    is_away: AtomicBool,
    is_leaving: watch::Sender<bool>,
    /// Whether an answer may have been lost on its way.
    has_lost_one: AtomicBool,
    /// Held by every question on its way; by one that names what we have, alone.
    on_its_way: RwLock<()>,
    /// The runs that we were given and are not done with.
    held: Mutex<BTreeSet<RunId>>,
}

/// What came of a question.
#[derive(Debug)]
pub(super) struct Answer {
    /// How many tasks were asked for.
    pub(super) wanted: usize,
    /// The server's answer; none when the worker is leaving and the server away.
    pub(super) claimed: Option<WorkClaimed>,
    /// Whether the server was away before.
    pub(super) was_away: bool,
}

impl Presence {
    pub(super) fn new(notices: Notices) -> Arc<Self> {
        Arc::new(Self {
            notices,
            is_away: AtomicBool::new(false),
            is_leaving: watch::Sender::new(false),
            has_lost_one: AtomicBool::new(false),
            on_its_way: RwLock::new(()),
            held: Mutex::default(),
        })
    }

    /// From now on nobody waits for a server that is away.
    pub(super) fn leave(&self) {
        self.is_leaving.send_replace(true);
    }

    /// Waits for a while; no longer when it is leaving.
    pub(super) async fn rest(&self, length: Duration) {
        let mut leaving = self.is_leaving.subscribe();
        timeout(length, leaving.wait_for(|leaving| *leaving))
            .await
            .ok();
    }

    /// A run is no more ours.
    pub(super) fn let_go(&self, run: RunId) {
        self.held().remove(&run);
    }

    /// Puts a question. After one whose answer may have been lost, the first that is alone on its way names what we have:
    /// then every other answer has either come, and is counted in, or never will.
    async fn put(&self, client: &Client, claim: &ClaimWork) -> Result<WorkClaimed, Error> {
        if self.has_lost_one.load(Ordering::SeqCst)
            && let Ok(_alone) = self.on_its_way.try_write()
        {
            let claim = ClaimWork {
                holding: Some(self.held().iter().copied().collect()),
                // The others wait for this one.
                wait_seconds: None,
                ..claim.clone()
            };
            let answer = self.hear(client.claim_work(&claim).await);
            if answer.is_ok() {
                self.has_lost_one.store(false, Ordering::SeqCst);
            }
            return answer;
        }
        let _among_others = self.on_its_way.read().await;
        self.hear(client.claim_work(claim).await)
    }

    /// Notes what an answer gives, while its question still counts as on its way.
    fn hear(&self, answer: Result<WorkClaimed, Error>) -> Result<WorkClaimed, Error> {
        match &answer {
            Ok(answer) => {
                let runs = answer.claims.iter().map(|claimed| claimed.run.id);
                self.held().extend(runs);
            }
            Err(_) => self.has_lost_one.store(true, Ordering::SeqCst),
        }
        answer
    }

    fn held(&self) -> MutexGuard<'_, BTreeSet<RunId>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says so once, whoever notices it first.
    fn lost(&self, error: &Error) {
        if !self.is_away.swap(true, Ordering::Relaxed) {
            let why = chain(error);
            self.notices.say(&format!(
                "the server is away, asking again until it is back: {why}"
            ));
        }
    }

    /// Whether it was away until now.
    fn found(&self) -> bool {
        let was_away = self.is_away.swap(false, Ordering::Relaxed);
        if was_away {
            self.notices.say("the server is back");
        }
        was_away
    }
}

/// Asks for so many tasks until the server has answered. The first question of a worker does not wait for tasks, so that
/// both sides know each other.
pub(super) async fn ask(
    client: Client,
    mut claim: ClaimWork,
    wanted: usize,
    is_first: bool,
    presence: Arc<Presence>,
) -> Result<Answer, Error> {
    claim.count = i64::try_from(wanted).ok();
    claim.wait_seconds = (!is_first).then_some(WAIT_SECONDS);
    let (mut backoff, mut was_away) = (Backoff::default(), false);
    loop {
        if *presence.is_leaving.borrow() {
            let claimed = None;
            return Ok(Answer {
                wanted,
                claimed,
                was_away,
            });
        }
        let asked_at = Instant::now();
        match presence.put(&client, &claim).await {
            Ok(claimed) => {
                was_away |= presence.found();
                let is_idle = claimed.claims.is_empty() && !claimed.worker.draining;
                if is_idle && !is_first && asked_at.elapsed() < SOON {
                    sleep(backoff.next(rand::random())).await;
                }
                let claimed = Some(claimed);
                return Ok(Answer {
                    wanted,
                    claimed,
                    was_away,
                });
            }
            Err(error) if error.is_transient() => presence.lost(&error),
            Err(error) => return Err(error),
        }
        presence.rest(backoff.next(rand::random())).await;
    }
}

fn chain(error: &Error) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
