//! Questions: what agents ask people.

use app::App;
use axum::extract::State;
use axum::response::Response;
use model::{
    AnswerQuestion, NewQuestion, Question, QuestionFilter, QuestionId, QuestionState, TaskId,
    TicketId,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Answer, Created};
use crate::extract::{At, Body, By, List, NoFilter, PageQuery, project_id};
use crate::state::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_questions))
        .routes(routes!(list_ticket_questions))
        .routes(routes!(create_question))
        .routes(routes!(answer_question))
}

/// Which questions to list.
#[derive(Deserialize, Default, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct QuestionQuery {
    /// Only this project's, by slug or id.
    project: Option<String>,
    /// Only about this ticket.
    ticket: Option<TicketId>,
    /// Only about this task.
    task: Option<TaskId>,
    /// Only those that stand so.
    state: Option<QuestionState>,
}

/// Questions that pass the filter, oldest first.
#[utoipa::path(get, path = "/api/questions", tag = "questions", params(QuestionQuery, PageQuery),
    responses((status = 200, description = "A piece of the list", body = [Question])))]
async fn list_questions(
    By(caller): By,
    State(app): State<App>,
    list: List<QuestionQuery>,
) -> Answer<Response> {
    let (query, page, address) = list.parts();
    let filter = QuestionFilter {
        project: project_id(&app, &caller, query.project).await?,
        ticket: query.ticket,
        task: query.task,
        state: query.state,
    };
    Ok(address.answer(app.list_questions(&caller, filter, page).await?))
}

/// The questions about a ticket and its tasks, oldest first.
#[utoipa::path(get, path = "/api/tickets/{id}/questions", tag = "questions",
    params(("id" = TicketId, Path, description = "The ticket's id"), PageQuery),
    responses((status = 200, description = "A piece of the list", body = [Question])))]
async fn list_ticket_questions(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TicketId>,
    list: List<NoFilter>,
) -> Answer<Response> {
    let (_, page, address) = list.parts();
    Ok(address.answer(app.list_ticket_questions(&caller, id, page).await?))
}

/// Asks a person about a task. The task waits until everything is answered; so does its ticket.
#[utoipa::path(post, path = "/api/tasks/{id}/questions", tag = "questions", request_body = NewQuestion,
    params(("id" = TaskId, Path, description = "The task's id")),
    responses((status = 201, description = "The question", body = Question)))]
async fn create_question(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TaskId>,
    Body(new): Body<NewQuestion>,
) -> Answer<Created<Question>> {
    Ok(Created(app.create_question(&caller, id, new).await?))
}

/// Answers a question; only a person may. The worker that waits gets the answer with its next heartbeat; where it is gone,
/// the task may be taken again, and whoever takes it gets the answer.
#[utoipa::path(post, path = "/api/questions/{id}/answer", tag = "questions", request_body = AnswerQuestion,
    params(("id" = QuestionId, Path, description = "The question's id")),
    responses((status = 200, description = "The question with its answer", body = Question)))]
async fn answer_question(
    By(caller): By,
    State(app): State<App>,
    At(id): At<QuestionId>,
    Body(answer): Body<AnswerQuestion>,
) -> Answer<axum::Json<Question>> {
    Ok(axum::Json(app.answer_question(&caller, id, answer).await?))
}
