//! The worker: takes as many tasks as it has hands free, and watches over the processes that do them.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use client::{Client, Error};
use model::{ClaimWork, Claimed, FinishRun, Outcome, Text, WorkClaimed, WorkerId};
use runner::Notices;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, timeout};

use super::again::until_answered;
use super::children::{Children, Ended};
use super::claims::{self, Answer, Presence};
use super::handover::{Way, short};
use super::sweep::sweep;
use super::trouble::Trouble;
use super::word::Word;
use crate::print::tell;

/// A worker sweeps no more often.
const SWEEP: Duration = Duration::from_secs(60);
/// A worker that goes does not wait longer for the server's answer.
const FAREWELL: Duration = Duration::from_secs(5);

/// Takes tasks until it is told to stop.
pub(super) struct Supervisor {
    client: Client,
    claim: ClaimWork,
    way: Way,
    notices: Notices,
    presence: Arc<Presence>,
    stops: Stops,
    children: Children,
    questions: JoinSet<Result<Answer, Error>>,
    /// What need not be waited for before the next task.
    chores: JoinSet<()>,
    /// When it last swept.
    swept_at: Option<Instant>,
    /// Tasks that are asked for.
    wanted: usize,
    /// What the server calls it.
    worker: Option<WorkerId>,
    is_draining: bool,
    was_told: bool,
    trouble: Trouble,
    failure: Option<anyhow::Error>,
}

impl Supervisor {
    pub(super) fn new(client: Client, claim: ClaimWork, way: Way) -> anyhow::Result<Self> {
        // A terminal that is gone must not end the worker.
        let notices = Notices::new(|line| tell(format_args!("dashctl: {line}")));
        Ok(Self {
            client,
            claim,
            way,
            presence: Presence::new(notices.clone()),
            notices,
            stops: Stops::open()?,
            children: Children::new(),
            questions: JoinSet::new(),
            chores: JoinSet::new(),
            swept_at: None,
            wanted: 0,
            worker: None,
            is_draining: false,
            was_told: false,
            trouble: Trouble::default(),
            failure: None,
        })
    }

    /// Works until it is told to stop and has finished what it has.
    pub(super) async fn work(mut self) -> anyhow::Result<()> {
        self.introduce();
        self.deliver_leftovers();
        self.sweep();
        loop {
            self.ask_for_more();
            if self.is_draining && self.children.count() + self.questions.len() == 0 {
                break;
            }
            tokio::select! {
                Some(answer) = self.questions.join_next() => self.hear(answer).await,
                Some(ended) = self.children.next() => self.look_at(ended).await,
                () = self.stops.next() => self.stop().await,
            }
        }
        self.leave().await;
        self.failure.map_or(Ok(()), Err)
    }

    fn introduce(&mut self) {
        self.ask(self.jobs(), true, Duration::ZERO);
    }

    /// Says so when the server has taken it on.
    fn begin(&self) {
        self.notices.say(&format!(
            "worker {} asks {} for tasks, {} at once; Ctrl-C lets it finish what it has",
            self.claim.worker,
            self.way.server,
            self.jobs()
        ));
    }

    fn jobs(&self) -> usize {
        self.claim
            .capacity
            .and_then(|jobs| usize::try_from(jobs).ok())
            .unwrap_or(1)
    }

    /// Hands that become free while a question waits ask one of their own: to end a question could lose its answer.
    fn ask_for_more(&mut self) {
        let busy = self.children.count() + self.wanted;
        let free = self.jobs().saturating_sub(busy);
        if free == 0 || self.is_draining {
            return;
        }
        let pause = self.trouble.pause();
        self.ask(free, false, pause);
    }

    fn ask(&mut self, count: usize, is_first: bool, pause: Duration) {
        self.wanted += count;
        let (client, claim) = (self.client.clone(), self.claim.clone());
        let presence = Arc::clone(&self.presence);
        self.questions.spawn(async move {
            presence.rest(pause).await;
            claims::ask(client, claim, count, is_first, presence).await
        });
    }

    async fn hear(&mut self, answer: Result<Result<Answer, Error>, JoinError>) {
        match answer {
            Ok(Ok(answer)) => {
                self.wanted -= answer.wanted;
                if answer.was_away {
                    self.deliver_leftovers();
                }
                if let Some(claimed) = answer.claimed {
                    self.take(claimed).await;
                }
            }
            // It never began: why is all that there is to say.
            Ok(Err(error)) if self.worker.is_none() => {
                self.failure = Some(error.into());
                self.is_draining = true;
                self.questions.abort_all();
            }
            // It cannot work like this, but what it has goes on under its own rights.
            Ok(Err(error)) => {
                self.failure = Some(error.into());
                self.drain("the server does not let it take tasks").await;
            }
            // Ended because we go.
            Err(_) => {}
        }
    }

    async fn take(&mut self, answer: WorkClaimed) {
        if self.worker.replace(answer.worker.id).is_none() {
            self.begin();
        }
        for claimed in answer.claims {
            if self.is_draining {
                self.chores.spawn(give_back(self.client.clone(), claimed));
                continue;
            }
            let (task, run) = (&claimed.task, claimed.run.id);
            let address = self.way.server.trim_end_matches('/');
            let id = short(task.id);
            self.notices.say(&format!(
                "task {id}: “{}”, {address}/runs/{run}",
                task.title
            ));
            self.children.start(&self.way, claimed);
        }
        if answer.worker.draining {
            self.drain("the server sends it away").await;
        }
    }

    /// A process that did what it had to do has told the server itself.
    async fn look_at(&mut self, ended: Ended) {
        self.sweep();
        self.presence.let_go(ended.claimed.run.id);
        let word = ended.end.as_ref().ok().and_then(|end| Word::of(*end));
        if let Some(word) = word {
            return self.heed(word).await;
        }
        let why = match ended.end {
            Ok(status) => format!("the process that worked on it ended by itself: {status}"),
            Err(error) => format!("{error:#}"),
        };
        let id = short(ended.claimed.task.id);
        self.notices.say(&format!("task {id}: {why}"));
        let (client, spools) = (self.client.clone(), self.way.spools.clone());
        let notices = self.notices.clone();
        self.chores.spawn(async move {
            // What it had not told yet comes first, its end included.
            deliver(client.clone(), spools, notices).await;
            finish(client, &ended.claimed, Outcome::Crashed, &why).await;
        });
    }

    async fn heed(&mut self, word: Word) {
        if let Some(why) = self.trouble.hear(word) {
            self.drain(&why).await;
            self.failure.get_or_insert(anyhow::Error::msg(why));
        }
    }

    async fn stop(&mut self) {
        if std::mem::replace(&mut self.was_told, true) {
            self.notices.say("stopping what it has");
            self.children.tell_to_stop();
        } else {
            self.drain("told to stop").await;
        }
    }

    async fn drain(&mut self, why: &str) {
        if std::mem::replace(&mut self.is_draining, true) {
            return;
        }
        let count = self.children.count();
        self.notices.say(&format!(
            "{why}: taking nothing more, {count} tasks to finish"
        ));
        self.presence.leave();
        let Some(worker) = self.worker else {
            return self.questions.abort_all();
        };
        // The questions that wait are answered by this.
        let told = timeout(FAREWELL, self.client.drain_worker(worker)).await;
        if !matches!(told, Ok(Ok(_))) {
            self.questions.abort_all();
        }
    }

    async fn leave(&mut self) {
        let chores = async { while self.chores.join_next().await.is_some() {} };
        timeout(FAREWELL, chores).await.ok();
        if let Some(worker) = self.worker {
            timeout(FAREWELL, self.client.delete_worker(worker))
                .await
                .ok();
            self.notices.say("done");
        }
    }

    fn sweep(&mut self) {
        if self.swept_at.is_some_and(|at| at.elapsed() < SWEEP) {
            return;
        }
        self.swept_at = Some(Instant::now());
        let (client, managed) = (self.client.clone(), self.way.managed.clone());
        self.chores
            .spawn(async move { sweep(&client, &managed).await });
    }

    fn deliver_leftovers(&mut self) {
        let (client, spools) = (self.client.clone(), self.way.spools.clone());
        self.chores
            .spawn(deliver(client, spools, self.notices.clone()));
    }
}

/// What processes that died had not told the server.
async fn deliver(client: Client, spools: std::path::PathBuf, notices: Notices) {
    let server = runner::Server::new(client);
    if let Err(error) = runner::deliver_leftovers(&server, &spools, &notices).await {
        notices.say(&format!(
            "what earlier runs left cannot be delivered: {error}"
        ));
    }
}

/// A task that came when nothing was to be taken any more.
async fn give_back(client: Client, claimed: Claimed) {
    finish(
        client,
        &claimed,
        Outcome::Interrupted,
        "its worker was on its way out",
    )
    .await;
}

/// Ends a run that nobody works on. Where the server says no, somebody else has ended it.
async fn finish(client: Client, claimed: &Claimed, outcome: Outcome, why: &str) {
    let client = match &claimed.run_token {
        Some(token) => client.with_token(token),
        None => client,
    };
    let end = FinishRun {
        error: Some(Text::lossy(why)),
        lease_epoch: Some(claimed.lease_epoch),
        ..FinishRun::new(outcome)
    };
    let run = claimed.run.id;
    let told = until_answered(|| {
        let (client, end) = (client.clone(), end.clone());
        async move { client.finish_run(run, &end).await }
    });
    told.await.ok();
}

/// The signals that ask a worker to go.
struct Stops {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Stops {
    fn open() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}
