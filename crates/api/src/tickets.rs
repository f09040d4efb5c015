//! Tickets: what people asked for.

use app::App;
use auth::Caller;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use model::{
    ActivePipeline, Name, NewTicket, Ticket, TicketDeleted, TicketFilter, TicketId, TicketPatch,
    TicketRetried, TicketSort, TicketStatus, TicketSummary,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Answer, Created, Entity};
use crate::extract::{At, Body, By, IfMatch, List, Needle, PageQuery, project_id};
use crate::state::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_tickets, create_ticket))
        .routes(routes!(get_ticket, update_ticket, delete_ticket))
        .routes(routes!(retry_ticket))
        .routes(routes!(list_ticket_summaries))
        .routes(routes!(list_active_pipelines))
}

/// Which tickets to list, and how sorted.
#[derive(Deserialize, Default, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct TicketQuery {
    /// Only this project's, by slug or id.
    project: Option<String>,
    /// Only these states, separated by commas or repeated; all when absent.
    #[param(style = Form, explode = false)]
    status: Vec<TicketStatus>,
    /// Only with this label.
    label: Option<Name>,
    /// Only for this person or agent.
    assignee: Option<Name>,
    /// Only with this text in title, description or external id, in any case.
    #[param(value_type = Option<String>, max_length = 500, pattern = r"^[^\x00]*$")]
    q: Option<Needle>,
    /// How they are sorted; newest first when absent.
    sort: Option<TicketSort>,
}

impl TicketQuery {
    async fn filter(self, app: &App, caller: &Caller) -> Answer<(TicketFilter, TicketSort)> {
        let project = project_id(app, caller, self.project).await?;
        let Self {
            status,
            label,
            assignee,
            q,
            sort,
            ..
        } = self;
        let q = q.map(String::from);
        let filter = TicketFilter {
            project,
            status,
            label,
            assignee,
            q,
        };
        Ok((filter, sort.unwrap_or(TicketSort::Newest)))
    }
}

/// Tickets that pass the filter.
#[utoipa::path(get, path = "/api/tickets", tag = "tickets", params(TicketQuery, PageQuery),
    responses((status = 200, description = "A piece of the list", body = [Ticket])))]
async fn list_tickets(
    By(caller): By,
    State(app): State<App>,
    list: List<TicketQuery>,
) -> Answer<Response> {
    let (query, page, address) = list.parts();
    let (filter, sort) = query.filter(&app, &caller).await?;
    Ok(address.answer(app.list_tickets(&caller, filter, sort, page).await?))
}

/// Compact cards of the tickets that pass the filter.
#[utoipa::path(get, path = "/api/ticket-summaries", tag = "tickets", params(TicketQuery, PageQuery),
    responses((status = 200, description = "A piece of the list", body = [TicketSummary])))]
async fn list_ticket_summaries(
    By(caller): By,
    State(app): State<App>,
    list: List<TicketQuery>,
) -> Answer<Response> {
    let (query, page, address) = list.parts();
    let (filter, sort) = query.filter(&app, &caller).await?;
    Ok(address.answer(
        app.list_ticket_summaries(&caller, filter, sort, page)
            .await?,
    ))
}

/// Makes a ticket.
#[utoipa::path(post, path = "/api/tickets", tag = "tickets", request_body = NewTicket,
    responses((status = 201, description = "The ticket", body = Ticket)))]
async fn create_ticket(
    By(caller): By,
    State(app): State<App>,
    Body(new): Body<NewTicket>,
) -> Answer<Created<Ticket>> {
    Ok(Created(app.create_ticket(&caller, new).await?))
}

/// One ticket.
#[utoipa::path(get, path = "/api/tickets/{id}", tag = "tickets",
    params(("id" = TicketId, Path, description = "The ticket's id")),
    responses((status = 200, description = "The ticket", body = Ticket)))]
async fn get_ticket(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TicketId>,
) -> Answer<Entity<Ticket>> {
    Ok(Entity(app.get_ticket(&caller, id).await?))
}

/// Edits a ticket, or says where it stands now.
#[utoipa::path(patch, path = "/api/tickets/{id}", tag = "tickets", request_body = TicketPatch,
    params(("id" = TicketId, Path, description = "The ticket's id")),
    responses((status = 200, description = "The ticket as it is now", body = Ticket)))]
async fn update_ticket(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TicketId>,
    seen: IfMatch,
    Body(mut patch): Body<TicketPatch>,
) -> Answer<Entity<Ticket>> {
    seen.put_into(&mut patch.version)?;
    Ok(Entity(app.update_ticket(&caller, id, patch).await?))
}

/// Deletes a ticket with its content for good. What was spent on it stays in the ledger.
#[utoipa::path(delete, path = "/api/tickets/{id}", tag = "tickets",
    params(("id" = TicketId, Path, description = "The ticket's id")),
    responses((status = 200, description = "Deleted", body = TicketDeleted)))]
async fn delete_ticket(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TicketId>,
) -> Answer<Json<TicketDeleted>> {
    Ok(Json(app.delete_ticket(&caller, id).await?))
}

/// Queues a failed, blocked or partial ticket again. Its tasks that are done stay done.
#[utoipa::path(post, path = "/api/tickets/{id}/retry", tag = "tickets",
    params(("id" = TicketId, Path, description = "The ticket's id")),
    responses((status = 200, description = "Queued again", body = TicketRetried)))]
async fn retry_ticket(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TicketId>,
) -> Answer<Json<TicketRetried>> {
    Ok(Json(app.retry_ticket(&caller, id).await?))
}

/// Tickets that are being worked on, with their stage.
#[utoipa::path(get, path = "/api/pipeline/active", tag = "tickets",
    responses((status = 200, description = "The tickets", body = [ActivePipeline])))]
async fn list_active_pipelines(
    By(caller): By,
    State(app): State<App>,
) -> Answer<Json<Vec<ActivePipeline>>> {
    Ok(Json(app.list_active_pipelines(&caller).await?))
}
