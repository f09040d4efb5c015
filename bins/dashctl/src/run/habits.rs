//! How a command is run and reported, whoever asks for it.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use client::Client;
use serde::{Deserialize, Serialize};

/// How a command is run and reported.
#[derive(Debug, Clone, Serialize, Deserialize, clap::Args)]
pub(crate) struct Habits {
    /// Prints {"input_tokens", "output_tokens"} after the command, for agents that are not understood
    #[arg(long, value_name = "COMMAND")]
    usage_command: Option<String>,
    /// Seconds between asking it to end (SIGTERM) and making it (SIGKILL)
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    grace: u32,
    /// Seconds between two heartbeats [default: as the server asks]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    heartbeat: Option<u32>,
    /// Where to keep what the server does not have yet [default: in the user's state directory]
    #[arg(long, env = "DASHCTL_SPOOL", value_name = "DIR")]
    spool: Option<PathBuf>,
    /// How much to keep, in MiB; when it is full, the command's output waits
    #[arg(long, value_name = "MIB", default_value_t = 256)]
    spool_limit: u32,
}

impl Habits {
    /// Where the spools of this server are kept.
    pub(crate) fn spools(&self, client: &Client) -> anyhow::Result<PathBuf> {
        let root = match &self.spool {
            Some(root) => root.clone(),
            None => state_directory()
                .context("set DASHCTL_SPOOL")?
                .join("spool"),
        };
        let server = client.server().map(ToString::to_string);
        Ok(runner::path_for_server(&root, &server.unwrap_or_default()))
    }

    pub(crate) fn usage_command(&self) -> Option<String> {
        self.usage_command.clone()
    }

    pub(crate) fn grace(&self) -> Duration {
        seconds(self.grace)
    }

    pub(crate) fn heartbeat(&self) -> Option<Duration> {
        self.heartbeat.map(seconds)
    }

    /// In bytes.
    pub(crate) fn spool_limit(&self) -> u64 {
        u64::from(self.spool_limit) << 20
    }
}

fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}

/// Where programs keep what must outlive them.
pub(crate) fn state_directory() -> anyhow::Result<PathBuf> {
    let directories = directories::ProjectDirs::from("", "", "dashctl")
        .context("find the user's state directory")?;
    let state = directories.state_dir();
    Ok(state.unwrap_or(directories.data_local_dir()).to_owned())
}
