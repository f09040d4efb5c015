//! Exports and imports: a project with its tickets and tasks as lines of JSON.

use app::App;
use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt};
use http::HeaderMap;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use model::{Attachment, ExportLine, ProblemKind, ProjectCard, ProjectRef, Slug};
use serde::Deserialize;
use serde_json::Value;
use tokio_util::codec::{FramedRead, LinesCodec, LinesCodecError};
use tokio_util::io::StreamReader;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::{Answer, Made};
use crate::extract::{By, ProjectAt, Query, parse, require_lines};
use crate::failure::Failure;
use crate::state::Api;

const NDJSON: &str = "application/x-ndjson";
/// A file's content in base64, and what else is said of it.
const LINE_BYTES: usize = (Attachment::MOST_BYTES as usize).div_ceil(3) * 4 + 64 * 1024;

/// They take their time.
pub(crate) fn slow_routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(get_export))
        .routes(routes!(create_import))
}

/// A project with its tickets, tasks, links, comments, questions and files, a line of JSON each, to be kept or to be
/// imported elsewhere.
///
/// What was run, logged and spent is not part of it. Only an export that ends with the line of `kind` `end` is whole; its
/// `warnings` say where the content of a file was lost, and whether there are more lines than an import takes.
#[utoipa::path(get, path = "/api/projects/{project}/export", tag = "projects",
    params(("project" = String, Path, description = "Slug or id")),
    responses((status = 200, description = "The lines", body = String, content_type = "application/x-ndjson")))]
async fn get_export(
    By(caller): By,
    State(app): State<App>,
    ProjectAt(project): ProjectAt,
) -> Answer<impl IntoResponse> {
    let slug = app.get_project(&caller, &project).await?.project.slug;
    let lines = app.export_project(&caller, &project).await?;
    let headers = [
        (CONTENT_TYPE, NDJSON.to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{slug}.ndjson\""),
        ),
    ];
    let lines = lines.map(|line| {
        let mut text = serde_json::to_vec(&line?).map_err(std::io::Error::other)?;
        text.push(b'\n');
        Ok::<_, BrokenOff>(Bytes::from(text))
    });
    Ok((headers, Body::from_stream(lines)))
}

/// The answer has begun, so that no problem can be sent any more: the connection is cut.
#[derive(Debug, thiserror::Error)]
enum BrokenOff {
    #[error(transparent)]
    Read(#[from] app::Error),
    #[error(transparent)]
    Write(#[from] std::io::Error),
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct NewImport {
    /// The slug of the new project; that of the exported one when absent.
    slug: Option<Slug>,
}

/// Makes a project of an export: all of it, or nothing.
///
/// Everything gets new ids; who said and made what stays. The project is paused: nothing of it is handed out before
/// somebody resumes it. What was running is ready again. A file whose content was
/// lost is left out. At most 250,000 lines, which are kept in one go: nobody else writes meanwhile.
#[utoipa::path(post, path = "/api/imports", tag = "projects", params(NewImport),
    request_body(description = "The lines of an export, in their order", content = ExportLine, content_type = "application/x-ndjson"),
    responses((status = 201, description = "The new project", body = ProjectCard)))]
async fn create_import(
    By(caller): By,
    State(app): State<App>,
    Query(new): Query<NewImport>,
    headers: HeaderMap,
    body: Body,
) -> Answer<Made<ProjectCard>> {
    require_lines(&headers)?;
    let project = app.import_project(&caller, new.slug, lines(body)).await?;
    let value = app
        .get_project(&caller, &ProjectRef::Id(project.id))
        .await?;
    Ok(Made(app::Made {
        value,
        is_new: true,
    }))
}

fn lines(body: Body) -> impl Stream<Item = Result<ExportLine, Failure>> {
    let bytes = body.into_data_stream().map_err(std::io::Error::other);
    let codec = LinesCodec::new_with_max_length(LINE_BYTES);
    let lines = FramedRead::new(StreamReader::new(bytes), codec).enumerate();
    let filled = lines.filter(|(_, line)| {
        let is_empty = line.as_ref().is_ok_and(|line| line.trim().is_empty());
        std::future::ready(!is_empty)
    });
    filled.map(|(index, line)| {
        let line = line.map_err(unreadable)?;
        known_line(line.as_bytes()).map_err(|failure| failure.below(index))
    })
}

/// A line in which nothing stands that would be lost. What stands in it are types that answers hold too, which readers read
/// although there is more in them; so what was read is compared with what came.
fn known_line(bytes: &[u8]) -> Result<ExportLine, Failure> {
    let line: ExportLine = parse(bytes)?;
    let given = serde_json::from_slice(bytes).map_err(unread)?;
    let read = serde_json::to_value(&line).map_err(unread)?;
    match stranger(&given, &read) {
        Some(pointer) => Err(Failure::field(
            ProblemKind::Invalid,
            pointer,
            "nobody knows this field",
        )),
        None => Ok(line),
    }
}

fn unread(error: serde_json::Error) -> Failure {
    Failure::new(ProblemKind::Malformed, format!("not JSON: {error}"))
}

/// The pointer to a field that was given and not read.
fn stranger(given: &Value, read: &Value) -> Option<String> {
    match (given, read) {
        (Value::Object(given), Value::Object(read)) => {
            let mut fields = given.iter().filter(|(_, value)| !value.is_null());
            fields.find_map(|(name, value)| match read.get(name) {
                Some(read) => stranger(value, read).map(|below| format!("/{name}{below}")),
                None if *value == Value::Array(Vec::new()) => None,
                None => Some(format!("/{name}")),
            })
        }
        (Value::Array(given), Value::Array(read)) => {
            let mut pairs = given.iter().zip(read).enumerate();
            pairs.find_map(|(index, (given, read))| {
                stranger(given, read).map(|below| format!("/{index}{below}"))
            })
        }
        _ => None,
    }
}

fn unreadable(error: LinesCodecError) -> Failure {
    match error {
        LinesCodecError::MaxLineLengthExceeded => Failure::new(
            ProblemKind::TooLarge,
            "a line is longer than any of an export",
        ),
        LinesCodecError::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            Failure::new(ProblemKind::Malformed, "a line is not UTF-8")
        }
        LinesCodecError::Io(_) => Failure::new(ProblemKind::Malformed, "the body broke off"),
    }
}
