//! `dashctl status`, `health` and `openapi`: the server as a whole.

use crate::cli::Global;
use crate::connect::connect;
use crate::print::{Cell, Printer, write_out};

/// How the server is, and what runs on it.
pub(crate) async fn show(global: &Global, printer: &Printer) -> anyhow::Result<()> {
    let status = connect(global)?.get_status().await?;
    let counts = status
        .runs
        .iter()
        .map(|(state, count)| format!("{count} {state}"));
    let runs = counts.collect::<Vec<_>>().join(", ");
    let streams = format!(
        "{} WebSocket, {} SSE",
        status.connections.ws, status.connections.sse
    );
    let last_model = status.model.as_ref().map(|model| match &status.provider {
        Some(provider) => format!("{model} ({provider})"),
        None => model.clone(),
    });
    let fields = vec![
        (
            "Server",
            Cell::text(format!(
                "dashboardd {} on {}",
                status.version, status.database
            )),
        ),
        ("Up for", Cell::text(&status.uptime)),
        ("Handing out work", Cell::text(status.daemon_state)),
        ("Active runs", Cell::text(status.active_runs)),
        ("Tasks ready", Cell::text(status.queue_depth)),
        ("Runs so far", Cell::text(runs)),
        ("Last model", Cell::maybe(last_model)),
        ("Open streams", Cell::text(streams)),
        ("Events", Cell::text(status.head)),
    ];
    printer.one(&status, fields)
}

/// Whether the server is alive.
pub(crate) async fn health(global: &Global, printer: &Printer) -> anyhow::Result<()> {
    let health = connect(global)?.get_health().await?;
    let fields = vec![
        ("Status", Cell::text(&health.status)),
        (
            "Up for",
            Cell::text(crate::print::duration(health.uptime * 1000)),
        ),
        ("Version", Cell::text(&health.version)),
    ];
    printer.one(&health, fields)
}

/// The OpenAPI document, for generators.
pub(crate) async fn openapi(global: &Global) -> anyhow::Result<()> {
    let document = connect(global)?.get_openapi().await?;
    write_out(&serde_json::to_string_pretty(&document)?)
}
