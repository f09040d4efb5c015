//! `dashctl`: what people and scripts say to a dashboardd server.
//!
//! Each noun has a file; every command goes through the typed client. Tables are for people, `--json` and
//! `--jsonl` for programs; errors go to stderr, and the exit code tells their kind (see `exit.rs`).

mod backup;
mod board;
mod channels;
mod cli;
mod config;
mod connect;
mod contexts;
mod dispatch;
mod events;
mod exit;
mod exports;
mod find;
mod inbox;
mod limits;
mod llm_calls;
mod login;
mod logs;
mod or_none;
mod preferences;
mod print;
mod projects;
mod questions;
mod run;
mod runs;
mod save;
mod search;
mod stats;
mod status;
mod steps;
mod tasks;
mod tickets;
mod tokens;
mod users;
mod watch;
mod when;
mod work;
mod workers;
mod workspaces;

use clap::Parser;

use cli::{Cli, Command};
use print::Printer;

fn main() -> std::process::ExitCode {
    let cli = Cli::parse();
    // One provider of cryptography for the whole process; a second call would be a mistake of ours.
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return exit::failed(&anyhow::Error::from(error)),
    };
    let result = runtime.block_on(obey(cli));
    // What still waits for input on a terminal must not keep the process alive.
    runtime.shutdown_background();
    match result {
        Ok(code) => code,
        Err(error) => exit::failed(&error),
    }
}

async fn obey(cli: Cli) -> anyhow::Result<std::process::ExitCode> {
    let printer = Printer::new(&cli.global);
    let global = &cli.global;
    match cli.command {
        Command::Login(args) => login::login(global, &printer, args).await?,
        Command::Logout => login::logout(global)?,
        Command::Contexts { command } => contexts::obey(&printer, command)?,
        Command::Completions { shell } => cli::print_completions(shell)?,
        Command::Status => status::show(global, &printer).await?,
        Command::Health => status::health(global, &printer).await?,
        Command::Projects { command } => projects::obey(global, &printer, command).await?,
        Command::Tickets { command } => tickets::obey(global, &printer, command).await?,
        Command::Tasks { command } => tasks::obey(global, &printer, command).await?,
        Command::Questions { command } => questions::obey(global, &printer, command).await?,
        Command::Inbox(args) => inbox::show(global, &printer, args).await?,
        Command::Daemon { command } => dispatch::daemon(global, &printer, command).await?,
        Command::Dispatch(args) => dispatch::dispatch(global, &printer, args).await?,
        Command::Limits(args) => limits::obey(global, &printer, args).await?,
        Command::Config { command } => preferences::obey(global, &printer, command).await?,
        Command::Assignees(args) => stats::assignees(global, &printer, args).await?,
        Command::Steps { command } => steps::obey(global, &printer, command).await?,
        Command::Board(args) => board::show(global, &printer, args).await?,
        Command::Run(args) => return run::run(global, args).await,
        Command::Work(args) => return work::work(global, args).await,
        Command::Workers { command } => workers::obey(global, &printer, command).await?,
        Command::Workspaces { command } => workspaces::obey(global, &printer, command).await?,
        Command::Runs { command } => runs::obey(global, &printer, command).await?,
        Command::Calls { command } => llm_calls::obey(global, &printer, command).await?,
        Command::Events(args) => events::show(global, &printer, args).await?,
        Command::Channels { command } => channels::obey(global, &printer, command).await?,
        Command::Tokens { command } => tokens::obey(global, &printer, command).await?,
        Command::Users { command } => users::obey(global, &printer, command).await?,
        Command::Search(args) => search::search(global, &printer, args).await?,
        Command::Backup(args) => backup::make(global, &printer, args).await?,
        Command::Openapi => status::openapi(global).await?,
    }
    Ok(std::process::ExitCode::SUCCESS)
}
