//! Claude Code: `claude -p --output-format stream-json --verbose`. One JSON object a line, told apart by `type`.

mod calls;
mod events;
mod ledger;
mod messages;
mod settle;
mod shown;
mod usage;

use std::collections::{HashMap, HashSet};

use model::{LogStream, Name, Outcome, RunPatch, SessionReport, SessionState, Text, Usd};
use serde_json::Value;

use crate::agent::Agent;
use crate::fact::{Ended, Fact, LogAs, Shown, outcome_of_exit};
use crate::json;
use crate::steps::Steps;
use ledger::Ledger;

/// What was read so far.
#[derive(Debug)]
pub(crate) struct Claude {
    scope: Option<String>,
    session: Option<Name>,
    model: Option<Name>,
    steps: Steps,
    ledger: Ledger,
    /// The first line's own id: it tells one process from the next one that resumes the same session.
    process: Option<String>,
    /// Tries that failed since the last answer.
    retries: i64,
    /// The messages that are being printed piece by piece, by the sub-agent's tool call.
    partial: HashMap<String, String>,
    /// Tool calls whose refusal was told.
    denied: HashSet<String>,
    /// Tool calls whose sub-agents work on in the background.
    background: HashSet<String>,
    rate_limit: Option<String>,
    /// The agent has begun to answer and not come to a result.
    at_work: bool,
    end: Option<End>,
}

/// The last result.
#[derive(Debug, Clone)]
struct End {
    /// `None` when it went well.
    failure: Option<Outcome>,
    text: Option<Text>,
}

impl Claude {
    pub(crate) fn new(scope: Option<String>) -> Self {
        Self {
            scope,
            session: None,
            model: None,
            steps: Steps::default(),
            ledger: Ledger::default(),
            process: None,
            retries: 0,
            partial: HashMap::new(),
            denied: HashSet::new(),
            background: HashSet::new(),
            rate_limit: None,
            at_work: false,
            end: None,
        }
    }

    pub(crate) fn line(&mut self, line: &Value) -> Vec<Fact> {
        if self.process.is_none() {
            self.process = json::text(line, "/uuid").map(str::to_owned);
        }
        let mut facts: Vec<_> = self.session(line).into_iter().collect();
        let shown = match json::text(line, "/type").unwrap_or_default() {
            "assistant" => self.assistant(line, &mut facts),
            "user" => self.user(line, &mut facts),
            "system" => self.system(line, &mut facts),
            "stream_event" => self.partial(line, &mut facts),
            "rate_limit_event" => self.rate_limit(line, &mut facts),
            "result" => self.result(line, &mut facts),
            _ => plain(LogStream::Stdout, Shown::AsIs),
        };
        facts.push(Fact::Log(shown));
        facts
    }

    pub(crate) fn finish(&mut self, exit_code: Option<i64>) -> Vec<Fact> {
        let mut facts = self.steps.cancel_open();
        if let Some(session) = self.session.clone() {
            let messages = i64::from(self.at_work);
            facts.push(self.report(session, SessionState::Ended, messages, None));
        }
        if self.session.is_some() || self.end.is_some() {
            facts.push(Fact::Ended(Box::new(self.ended(exit_code))));
        }
        facts
    }

    /// Tells of the session when it is new, or when its model is.
    fn session(&mut self, line: &Value) -> Option<Fact> {
        let session = Name::lossy(json::text(line, "/session_id")?);
        let model = named_model(line).filter(|model| self.model.as_ref() != Some(model));
        if self.session.as_ref() == Some(&session) && model.is_none() {
            return None;
        }
        self.scope.get_or_insert_with(|| session.to_string());
        self.session = Some(session.clone());
        self.model = model.or(self.model.take());
        let cwd = json::text(line, "/cwd").map(Text::lossy);
        Some(self.report(session, SessionState::Running, 0, cwd))
    }

    fn report(&self, session: Name, state: SessionState, messages: i64, cwd: Option<Text>) -> Fact {
        let agent = Agent::Claude.name().map(Name::lossy);
        let report = SessionReport {
            agent: Name::lossy("claude"),
            provider_session_id: session,
            cwd,
            model: self.model.clone(),
            state: Some(state),
            messages,
        };
        Fact::Run(Box::new(RunPatch {
            agent,
            model: self.model.clone(),
            session: Some(report),
            ..RunPatch::default()
        }))
    }

    fn result(&mut self, line: &Value, facts: &mut Vec<Fact>) -> LogAs {
        self.denials(line, facts);
        let settled = self.ledger.settle(line);
        facts.extend(settled.into_iter().map(|row| self.settled_call(row)));
        self.end = Some(End {
            failure: failure(line),
            text: result_text(line),
        });
        self.at_work = false;
        if let Some(session) = self.session.clone() {
            facts.push(self.report(session, SessionState::WaitingForInput, 1, None));
        }
        plain(LogStream::Status, Shown::Text(shown::result(line)))
    }

    fn ended(&self, exit_code: Option<i64>) -> Ended {
        let reported_cost_usd: Option<Usd> = self.ledger.reported();
        let unfinished = || Ended {
            outcome: Outcome::Crashed,
            summary: None,
            error: Some(Text::lossy("the agent ended without a result")),
            reported_cost_usd,
        };
        let Some(end) = self.end.clone().filter(|_| !self.at_work) else {
            return unfinished();
        };
        match end.failure {
            Some(outcome) => Ended {
                outcome,
                summary: None,
                error: end.text,
                reported_cost_usd,
            },
            None => Ended {
                outcome: outcome_of_exit(exit_code),
                summary: end.text,
                error: None,
                reported_cost_usd,
            },
        }
    }
}

/// A log line that belongs to no step.
fn plain(stream: LogStream, shown: Shown) -> LogAs {
    LogAs {
        stream,
        step: None,
        shown,
    }
}

/// The name of a model without its context's size: `claude-opus-4-8[1m]` is `claude-opus-4-8`.
fn model_name(written: &str) -> Name {
    let plain = written.split('[').next().unwrap_or_default().trim();
    Name::lossy(if plain.is_empty() { written } else { plain })
}

/// The model of the main loop, where the line names it.
fn named_model(line: &Value) -> Option<Name> {
    let written = match json::text(line, "/type")? {
        "system" => json::text(line, "/model"),
        "assistant" if json::text(line, "/parent_tool_use_id").is_none() => {
            json::text(line, "/message/model")
        }
        _ => None,
    };
    // `<synthetic>` messages are the agent's own.
    written
        .filter(|model| !model.starts_with('<'))
        .map(model_name)
}

/// How a result failed. Its subtype says nothing: an API failure is a `success` with `is_error`.
fn failure(line: &Value) -> Option<Outcome> {
    let subtype = json::text(line, "/subtype").unwrap_or_default();
    let failed = json::flag(line, "/is_error").unwrap_or_else(|| subtype.starts_with("error"));
    if !failed {
        return None;
    }
    let reason = json::text(line, "/terminal_reason").unwrap_or_default();
    if reason.starts_with("aborted") {
        return Some(Outcome::Cancelled);
    }
    match json::count(line, "/api_error_status") {
        429 | 529 => Some(Outcome::RateLimited),
        _ => Some(Outcome::Failed),
    }
}

fn result_text(line: &Value) -> Option<Text> {
    let errors = json::list(line, "/errors")
        .iter()
        .filter_map(Value::as_str)
        .collect::<Vec<_>>()
        .join("\n");
    let text = json::text(line, "/result")
        .or((!errors.is_empty()).then_some(errors.as_str()))
        .or_else(|| json::text(line, "/terminal_reason"))
        .or_else(|| json::text(line, "/subtype"))?;
    Some(Text::lossy(text))
}
