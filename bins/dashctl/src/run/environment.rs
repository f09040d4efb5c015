//! What a command finds in its environment: its run, and a token that may write to that run only.

use std::ffi::OsString;

use client::Client;
use model::{NewRun, RunStarted};

/// The variables to set, and with `None` to take away: a caller's own token is not for the command.
pub(crate) fn of_run(
    client: &Client,
    new: &NewRun,
    started: Option<&RunStarted>,
) -> Vec<(OsString, Option<OsString>)> {
    let run = started.map(|started| &started.run);
    let ticket = run.map_or(new.ticket_id, |run| run.ticket_id);
    let project = run.map(|run| run.project_id.to_string());
    let values = [
        ("DASHBOARD_SERVER", client.server().map(ToString::to_string)),
        (
            "DASHBOARD_TOKEN",
            started.and_then(|started| started.run_token.clone()),
        ),
        ("DASHBOARD_RUN_ID", new.id.map(|id| id.to_string())),
        ("DASHBOARD_TASK_ID", new.task_id.map(|id| id.to_string())),
        ("DASHBOARD_TICKET_ID", ticket.map(|id| id.to_string())),
        ("DASHBOARD_PROJECT", project.or_else(|| new.project.clone())),
    ];
    let values = values.into_iter();
    values
        .map(|(name, value)| (name.into(), value.map(OsString::from)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_never_gets_the_callers_own_token() {
        let client = Client::http("http://127.0.0.1:1", Some("secret")).unwrap();
        let env = of_run(&client, &NewRun::default(), None);
        assert!(env.contains(&("DASHBOARD_TOKEN".into(), None)));
    }
}
