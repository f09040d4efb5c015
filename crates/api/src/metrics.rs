//! Prometheus: the process's series as text.

use std::sync::OnceLock;
use std::time::Duration;

use app::App;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header::CONTENT_TYPE;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use model::Scope;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::answer::Answer;
use crate::extract::By;
use crate::state::Api;

/// Upper bounds of the histograms, in seconds: from one write to one long poll.
const BUCKETS: [f64; 12] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0,
];

/// How often what histograms collected is folded together, so that memory stays bounded when nobody looks.
const UPKEEP: Duration = Duration::from_secs(5);

/// Where the process's series are collected.
#[derive(Clone)]
pub(crate) struct Recorder(PrometheusHandle);

impl Recorder {
    /// The process's recorder; the first server in the process installs it.
    ///
    /// Where the embedding program has a recorder of its own, the series go there and are not shown here.
    pub(crate) fn install(stop: &CancellationToken) -> Self {
        static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
        let handle = HANDLE.get_or_init(|| {
            let builder = PrometheusBuilder::new().set_buckets(&BUCKETS);
            let recorder = builder.expect("the buckets are not empty").build_recorder();
            let handle = recorder.handle();
            if metrics::set_global_recorder(recorder).is_err() {
                tracing::info!("another recorder of metrics is installed; /api/metrics shows less");
            }
            handle
        });
        keep_up(handle.clone(), stop.clone());
        Self(handle.clone())
    }
}

fn keep_up(handle: PrometheusHandle, stop: CancellationToken) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        return;
    };
    // It owns nothing that must be waited for: the token ends it.
    runtime.spawn(stop.run_until_cancelled_owned(async move {
        loop {
            tokio::time::sleep(UPKEEP).await;
            handle.run_upkeep();
        }
    }));
}

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(get_metrics))
}

/// The server's series in Prometheus' text format.
#[utoipa::path(get, path = "/api/metrics", tag = "health",
    responses((status = 200, description = "The series", body = String, content_type = "text/plain")))]
async fn get_metrics(
    By(caller): By,
    State(api): State<Api>,
    State(app): State<App>,
) -> Answer<impl IntoResponse> {
    // The series are about all projects. Asking for the status also brings the gauges up to date.
    caller
        .may_everywhere(Scope::Read)
        .map_err(app::Error::from)?;
    app.get_status(&caller).await?;
    let text = api.recorder.0.render();
    Ok((
        [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        text,
    ))
}
