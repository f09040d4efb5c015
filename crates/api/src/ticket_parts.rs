//! What hangs on a ticket: its tasks, events, calls to models and comments.

use app::App;
use axum::extract::State;
use axum::response::Response;
use model::{Comment, Event, LlmCall, NewComment, Task, TicketId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Answer, Created};
use crate::extract::{At, Body, By, List, NoFilter, PageQuery};
use crate::state::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_ticket_tasks))
        .routes(routes!(list_ticket_events))
        .routes(routes!(list_ticket_llm_calls))
        .routes(routes!(list_ticket_comments, create_ticket_comment))
}

/// A ticket's tasks, by sequence.
#[utoipa::path(get, path = "/api/tickets/{id}/tasks", tag = "tickets",
    params(("id" = TicketId, Path, description = "The ticket's id"), PageQuery),
    responses((status = 200, description = "A piece of the list", body = [Task])))]
async fn list_ticket_tasks(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TicketId>,
    list: List<NoFilter>,
) -> Answer<Response> {
    let (_, page, address) = list.parts();
    Ok(address.answer(app.list_ticket_tasks(&caller, id, page).await?))
}

/// A ticket's events, newest first.
#[utoipa::path(get, path = "/api/tickets/{id}/events", tag = "tickets",
    params(("id" = TicketId, Path, description = "The ticket's id"), PageQuery),
    responses((status = 200, description = "A piece of the list", body = [Event])))]
async fn list_ticket_events(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TicketId>,
    list: List<NoFilter>,
) -> Answer<Response> {
    let (_, page, address) = list.parts();
    let piece = crate::events::piece_before(&page)?;
    let events = app.list_ticket_events(&caller, id, piece).await?;
    Ok(address.answer(crate::events::piece_of(events, &page)))
}

/// A ticket's calls to models, newest first.
#[utoipa::path(get, path = "/api/tickets/{id}/llm-calls", tag = "tickets",
    params(("id" = TicketId, Path, description = "The ticket's id"), PageQuery),
    responses((status = 200, description = "A piece of the list", body = [LlmCall])))]
async fn list_ticket_llm_calls(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TicketId>,
    list: List<NoFilter>,
) -> Answer<Response> {
    let (_, page, address) = list.parts();
    Ok(address.answer(app.list_ticket_llm_calls(&caller, id, page).await?))
}

/// What was said about a ticket, oldest first.
#[utoipa::path(get, path = "/api/tickets/{id}/comments", tag = "tickets",
    params(("id" = TicketId, Path, description = "The ticket's id"), PageQuery),
    responses((status = 200, description = "A piece of the list", body = [Comment])))]
async fn list_ticket_comments(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TicketId>,
    list: List<NoFilter>,
) -> Answer<Response> {
    let (_, page, address) = list.parts();
    Ok(address.answer(app.list_ticket_comments(&caller, id, page).await?))
}

/// Says something about a ticket, in the caller's name.
#[utoipa::path(post, path = "/api/tickets/{id}/comments", tag = "tickets", request_body = NewComment,
    params(("id" = TicketId, Path, description = "The ticket's id")),
    responses((status = 201, description = "The comment", body = Comment)))]
async fn create_ticket_comment(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TicketId>,
    Body(new): Body<NewComment>,
) -> Answer<Created<Comment>> {
    Ok(Created(app.create_ticket_comment(&caller, id, new).await?))
}
