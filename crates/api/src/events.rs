//! Events: the log of what happened.

use app::{App, EventPage};
use auth::Caller;
use axum::Json;
use axum::extract::State;
use model::{
    Event, EventFilter, EventsAppended, Name, NewEvent, NewEvents, Page, Paged, ProblemKind, RunId,
    Severity, TaskId, TicketId,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::Answer;
use crate::extract::{By, OneOrMany, Query, limit, project_id};
use crate::failure::Failure;
use crate::state::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_events))
}

pub(crate) fn reports() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(create_events))
}

/// Which events to list.
#[derive(Deserialize, Default, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct EventQuery {
    /// Only this project's, by slug or id.
    project: Option<String>,
    /// Only this ticket's.
    ticket: Option<TicketId>,
    /// Only this task's.
    task: Option<TaskId>,
    /// Only this run's.
    run: Option<RunId>,
    /// Only these types, separated by commas or repeated; `task_*` means all that begin so.
    #[param(style = Form, explode = false)]
    event_type: Vec<Name>,
    /// Only at or above this severity.
    severity: Option<Severity>,
    /// Only with a smaller `seq`.
    before: Option<i64>,
    /// Only with a greater `seq`, oldest first.
    after: Option<i64>,
    /// So many are left out first; prefer `before`, which costs the same at any depth.
    #[param(minimum = 0, maximum = 1_000_000)]
    offset: Option<i64>,
    /// At most so many events; 100 when absent.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<i64>,
}

impl EventQuery {
    fn page(&self) -> Answer<EventPage> {
        let offset = self.offset.unwrap_or_default();
        if !(0..=1_000_000).contains(&offset) {
            let detail = "must be between 0 and 1000000";
            return Err(Failure::field(ProblemKind::Malformed, "offset", detail));
        }
        Ok(EventPage {
            before: self.before,
            after: self.after,
            offset,
            limit: limit(self.limit)?,
        })
    }

    async fn filter(self, app: &App, caller: &Caller) -> Answer<EventFilter> {
        let project = project_id(app, caller, self.project).await?;
        let Self {
            ticket,
            task,
            run,
            event_type,
            severity,
            ..
        } = self;
        let event_type = event_type.into_iter().map(Name::into_string).collect();
        Ok(EventFilter {
            project,
            ticket,
            task,
            run,
            event_type,
            severity,
        })
    }
}

/// Events that pass the filter, newest first; with `after`, oldest first.
#[utoipa::path(get, path = "/api/events", tag = "events", params(EventQuery),
    responses((status = 200, description = "The events", body = [Event])))]
async fn list_events(
    By(caller): By,
    State(app): State<App>,
    Query(query): Query<EventQuery>,
) -> Answer<Json<Vec<Event>>> {
    let page = query.page()?;
    let filter = query.filter(&app, &caller).await?;
    Ok(Json(app.list_events(&caller, filter, page).await?))
}

/// Reports events, one or an array of at most 1,000. The answer comes once they are kept for good.
#[utoipa::path(post, path = "/api/events", tag = "events", request_body = NewEvents,
    responses((status = 201, description = "All are kept", body = EventsAppended)))]
async fn create_events(
    By(caller): By,
    State(app): State<App>,
    events: OneOrMany<NewEvent>,
) -> Answer<crate::answer::Created<EventsAppended>> {
    let events = match events {
        OneOrMany::One(one) => NewEvents::One(one),
        OneOrMany::Many(many) => NewEvents::Many(many),
    };
    Ok(crate::answer::Created(
        app.post_events(&caller, events).await?,
    ))
}

/// The piece of a list of events, newest first, that a page means: its cursor is the last number seen.
pub(crate) fn piece_before(page: &Page) -> Answer<EventPage> {
    let before = page
        .cursor
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|_| Failure::field(ProblemKind::Malformed, "cursor", model::BadCursor))?;
    Ok(EventPage {
        before,
        after: None,
        offset: 0,
        limit: page.limit,
    })
}

pub(crate) fn piece_of(events: Vec<Event>, page: &Page) -> Paged<Event> {
    let is_full = i64::try_from(events.len()).is_ok_and(|length| length == page.limit);
    let next = events
        .last()
        .filter(|_| is_full)
        .map(|event| event.seq.to_string());
    Paged {
        items: events,
        next,
    }
}
