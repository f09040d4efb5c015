//! Measures the real `dashboardd` beside the limit of each figure, in the same run, as a ratio.
//!
//! A limit is the least that any server would have to do for the same answer: a bare axum route, one thread with rusqlite.
//! Start with `figure.rs`; each figure has a file of its own.

mod batched;
mod board;
mod claims;
mod create;
mod durable;
mod fanout;
mod figure;
mod http;
mod idle;
mod latency;
mod limit;
mod load;
mod pages;
mod postgres;
mod process;
mod report;
mod resume;
mod rows;
mod sample;
mod stats;
mod viewer;
mod waiting;

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Parser;
use figure::{Figure, Settings};

#[derive(Parser)]
#[command(about = "Measures dashboardd beside its limits and writes docs/benchmarks.md")]
struct Arguments {
    /// The release build of dashboardd; the one beside this program when absent.
    #[arg(long)]
    server: Option<PathBuf>,
    /// Where the table is written.
    #[arg(long, default_value = "docs/benchmarks.md")]
    out: PathBuf,
    /// Only these figures; prints them and writes no file.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// How often each side of a figure is measured, taking turns; the median counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long one throughput measurement lasts.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Serves the bare routes that figures are compared with; started by the benchmark itself.
    #[arg(long, hide = true)]
    limit: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    process::raise_open_files()?;
    if arguments.limit {
        return runtime.block_on(limit::serve());
    }
    runtime.block_on(async { tokio::spawn(measure(arguments)).await? })
}

async fn measure(arguments: Arguments) -> anyhow::Result<()> {
    let settings = Settings {
        server: arguments.server.map_or_else(beside_this_program, Ok)?,
        rounds: arguments.rounds,
        seconds: arguments.seconds,
    };
    let mut figures = Vec::new();
    for name in FIGURES {
        if arguments.only.is_empty() || arguments.only.iter().any(|it| it == name) {
            eprintln!("measuring {name}");
            let measured = one(name, &settings)
                .await
                .with_context(|| format!("measure {name}"))?;
            measured.iter().for_each(|figure| eprintln!("  {figure}"));
            figures.extend(measured);
        }
    }
    if arguments.only.is_empty() {
        std::fs::write(
            &arguments.out,
            report::write(&figures, &settings, &arguments.out)?,
        )?;
        eprintln!("wrote {}", arguments.out.display());
    }
    let missed = figures.iter().filter(|figure| !figure.is_reached()).count();
    if missed > 0 {
        let of = figures.len();
        bail!("not everything is as fast as it is to be: {missed} of {of} figures");
    }
    Ok(())
}

const FIGURES: [&str; 11] = [
    "idle", "durable", "batched", "latency", "fanout", "resume", "pages", "board", "create",
    "waiting", "claims",
];

async fn one(name: &str, settings: &Settings) -> anyhow::Result<Vec<Figure>> {
    match name {
        "idle" => idle::measure(settings).await,
        "durable" => durable::measure(settings).await,
        "batched" => batched::measure(settings).await,
        "latency" => latency::measure(settings).await,
        "fanout" => fanout::measure(settings).await,
        "resume" => resume::measure(settings).await,
        "pages" => pages::measure(settings).await,
        "board" => board::measure(settings).await,
        "create" => create::measure(settings).await,
        "waiting" => waiting::measure(settings).await,
        "claims" => claims::measure(settings).await,
        _ => bail!("there is no figure {name}"),
    }
}

fn beside_this_program() -> anyhow::Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name("dashboardd"))
}
