//! Status: how the server is.

use std::collections::BTreeMap;

use auth::Caller;
use model::{
    ChannelStatus, HealthAnswer, LlmCallFilter, Page, Platform, RunState, Scope, Status, TaskState,
};
use store::counts::{self, Counted};
use store::{board_counts, deliveries, events, llm_calls};

use crate::{App, Error, holds};

impl App {
    /// Whether the server is alive. It asks nobody.
    #[must_use]
    pub fn health(&self) -> HealthAnswer {
        HealthAnswer {
            status: "ok".to_owned(),
            uptime: self.uptime_seconds(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// Whether the database answers.
    pub async fn is_ready(&self) -> Result<(), Error> {
        events::head(&mut self.read().await?).await?;
        Ok(())
    }

    /// How the server is, as far as the caller may see.
    pub async fn get_status(&self, caller: &Caller) -> Result<Status, Error> {
        caller.may(Scope::Read)?;
        let mut read = self.read().await?;
        let (runs, tasks) = match caller.project {
            Some(only) => (
                counts::of_project(&mut read, only, Counted::Runs).await?,
                board_counts::by_status(&mut read, Some(only)).await?,
            ),
            None => (
                counts::of_all(&mut read, Counted::Runs).await?,
                board_counts::by_status(&mut read, None).await?,
            ),
        };
        let filter = LlmCallFilter {
            project: caller.project,
            ..LlmCallFilter::default()
        };
        let last_call = llm_calls::list(&mut read, &filter, &Page::first(1))
            .await?
            .items
            .pop();
        let open = RunState::ALL.iter().filter(|state| !state.has_ended());
        Ok(Status {
            status: "running".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            uptime: written(self.uptime_seconds()),
            uptime_seconds: self.uptime_seconds(),
            daemon_state: holds::daemon(&mut read).await?,
            channels: reached(deliveries::reached(&mut read).await?),
            mcp_servers: Default::default(),
            provider: last_call
                .as_ref()
                .and_then(|call| call.provider.as_ref())
                .map(ToString::to_string),
            model: last_call.map(|call| call.model.into_string()),
            connections: self.connected().count(),
            queue_depth: tasks.get(TaskState::Ready.as_str()).copied().unwrap_or(0),
            active_runs: open.filter_map(|state| runs.get(state.as_str())).sum(),
            runs,
            epoch: self.store().epoch().to_owned(),
            head: events::head(&mut read).await?,
            database: self.store().engine().as_str().to_owned(),
        })
    }

    fn uptime_seconds(&self) -> i64 {
        i64::try_from(self.uptime().as_secs()).unwrap_or(i64::MAX)
    }
}

/// A platform is reached where one of its channels is.
fn reached(channels: Vec<(Platform, bool)>) -> BTreeMap<String, ChannelStatus> {
    let mut found = BTreeMap::<_, ChannelStatus>::new();
    for (platform, connected) in channels {
        let known = found.entry(platform.as_str().to_owned());
        let known = known.or_insert(ChannelStatus { connected: false });
        known.connected |= connected;
    }
    found
}

/// `3h24m12s`, without leading zero parts.
fn written(seconds: i64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, _) => format!("{minutes}m{seconds}s"),
        _ => format!("{hours}h{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_uptime_is_written_as_the_document_shows_it() {
        assert_eq!(written(12_252), "3h24m12s");
        assert_eq!(written(61), "1m1s");
        assert_eq!(written(0), "0s");
    }
}
