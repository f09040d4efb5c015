//! Attachments: files that belong to a task.

use app::{App, NewAttachment, Refused};
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, ETAG};
use model::{Attachment, AttachmentId, FileName, MediaType, ProblemKind, TaskId};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use tokio_util::io::ReaderStream;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Answer, Made, Nothing};
use crate::extract::{At, By, List, NoFilter, PageQuery, Query, header_text};
use crate::failure::Failure;
use crate::state::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_attachments))
}

/// Contents may be long: they take their time.
pub(crate) fn slow_routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(create_attachment))
        .routes(routes!(get_attachment, delete_attachment))
}

/// A task's files, oldest first.
#[utoipa::path(get, path = "/api/tasks/{id}/attachments", tag = "tasks",
    params(("id" = TaskId, Path, description = "The task's id"), PageQuery),
    responses((status = 200, description = "A piece of the list", body = [Attachment])))]
async fn list_attachments(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TaskId>,
    list: List<NoFilter>,
) -> Answer<Response> {
    let (_, page, address) = list.parts();
    Ok(address.answer(app.list_attachments(&caller, id, page).await?))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct NewFile {
    /// What the file is called, without slashes.
    name: FileName,
}

/// Gives a task a file of at most 25 MiB; a task has at most 100.
///
/// The body is its content as it is, and `Content-Type` what it is said to be. The same content under the same name
/// is there once, so that a repeated request doubles nothing.
#[utoipa::path(post, path = "/api/tasks/{id}/attachments", tag = "tasks",
    request_body(description = "The content", content = String, content_type = "application/octet-stream"),
    params(("id" = TaskId, Path, description = "The task's id"), NewFile),
    responses((status = 201, description = "The file", body = Attachment),
        (status = 200, description = "The file, which was there already", body = Attachment)))]
async fn create_attachment(
    By(caller): By,
    State(app): State<App>,
    At(id): At<TaskId>,
    Query(new): Query<NewFile>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Made<Attachment>> {
    let files = app.receiver_of_attachments(&caller, id).await?;
    let content = files.receive(body.into_data_stream(), Attachment::MOST_BYTES);
    let new = NewAttachment {
        name: new.name,
        media_type: MediaType::of_header(header_text(&headers, &CONTENT_TYPE).unwrap_or_default()),
        content: content.await.map_err(refusal)?,
    };
    Ok(Made(app.create_attachment(&caller, id, new).await?))
}

fn refusal(refused: Refused) -> Failure {
    match refused {
        Refused::TooLarge => Failure::new(
            ProblemKind::TooLarge,
            "a file has at most 25 MiB (26,214,400 bytes)",
        ),
        Refused::Cut => Failure::new(ProblemKind::Malformed, "the body ended in the middle"),
        Refused::Disk(error) => app::Error::unwritten(error).into(),
    }
}

/// A file's content, to be saved; never to be shown in place.
#[utoipa::path(get, path = "/api/attachments/{id}", tag = "tasks",
    params(("id" = AttachmentId, Path, description = "The file's id")),
    responses((status = 200, description = "The content", body = String, content_type = "application/octet-stream")))]
async fn get_attachment(
    By(caller): By,
    State(app): State<App>,
    At(id): At<AttachmentId>,
) -> Answer<impl IntoResponse> {
    let attachment = app.get_attachment(&caller, id).await?;
    let file = app.open_attachment(&attachment).await?;
    let headers = [
        (CONTENT_TYPE, attachment.media_type.to_string()),
        (CONTENT_LENGTH, attachment.size.to_string()),
        (CONTENT_DISPOSITION, disposition(&attachment.name)),
        (ETAG, format!("\"{}\"", attachment.sha256)),
    ];
    Ok((
        headers,
        Body::from_stream(ReaderStream::with_capacity(file, 64 * 1024)),
    ))
}

/// The name twice: in ASCII for what reads nothing else, and whole.
fn disposition(name: &FileName) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ');
    let plain: String = name
        .as_str()
        .chars()
        .map(|c| if is_plain(c) { c } else { '_' })
        .collect();
    let whole = utf8_percent_encode(name.as_str(), NON_ALPHANUMERIC);
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}")
}

/// Takes a file away from its task.
#[utoipa::path(delete, path = "/api/attachments/{id}", tag = "tasks",
    params(("id" = AttachmentId, Path, description = "The file's id")),
    responses((status = 204, description = "It is gone")))]
async fn delete_attachment(
    By(caller): By,
    State(app): State<App>,
    At(id): At<AttachmentId>,
) -> Answer<Nothing> {
    app.delete_attachment(&caller, id).await?;
    Ok(Nothing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_break_out_of_its_header() {
        let name = FileName::parse("a\"b; ü.txt").unwrap();
        assert_eq!(
            disposition(&name),
            "attachment; filename=\"a_b_ _.txt\"; filename*=UTF-8''a%22b%3B%20%C3%BC%2Etxt"
        );
    }
}
