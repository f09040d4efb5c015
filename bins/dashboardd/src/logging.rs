//! Logs: structured lines to stderr, and to files that rotate each day.

use anyhow::{Context, anyhow};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use crate::config::{Config, LogFormat};

/// Files of so many days are kept.
const DAYS: usize = 14;

/// Starts logging. What is still on its way is written when the guard is dropped.
pub(crate) fn start(config: &Config) -> anyhow::Result<WorkerGuard> {
    let directory = config.data.join("logs");
    let named = || format!("cannot write logs to {}", directory.display());
    // The appender makes it too, but complains on stderr before it does.
    std::fs::create_dir_all(&directory).with_context(named)?;
    let appender = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("dashboardd")
        .filename_suffix("log")
        .max_log_files(DAYS)
        .build(&directory)
        .with_context(named)?;
    // When the disk is slower than the log, lines are dropped from the file rather than requests held up.
    let (file, guard) = tracing_appender::non_blocking(appender);
    let filter = EnvFilter::try_new(&config.log_level)
        // Its cause says the same words once more.
        .map_err(|error| anyhow!("log_level: `{}`: {error}", config.log_level))?;
    tracing_subscriber::registry()
        .with(vec![
            layer(config.log_format, std::io::stderr),
            layer(config.log_format, file),
        ])
        .with(filter)
        .try_init()
        .context("start logging")?;
    Ok(guard)
}

fn layer<W>(format: LogFormat, writer: W) -> Box<dyn Layer<Registry> + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .with_ansi(false);
    match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    }
}
