//! What the runner's tests share: a server in memory that can go away, and a terminal in memory.
#![allow(clippy::unwrap_used, dead_code, missing_docs, unreachable_pub)] // Every test file uses a part of it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use dashboard_runner::{
    Ack, Blind, Command, Notices, Observer, Plan, Record, Report, SendError, Show, Sink, Stdin,
};
use model::{
    Clock, FinishRun, Heartbeat, HeartbeatAnswer, LogStream, NewLogLine, NewRun, RunId, RunState,
};
use tokio::io::AsyncWrite;
use tokio::sync::watch;

/// No test waits longer than this for anything.
pub const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub struct State {
    pub is_away: bool,
    pub records: Vec<Record>,
    pub beats: usize,
    pub cancel: bool,
    /// Where the run stands; running when absent.
    pub run_state: Option<RunState>,
    pub refuse: Option<SendError>,
    pub refuse_beats: Option<SendError>,
    /// The lease under which the last record was told.
    pub lease: Option<i64>,
    /// Records that came a second time, because their answer was lost.
    pub repeated: usize,
    pub lose_answers: bool,
}

/// A server in memory.
#[derive(Debug, Default)]
pub struct Server {
    state: Mutex<State>,
    changes: watch::Sender<u64>,
}

impl Server {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    pub fn away() -> Arc<Self> {
        let server = Self::new();
        server.set(|state| state.is_away = true);
        server
    }

    pub fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap());
        self.changes.send_modify(|changes| *changes += 1);
    }

    pub fn see<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.lock().unwrap())
    }

    /// Waits until the state is as wanted.
    pub async fn until(&self, wanted: impl Fn(&State) -> bool) {
        let mut changes = self.changes.subscribe();
        let waiting = changes.wait_for(|_| self.see(&wanted));
        tokio::time::timeout(PATIENCE, waiting)
            .await
            .expect("it comes in time")
            .unwrap();
    }

    /// Every line, checked to be numbered without gaps and without repetitions.
    pub fn lines(&self) -> Vec<NewLogLine> {
        let mut lines = Vec::new();
        self.see(|state| {
            for record in &state.records {
                if let Record::Lines(batch) = record {
                    assert!(batch.len() <= 500, "a batch is bounded");
                    lines.extend_from_slice(batch);
                }
            }
        });
        for (at, line) in lines.iter().enumerate() {
            assert_eq!(
                line.line,
                Some(at as i64 + 1),
                "lines are numbered without gaps"
            );
        }
        lines
    }

    pub fn texts(&self, stream: LogStream) -> Vec<String> {
        let lines = self
            .lines()
            .into_iter()
            .filter(|line| line.stream == Some(stream));
        lines.map(|line| line.text.expect("text")).collect()
    }

    pub fn finish(&self) -> FinishRun {
        self.see(|state| match state.records.last() {
            Some(Record::Finish(finish)) => (**finish).clone(),
            other => panic!("the last record is {other:?}"),
        })
    }
}

impl Sink for Server {
    async fn send(
        &self,
        _: RunId,
        lease: Option<i64>,
        _: &str,
        record: &Record,
    ) -> Result<Ack, SendError> {
        let mut answer = Ok(Ack::Kept);
        self.set(|state| {
            state.lease = lease;
            if state.is_away {
                let reason = "away".to_owned();
                answer = Err(SendError::Away(reason));
                return;
            }
            if let Some(refusal) = &state.refuse {
                answer = Err(refusal.clone());
                return;
            }
            if state.records.last() == Some(record) {
                state.repeated += 1;
                return;
            }
            state.records.push(record.clone());
            if state.lose_answers {
                let reason = "the answer was lost".to_owned();
                answer = Err(SendError::Away(reason));
            }
        });
        if let (Ok(Ack::Kept), Record::Start(new)) = (&answer, record) {
            return Ok(Ack::Started(Box::new(started(new))));
        }
        answer
    }

    async fn heartbeat(&self, _: RunId, _: &Heartbeat) -> Result<HeartbeatAnswer, SendError> {
        let (mut cancel, mut run_state, mut refusal) = (false, None, None);
        self.set(|state| {
            state.beats += 1;
            cancel = state.cancel;
            run_state = state.run_state;
            refusal = state.refuse_beats.clone();
        });
        if let Some(refusal) = refusal {
            return Err(refusal);
        }
        Ok(HeartbeatAnswer {
            answers: Vec::new(),
            cancel,
            pause: false,
            state: run_state.unwrap_or(RunState::Running),
            lease_expires_at: None,
            heartbeat_seconds: 10,
        })
    }
}

fn started(new: &NewRun) -> model::RunStarted {
    let run = serde_json::json!({
        "id": new.id, "project_id": RunId::new(), "number": 1, "title": "a command",
        "state": "running", "command": [], "lease_epoch": 1, "lost_contact": false,
        "last_heartbeat_at": "2026-03-05T10:00:00Z", "log_lines": 0, "version": 1,
        "created_at": "2026-03-05T10:00:00Z",
    });
    let mut all = serde_json::to_value(model::Totals::default()).unwrap();
    all.as_object_mut()
        .unwrap()
        .extend(run.as_object().unwrap().clone());
    let run = serde_json::from_value(all).expect("a run");
    model::RunStarted {
        run,
        run_token: None,
        heartbeat_seconds: 10,
    }
}

/// Lets the run of a plan be an attempt at a task.
pub fn put_on_a_task(plan: &mut Plan) {
    if let Some(started) = &mut plan.started {
        started.run.task_id = Some(model::TaskId::new());
    }
}

/// A terminal in memory.
#[derive(Clone, Default)]
pub struct Screen(Arc<Mutex<Vec<u8>>>);

impl Screen {
    pub fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

impl AsyncWrite for Screen {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// One command to try, with a spool of its own.
pub struct Trial {
    pub server: Arc<Server>,
    pub plan: Plan,
    pub out: Screen,
    pub err: Screen,
    pub notices: Arc<Mutex<Vec<String>>>,
    pub observer: Box<dyn Observer>,
    pub home: Arc<tempfile::TempDir>,
}

impl Trial {
    pub fn of(server: &Arc<Server>, argv: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        Self {
            server: Arc::clone(server),
            plan: plan(home.path(), argv),
            out: Screen::default(),
            err: Screen::default(),
            notices: Arc::default(),
            observer: Box::new(Blind),
            home: Arc::new(home),
        }
    }

    /// Of a shell script.
    pub fn sh(server: &Arc<Server>, script: &str) -> Self {
        Self::of(server, &["sh", "-c", script])
    }

    pub fn spools(&self) -> PathBuf {
        self.plan.spools.clone()
    }

    pub fn run_id(&self) -> RunId {
        self.plan.new.id.unwrap()
    }

    /// Runs it to its end.
    pub async fn run(self) -> Report {
        let show = Show {
            out: Box::new(self.out),
            err: Box::new(self.err),
        };
        let notices = self.notices;
        let notices = Notices::new(move |line| notices.lock().unwrap().push(line.to_owned()));
        let running = dashboard_runner::run(self.plan, self.server, self.observer, show, notices);
        tokio::time::timeout(PATIENCE, running)
            .await
            .expect("it ends in time")
            .unwrap()
    }
}

fn plan(home: &Path, argv: &[&str]) -> Plan {
    let new = NewRun {
        id: Some(RunId::new()),
        ..NewRun::default()
    };
    Plan {
        command: Command {
            argv: argv.iter().map(OsString::from).collect(),
            cwd: Some(home.to_owned()),
            stdin: Stdin::Nothing,
            ..Command::default()
        },
        started: Some(started(&new)),
        new,
        grace: Duration::from_secs(30),
        max_runtime: None,
        heartbeat: Some(Duration::from_millis(50)),
        spools: home.join("spools"),
        spool_limit: 256 << 20,
        linger: PATIENCE,
        usage_command: None,
        clock: Clock::System,
    }
}
