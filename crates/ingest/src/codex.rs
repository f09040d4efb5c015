//! Codex: `codex exec --json`. Events of a thread, told apart by `type`; items are what the agent does in a turn.

mod items;
mod turns;

use model::{
    LogStream, Name, NewEvent, Outcome, RunPatch, SessionReport, SessionState, Severity, Text,
    Tokens,
};
use serde_json::Value;

use crate::agent::Agent;
use crate::fact::{Ended, Fact, LogAs, Shown, outcome_of_exit};
use crate::json;
use crate::steps::Steps;

/// What was read so far.
#[derive(Debug)]
pub(crate) struct Codex {
    scope: Option<String>,
    thread: Option<Name>,
    /// How many threads began in this output; the items of each are numbered anew.
    threads: usize,
    model: Option<Name>,
    steps: Steps,
    /// What the thread has used, as far as it is known.
    used: Tokens,
    said: Option<Text>,
    at_work: bool,
    end: Option<End>,
}

/// How the last turn ended.
#[derive(Debug, Clone)]
enum End {
    Well,
    Badly { outcome: Outcome, error: Text },
}

impl Codex {
    pub(crate) fn new(scope: Option<String>, model: Option<Name>, used: Tokens) -> Self {
        Self {
            scope,
            thread: None,
            threads: 0,
            model,
            steps: Steps::default(),
            used,
            said: None,
            at_work: false,
            end: None,
        }
    }

    pub(crate) fn set_baseline(&mut self, used: Tokens) {
        self.used = used;
    }

    pub(crate) fn line(&mut self, line: &Value) -> Vec<Fact> {
        let mut facts = Vec::new();
        let shown = match json::text(line, "/type").unwrap_or_default() {
            "thread.started" => self.thread_started(line, &mut facts),
            "turn.started" => self.turn_started(),
            "turn.completed" => self.turn_completed(line, &mut facts),
            "turn.failed" => self.turn_failed(line, &mut facts),
            "item.started" | "item.updated" => self.item(line, false, &mut facts),
            "item.completed" => self.item(line, true, &mut facts),
            "error" => self.trouble(line, &mut facts),
            _ => plain(LogStream::Stdout, Shown::AsIs),
        };
        facts.push(Fact::Log(shown));
        facts
    }

    pub(crate) fn finish(&mut self, exit_code: Option<i64>) -> Vec<Fact> {
        let mut facts = self.steps.cancel_open();
        facts.extend(self.report(SessionState::Ended, i64::from(self.at_work)));
        if self.thread.is_some() || self.end.is_some() {
            facts.push(Fact::Ended(Box::new(self.ended(exit_code))));
        }
        facts
    }

    fn thread_started(&mut self, line: &Value, facts: &mut Vec<Fact>) -> LogAs {
        let thread = Name::lossy(json::text(line, "/thread_id").unwrap_or_default());
        if self.thread.as_ref().is_some_and(|known| *known != thread) {
            self.used = Tokens::default();
        }
        let shown = Shown::Text(format!("thread {thread}"));
        self.scope.get_or_insert_with(|| thread.to_string());
        self.thread = Some(thread);
        self.threads += 1;
        facts.extend(self.report(SessionState::Running, 0));
        plain(LogStream::Status, shown)
    }

    fn turn_started(&mut self) -> LogAs {
        self.at_work = true;
        plain(LogStream::Status, Shown::Text("turn started".to_owned()))
    }

    /// Also said of tries that are repeated; a turn that fails says so itself.
    fn trouble(&mut self, line: &Value, facts: &mut Vec<Fact>) -> LogAs {
        let message = json::text(line, "/message").unwrap_or("unknown error");
        let retries = message.starts_with("Reconnecting");
        if is_rate_limit(message) {
            facts.push(event("rate_limited", message));
        } else if retries {
            facts.push(event("agent.api_retry", message));
        }
        plain(LogStream::Status, Shown::Text(message.to_owned()))
    }

    fn report(&self, state: SessionState, messages: i64) -> Option<Fact> {
        let report = SessionReport {
            agent: Name::lossy("codex"),
            provider_session_id: self.thread.clone()?,
            cwd: None,
            model: self.model.clone(),
            state: Some(state),
            messages,
        };
        Some(Fact::Run(Box::new(RunPatch {
            agent: Agent::Codex.name().map(Name::lossy),
            model: self.model.clone(),
            session: Some(report),
            ..RunPatch::default()
        })))
    }

    fn ended(&self, exit_code: Option<i64>) -> Ended {
        let (outcome, error) = match &self.end {
            Some(End::Badly { outcome, error }) => (*outcome, Some(error.clone())),
            Some(End::Well) if !self.at_work => (outcome_of_exit(exit_code), None),
            Some(End::Well) | None => {
                let error = Text::lossy("the agent ended in the middle of a turn");
                (Outcome::Crashed, Some(error))
            }
        };
        Ended {
            outcome,
            summary: self.said.clone().filter(|_| error.is_none()),
            error,
            reported_cost_usd: None,
        }
    }
}

fn plain(stream: LogStream, shown: Shown) -> LogAs {
    LogAs {
        stream,
        step: None,
        shown,
    }
}

fn is_rate_limit(message: &str) -> bool {
    let message = message.to_lowercase();
    [
        "429",
        "rate limit",
        "rate_limit",
        "too many requests",
        "usage limit",
    ]
    .iter()
    .any(|sign| message.contains(sign))
}

fn event(event_type: &str, message: &str) -> Fact {
    Fact::Event(Box::new(NewEvent {
        event_type: Name::lossy(event_type),
        severity: Some(Severity::Warning),
        source: Some(Name::lossy("codex")),
        message: Text::lossy(message),
        details: None,
        project: None,
        ticket_id: None,
        task_id: None,
        run_id: None,
    }))
}
