//! Events: list, post, follow.

use model::{Event, EventsAppended, NewEvents, Page, Paged, Severity, TicketId};

use crate::call::Call;
use crate::stream::{EventStream, StreamKind, Target};
use crate::{Client, Error};

/// What to look for among events.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EventQuery {
    /// Only this project's, by slug or id.
    pub project: Option<String>,
    /// Only this ticket's.
    pub ticket: Option<TicketId>,
    /// Only this task's.
    pub task: Option<model::TaskId>,
    /// Only this run's.
    pub run: Option<model::RunId>,
    /// Only these types; `task_*` means all that begin so.
    pub event_type: Vec<String>,
    /// Only at or above this severity.
    pub severity: Option<Severity>,
    /// Only with a smaller number.
    pub before: Option<i64>,
    /// Only with a greater number; the oldest of them first.
    pub after: Option<i64>,
    /// At most so many.
    pub limit: Option<i64>,
}

impl EventQuery {
    fn filters(&self) -> Vec<(&'static str, String)> {
        let mut filters = Vec::new();
        let mut add = |name, value: Option<String>| {
            if let Some(value) = value {
                filters.push((name, value));
            }
        };
        add("project", self.project.clone());
        add("ticket", self.ticket.map(|id| id.to_string()));
        add("task", self.task.map(|id| id.to_string()));
        add("run", self.run.map(|id| id.to_string()));
        add(
            "event_type",
            (!self.event_type.is_empty()).then(|| self.event_type.join(",")),
        );
        add(
            "severity",
            self.severity.map(|severity| severity.to_string()),
        );
        filters
    }

    fn apply<'call>(&self, call: Call<'call>) -> Call<'call> {
        let filters = self.filters();
        filters
            .iter()
            .fold(call, |call, (name, value)| call.query(name, Some(value)))
    }
}

impl Client {
    /// Events, newest first; with `after`, oldest first.
    pub async fn list_events(&self, query: &EventQuery) -> Result<Vec<Event>, Error> {
        let call = query.apply(self.get("api/events"));
        call.query("before", query.before)
            .query("after", query.after)
            .query("limit", query.limit)
            .answer()
            .await
    }

    /// A ticket's events, newest first.
    pub async fn list_ticket_events(
        &self,
        ticket: TicketId,
        page: &Page,
    ) -> Result<Paged<Event>, Error> {
        self.get(format!("api/tickets/{ticket}/events"))
            .page(page)
            .await
    }

    /// Reports events.
    pub async fn create_events(&self, events: &NewEvents) -> Result<EventsAppended, Error> {
        self.post("api/events").json(events).answer().await
    }

    /// Follows events after the number `since`; from now on when it is `None`. Of the query, `before`,
    /// `after` and `limit` do not matter here.
    #[must_use]
    pub fn stream_events(
        &self,
        kind: StreamKind,
        query: &EventQuery,
        since: Option<i64>,
    ) -> EventStream {
        let target = Target {
            sse: "api/events/stream".into(),
            websocket: "ws/events".into(),
            filters: query.filters(),
            resume_by: "since",
        };
        EventStream::new(self.clone(), target, kind, since)
    }

    /// Follows one project's events by the project's own WebSocket address.
    #[must_use]
    pub fn stream_project_events(&self, project: &str, since: Option<i64>) -> EventStream {
        let target = Target {
            sse: "api/events/stream".into(),
            websocket: format!("ws/projects/{project}"),
            filters: Vec::new(),
            resume_by: "since",
        };
        EventStream::new(self.clone(), target, StreamKind::WebSocket, since)
    }
}
