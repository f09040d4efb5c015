//! Sixteen writers that never stop and remember what was acknowledged. A write without an answer is sent again, with the
//! same `Idempotency-Key` or the same version, until there is one: so in the end each write must be there once.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use client::{Client, Error};
use model::{LlmCallId, NewEvents, NewLlmCalls, ProblemKind, RunId, TaskId, TicketId};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::server::Server;

const OF_EVENTS: usize = 4;
const OF_LINES: usize = 4;
const OF_CALLS: usize = 3;
const OF_TICKETS: usize = 3;
const OF_TASKS: usize = 2;

/// What one writer wrote, all of it acknowledged.
pub(crate) enum Diary {
    /// Messages of events and the numbers that they were given.
    Events(Vec<(String, i64)>),
    /// The lines of a run's log.
    Lines(RunId, Vec<String>),
    /// The calls of a run, by stage.
    Calls(RunId, Vec<(String, LlmCallId)>),
    /// The titles of a ticket, each with the version that it made.
    Ticket(TicketId, Vec<(String, i64)>),
    /// The titles of a task, each with the version that it made.
    Task(TaskId, Vec<(String, i64)>),
}

impl Diary {
    fn length(&self) -> usize {
        match self {
            Self::Events(written) => written.len(),
            Self::Lines(_, written) => written.len(),
            Self::Calls(_, written) => written.len(),
            Self::Ticket(_, written) | Self::Task(_, written) => written.len(),
        }
    }
}

/// All diaries.
pub(crate) struct Diaries(pub(crate) Vec<Diary>);

impl Diaries {
    pub(crate) fn acknowledged(&self) -> usize {
        self.0.iter().map(Diary::length).sum()
    }
}

/// The writers at work.
pub(crate) struct Writers {
    tasks: JoinSet<Diary>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    acknowledged: AtomicU64,
}

/// One writer: its name makes all that it writes its own.
#[derive(Clone)]
struct Writer {
    name: String,
    client: Client,
    shared: Arc<Shared>,
}

impl Writers {
    pub(crate) async fn start(server: &Server) -> Self {
        let mut writers = Self {
            tasks: JoinSet::new(),
            shared: Arc::default(),
        };
        let client = server.client();
        for index in 0..OF_EVENTS {
            writers
                .tasks
                .spawn(writers.writer(&client, "events", index).events());
        }
        for index in 0..OF_LINES {
            let run = new_run(&client).await;
            writers
                .tasks
                .spawn(writers.writer(&client, "lines", index).lines(run));
        }
        for index in 0..OF_CALLS {
            let run = new_run(&client).await;
            writers
                .tasks
                .spawn(writers.writer(&client, "calls", index).calls(run));
        }
        for index in 0..OF_TICKETS {
            let ticket = client
                .create_ticket(&made(json!({"title": "first"})))
                .await
                .expect("make a ticket");
            writers.tasks.spawn(
                writers
                    .writer(&client, "tickets", index)
                    .tickets(ticket.id, ticket.version),
            );
        }
        for index in 0..OF_TASKS {
            let task = client
                .create_task(&made(json!({"title": "first"})))
                .await
                .expect("make a task")
                .task;
            writers.tasks.spawn(
                writers
                    .writer(&client, "tasks", index)
                    .tasks(task.id, task.version),
            );
        }
        writers
    }

    pub(crate) fn acknowledged(&self) -> u64 {
        self.shared.acknowledged.load(Ordering::Relaxed)
    }

    /// Lets each writer have the answer that it waits for, and gives the diaries.
    pub(crate) async fn finish(mut self) -> Diaries {
        self.shared.stop.store(true, Ordering::Relaxed);
        let mut diaries = Vec::new();
        while let Some(diary) = self.tasks.join_next().await {
            diaries.push(diary.expect("a writer found nothing wrong"));
        }
        Diaries(diaries)
    }

    fn writer(&self, client: &Client, kind: &str, index: usize) -> Writer {
        Writer {
            name: format!("{kind}-{index}"),
            client: client.clone(),
            shared: Arc::clone(&self.shared),
        }
    }
}

impl Writer {
    async fn events(self) -> Diary {
        let mut written = Vec::new();
        for round in 1.. {
            let messages: Vec<String> = (0..1 + round % 5)
                .map(|part| format!("{}-{round}-{part}", self.name))
                .collect();
            let events: Vec<Value> = messages
                .iter()
                .map(|message| json!({"event_type": "crash_test", "message": message}))
                .collect();
            let events: NewEvents = made(json!(events));
            let client = self
                .client
                .with_idempotency_key(format!("{}-{round}", self.name));
            let kept = self.until_kept(|| client.create_events(&events)).await;
            assert_eq!(
                kept.ids.len(),
                messages.len(),
                "as many events as were sent"
            );
            written.extend(messages.into_iter().zip(kept.first_seq..=kept.last_seq));
            if self.is_done() {
                break;
            }
        }
        Diary::Events(written)
    }

    /// Lines are numbered by their writer: that alone makes sending them again harmless.
    async fn lines(self, run: RunId) -> Diary {
        let mut written = Vec::new();
        for round in 1.. {
            let texts: Vec<String> = (0..1 + round % 7)
                .map(|part| format!("{}-{round}-{part}", self.name))
                .collect();
            let lines: Vec<_> = (written.len() + 1..)
                .zip(&texts)
                .map(|(line, text)| made(json!({"line": line, "text": text})))
                .collect();
            self.until_kept(|| self.client.append_logs(run, &lines))
                .await;
            written.extend(texts);
            if self.is_done() {
                break;
            }
        }
        Diary::Lines(run, written)
    }

    async fn calls(self, run: RunId) -> Diary {
        let mut written = Vec::new();
        for round in 1.. {
            let stage = format!("{}-{round}", self.name);
            let call: NewLlmCalls = made(json!({
                "run_id": run, "model": "no-such-model", "stage": stage, "tokens": {"input": 3, "output": 2},
            }));
            let client = self.client.with_idempotency_key(stage.clone());
            let kept = self.until_kept(|| client.create_llm_calls(&call)).await;
            written.push((stage, kept[0].id));
            if self.is_done() {
                break;
            }
        }
        Diary::Calls(run, written)
    }

    async fn tickets(self, ticket: TicketId, mut version: i64) -> Diary {
        let mut written = Vec::new();
        for round in 1.. {
            let title = format!("{}-{round}", self.name);
            let patch = made(json!({"title": title}));
            let client = self
                .client
                .if_version(version)
                .with_idempotency_key(title.clone());
            let kept = self
                .until_kept(|| client.update_ticket(ticket, &patch))
                .await;
            assert_eq!(
                (kept.title.as_str(), kept.version),
                (title.as_str(), version + 1)
            );
            version = kept.version;
            written.push((title, version));
            if self.is_done() {
                break;
            }
        }
        Diary::Ticket(ticket, written)
    }

    /// Without a key: when an answer was lost, the version tells whether the edit was made.
    async fn tasks(self, task: TaskId, mut version: i64) -> Diary {
        let mut written = Vec::new();
        for round in 1.. {
            let title = format!("{}-{round}", self.name);
            let patch = made(json!({"title": title}));
            let client = self.client.if_version(version);
            let kept = self.until_kept(|| async {
                match client.update_task(task, &patch).await {
                    Err(error) if error.kind() == Some(ProblemKind::StaleVersion) => {
                        Ok(self.client.get_task(task).await?.task)
                    }
                    answer => answer,
                }
            });
            let kept = kept.await;
            assert_eq!(
                (kept.title.as_str(), kept.version),
                (title.as_str(), version + 1)
            );
            version = kept.version;
            written.push((title, version));
            if self.is_done() {
                break;
            }
        }
        Diary::Task(task, written)
    }

    /// Calls until there is an answer. A server that is away, or not ready, or late, is asked again; any other refusal
    /// is a fault.
    async fn until_kept<T, F>(&self, call: impl Fn() -> F) -> T
    where
        F: Future<Output = Result<T, Error>>,
    {
        loop {
            match call().await {
                Ok(kept) => {
                    self.shared.acknowledged.fetch_add(1, Ordering::Relaxed);
                    return kept;
                }
                Err(Error::Unreachable(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
                Err(error)
                    if matches!(
                        error.kind(),
                        Some(
                            ProblemKind::Unavailable
                                | ProblemKind::RateLimited
                                | ProblemKind::TimedOut
                        )
                    ) =>
                {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Err(error) => panic!("{}: {error}", self.name),
            }
        }
    }

    fn is_done(&self) -> bool {
        self.shared.stop.load(Ordering::Relaxed)
    }
}

async fn new_run(client: &Client) -> RunId {
    client
        .create_run(&made(json!({"title": "crash test"})))
        .await
        .expect("start a run")
        .run
        .id
}

/// A body as a caller would write it.
fn made<T: DeserializeOwned>(body: Value) -> T {
    serde_json::from_value(body).expect("the body is right")
}
