//! Backup: a consistent copy of the database while it is in use.

use app::App;
use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse;
use futures_util::StreamExt;
use http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use model::ProblemKind;
use tokio_util::io::ReaderStream;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::Answer;
use crate::extract::By;
use crate::failure::Failure;
use crate::state::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(create_backup))
}

/// Makes a consistent copy of the database and sends it.
#[utoipa::path(post, path = "/api/backup", tag = "backup",
    responses((status = 200, description = "The copy", body = String, content_type = "application/octet-stream")))]
async fn create_backup(By(caller): By, State(app): State<App>) -> Answer<impl IntoResponse> {
    let backup = app.backup(&caller).await?;
    let file = tokio::fs::File::open(&backup.path).await.map_err(|error| {
        tracing::error!(%error, "a backup cannot be read");
        Failure::new(
            ProblemKind::Internal,
            "the copy was made but cannot be read",
        )
    })?;
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_LENGTH, backup.size.to_string()),
        (
            CONTENT_DISPOSITION,
            "attachment; filename=\"dashboard-backup\"".to_owned(),
        ),
    ];
    // The file goes when `backup` is dropped, so the stream holds on to it.
    let chunks = ReaderStream::with_capacity(file, 64 * 1024).map(move |chunk| {
        let _kept = &backup;
        chunk
    });
    Ok((headers, Body::from_stream(chunks)))
}
