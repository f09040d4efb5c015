//! `dashboardd`: the server. Parse, open, serve, stop cleanly.
//!
//! Everything that it does is in the libraries; here is how it is started. See `config.rs` for what can be set.

mod accept;
mod config;
#[cfg(test)]
mod document;
mod logging;
mod memory;
mod restore;
mod serve;
mod stop;
mod token;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use nix::sys::stat::Mode;

use config::{Config, Options};

/// The server that a fleet of coding agents reports to and takes work from.
#[derive(Debug, Parser)]
#[command(name = "dashboardd", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    options: Options,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until stopped; what happens when no command is given.
    Serve,
    /// Print the effective configuration, with secrets masked.
    Config,
    /// Make tokens without a running server, for somebody who is locked out.
    Token {
        #[command(subcommand)]
        command: token::Command,
    },
    /// Make the database out of a backup. There must be none yet.
    Restore {
        /// The backup.
        file: std::path::PathBuf,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    // The database, the logs and backups hold what only this user may read.
    nix::sys::stat::umask(Mode::S_IRWXG | Mode::S_IRWXO);
    // One provider of cryptography for the whole process; a second call would be a mistake of ours.
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dashboardd: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<()> {
    let config = Config::load(cli.options)?;
    let command = cli.command.unwrap_or(Command::Serve);
    if let Command::Config = command {
        print!("{config}");
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    // From a spawned task: on the main one every statement would cost a change of threads.
    runtime.block_on(async {
        tokio::spawn(async move {
            match command {
                Command::Serve | Command::Config => serve::serve(config).await,
                Command::Token { command } => token::obey(&config, command).await,
                Command::Restore { file } => restore::restore(&config, &file).await,
            }
        })
        .await?
    })
}
