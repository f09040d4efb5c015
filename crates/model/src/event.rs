//! Events: immutable facts with a place in one order.

use serde::{Deserialize, Serialize};

use crate::words::words;
use crate::{
    EventId, EventType, Name, Principal, ProjectId, ProjectRef, RunId, TaskId, Text, TicketId,
    Timestamp, Title,
};

words! {
    /// How much an event matters.
    Severity ("severity") {
        /// As expected.
        Info = "info",
        /// Something went well.
        Success = "success",
        /// Worth a look.
        Warning = "warning",
        /// Something went wrong.
        Error = "error",
    }
}

/// An immutable fact with a place in the order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// Its place in the order: dense, without gaps, one order per database.
    pub seq: i64,
    /// The project that it belongs to.
    pub project_id: Option<ProjectId>,
    /// The ticket that it is about.
    pub ticket_id: Option<TicketId>,
    /// The task that it is about.
    pub task_id: Option<TaskId>,
    /// The run that it is about.
    pub run_id: Option<RunId>,
    /// What happened: a word of the catalogue, or `agent.` and a word of the agent's own.
    pub event_type: String,
    /// How much it matters.
    pub severity: Severity,
    /// Which part of the system, or which agent, says so.
    pub source: Name,
    /// What happened, for people.
    pub message: Text,
    /// What happened, for programs.
    pub details: Option<serde_json::Value>,
    /// Who did it.
    pub actor: Principal,
    /// When it happened.
    pub created_at: Timestamp,
    /// The ticket's title when it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket_title: Option<Title>,
    /// Who asked for the ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submitter: Option<Name>,
    /// The run's agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runner: Option<Name>,
    /// The run's model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<Name>,
}

/// A fact without a place yet: what a use case appends.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// What happened: a word of the catalogue, or `agent.` and a word of the agent's own.
    pub event_type: String,
    /// How much it matters.
    pub severity: Severity,
    /// Which part of the system, or which agent, says so.
    pub source: Name,
    /// What happened, for people.
    pub message: Text,
    /// What happened, for programs.
    pub details: Option<serde_json::Value>,
    /// Who did it.
    pub actor: Principal,
    /// When it happened.
    pub created_at: Timestamp,
    /// The project that it belongs to.
    pub project_id: Option<ProjectId>,
    /// The ticket that it is about.
    pub ticket_id: Option<TicketId>,
    /// The task that it is about.
    pub task_id: Option<TaskId>,
    /// The run that it is about.
    pub run_id: Option<RunId>,
    /// The ticket's title when it happened.
    pub ticket_title: Option<Title>,
    /// Who asked for the ticket.
    pub submitter: Option<Name>,
    /// The run's agent.
    pub runner: Option<Name>,
    /// The run's model.
    pub model: Option<Name>,
}

impl Fact {
    /// A fact that is about nothing in particular yet.
    #[must_use]
    pub fn new(event_type: EventType, message: Text, actor: Principal, at: Timestamp) -> Self {
        Self {
            event_type: event_type.as_str().to_owned(),
            severity: event_type.severity(),
            source: Name::lossy("server"),
            message,
            details: None,
            actor,
            created_at: at,
            project_id: None,
            ticket_id: None,
            task_id: None,
            run_id: None,
            ticket_title: None,
            submitter: None,
            runner: None,
            model: None,
        }
    }

    /// The event, once it has its place.
    #[must_use]
    pub fn at(self, seq: i64) -> Event {
        Event {
            id: EventId::new(),
            seq,
            project_id: self.project_id,
            ticket_id: self.ticket_id,
            task_id: self.task_id,
            run_id: self.run_id,
            event_type: self.event_type,
            severity: self.severity,
            source: self.source,
            message: self.message,
            details: self.details,
            actor: self.actor,
            created_at: self.created_at,
            ticket_title: self.ticket_title,
            submitter: self.submitter,
            runner: self.runner,
            model: self.model,
        }
    }
}

/// An event that an agent or another program reports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEvent {
    /// What happened. A word that the catalogue does not know is kept under `agent.`; words about
    /// the server's own state are refused.
    #[schema(value_type = String, min_length = 1, max_length = 106, pattern = r"^(agent\.)?[A-Za-z0-9_.:-]{1,100}$")]
    pub event_type: Name,
    /// How much it matters; by the type when absent.
    pub severity: Option<Severity>,
    /// Which agent or program says so; the caller's name when absent.
    pub source: Option<Name>,
    /// What happened, for people.
    #[serde(default)]
    pub message: Text,
    /// What happened, for programs.
    pub details: Option<serde_json::Value>,
    /// The project, by slug or id; that of run, task or ticket when absent.
    #[schema(value_type = Option<ProjectRef>)]
    pub project: Option<String>,
    /// The ticket that it is about.
    pub ticket_id: Option<TicketId>,
    /// The task that it is about.
    pub task_id: Option<TaskId>,
    /// The run that it is about.
    pub run_id: Option<RunId>,
}

/// One event or many, at most 1,000.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum NewEvents {
    /// Many.
    Many(Vec<NewEvent>),
    /// One.
    One(Box<NewEvent>),
}

/// The answer to events that were posted: all of them are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EventsAppended {
    /// Their ids, in the order in which they were sent.
    pub ids: Vec<EventId>,
    /// The place of the first.
    pub first_seq: i64,
    /// The place of the last.
    pub last_seq: i64,
}

/// What to look for among events; on streams too.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EventFilter {
    /// Only this project's.
    pub project: Option<ProjectId>,
    /// Only this ticket's.
    pub ticket: Option<TicketId>,
    /// Only this task's.
    pub task: Option<TaskId>,
    /// Only this run's.
    pub run: Option<RunId>,
    /// Only these types; `task_*` means all that begin so. All when empty.
    pub event_type: Vec<String>,
    /// Only at or above this severity.
    pub severity: Option<Severity>,
}

impl EventFilter {
    /// Whether an event passes.
    #[must_use]
    pub fn lets_pass(&self, event: &Event) -> bool {
        self.project.is_none_or(|id| event.project_id == Some(id))
            && self.ticket.is_none_or(|id| event.ticket_id == Some(id))
            && self.task.is_none_or(|id| event.task_id == Some(id))
            && self.run.is_none_or(|id| event.run_id == Some(id))
            && self.severity.is_none_or(|least| event.severity >= least)
            && (self.event_type.is_empty()
                || self
                    .event_type
                    .iter()
                    .any(|word| matches_type(word, &event.event_type)))
    }
}

fn matches_type(pattern: &str, event_type: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => event_type.starts_with(prefix),
        None => pattern == event_type,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(event_type: &str, severity: Severity) -> Event {
        let mut fact = Fact::new(
            EventType::RunStarted,
            Text::default(),
            Principal::server(),
            Timestamp::from_micros(0),
        );
        event_type.clone_into(&mut fact.event_type);
        fact.severity = severity;
        fact.at(1)
    }

    #[test]
    fn a_filter_knows_prefixes_and_severities() {
        let filter = EventFilter {
            event_type: vec!["task_*".into(), "commented".into()],
            severity: Some(Severity::Warning),
            ..EventFilter::default()
        };
        assert!(filter.lets_pass(&event("task_blocked", Severity::Warning)));
        assert!(!filter.lets_pass(&event("task_created", Severity::Info)));
        assert!(!filter.lets_pass(&event("run_finished", Severity::Error)));
        assert!(filter.lets_pass(&event("commented", Severity::Error)));
    }

    #[test]
    fn a_filter_by_project_leaves_out_what_belongs_to_none() {
        let filter = EventFilter {
            project: Some(ProjectId::new()),
            ..EventFilter::default()
        };
        assert!(!filter.lets_pass(&event("token_created", Severity::Info)));
    }
}
