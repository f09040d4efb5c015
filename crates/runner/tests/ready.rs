//! A command starts when what it needs is there, and may say its last words after its run has ended.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;

use dashboard_runner::{
    Command, Conclusion, Leavings, Line, Notices, Observer, Ready, Report, Seen, Show, Stdin,
    Unmade, run_when_ready,
};
use model::{LogStream, Outcome, RunState, Text};
use support::{Server, Trial};

async fn run(trial: Trial, making: impl Future<Output = Result<Ready, Unmade>>) -> Report {
    let (server, show, silent) = (trial.server, Show::nowhere(), Notices::new(|_| {}));
    let leaving = async |went_well| match went_well {
        true => Leavings {
            log: ["something is left", "and judged"]
                .map(str::to_owned)
                .to_vec(),
            result: vec!["something is left".to_owned()],
            ..Leavings::default()
        },
        false => Leavings::default(),
    };
    let observer = trial.observer;
    let running = run_when_ready(trial.plan, making, leaving, server, observer, show, silent);
    let ended = tokio::time::timeout(support::PATIENCE, running).await;
    ended.expect("it ends in time").unwrap()
}

#[tokio::test]
async fn the_command_that_was_made_ready_runs_and_reads_its_file() {
    let server = Server::new();
    let trial = Trial::sh(&server, "echo another");
    let file = trial.home.path().join("prompt");
    let home = Arc::clone(&trial.home);
    let making = async {
        std::fs::write(&file, "read me\n").unwrap();
        let command = Command {
            argv: vec!["cat".into()],
            stdin: Stdin::File(file.clone()),
            ..Command::default()
        };
        let records = Vec::new();
        Ok(Ready { command, records })
    };
    let report = run(trial, making).await;
    assert_eq!((report.exit_code, report.outcome), (0, Outcome::Completed));
    assert_eq!(server.texts(LogStream::Stdout), ["read me"]);
    assert_eq!(
        server.texts(LogStream::Status),
        ["something is left", "and judged"]
    );
    let summary = server.finish().summary.unwrap();
    assert_eq!(summary.as_str(), "something is left");
    drop(home);
}

#[tokio::test]
async fn what_cannot_be_made_ready_is_not_started() {
    let server = Server::new();
    let trial = Trial::sh(&server, "echo never");
    let report = run(trial, async {
        Err(Unmade::Here("there is no such directory".to_owned()))
    })
    .await;
    assert_eq!(report.outcome, Outcome::SpawnFailed);
    assert!(server.lines().is_empty());
    let error = server.finish().error.unwrap();
    assert_eq!(error.as_str(), "there is no such directory");
}

#[tokio::test]
async fn what_can_be_made_ready_nowhere_blocks() {
    let server = Server::new();
    let wrong = async { Err(Unmade::Everywhere("no such branch can be".to_owned())) };
    let report = run(Trial::sh(&server, "echo never"), wrong).await;
    assert_eq!(report.outcome, Outcome::Blocked);
    let error = server.finish().error.unwrap();
    assert_eq!(error.as_str(), "no such branch can be");
}

#[tokio::test]
async fn a_cancel_ends_what_is_being_made_ready() {
    let server = Server::new();
    server.set(|state| state.cancel = true);
    let report = run(Trial::sh(&server, "echo never"), std::future::pending()).await;
    assert_eq!(report.outcome, Outcome::Cancelled);
    assert_eq!(server.finish().outcome, Outcome::Cancelled);
    assert!(server.lines().is_empty());
}

#[tokio::test]
async fn a_command_that_has_ended_its_run_may_say_its_last_words() {
    let server = Server::new();
    let trial = Trial::sh(&server, "until test -e go; do sleep 0.01; done; echo last");
    let home = Arc::clone(&trial.home);
    let watch = async {
        server.set(|state| state.run_state = Some(RunState::Succeeded));
        let beats = server.see(|state| state.beats);
        server.until(|state| state.beats > beats + 2).await;
        std::fs::write(home.path().join("go"), "").unwrap();
    };
    let (report, ()) = tokio::join!(trial.run(), watch);
    assert_eq!(report.exit_code, 0);
    assert_eq!(server.texts(LogStream::Stdout), ["last"]);
}

#[tokio::test]
async fn a_command_that_ends_with_a_question_open_has_not_completed() {
    let server = Server::new();
    server.set(|state| state.run_state = Some(RunState::Waiting));
    let mut trial = Trial::sh(&server, "echo asked");
    support::put_on_a_task(&mut trial.plan);
    trial.observer = Box::new(Last);
    let report = trial.run().await;
    assert_eq!(
        (report.exit_code, report.outcome),
        (0, Outcome::Interrupted)
    );
    assert_eq!(server.finish().summary, None, "that it asked is no result");
}

#[tokio::test]
async fn the_last_line_is_the_result_of_a_run_that_nobody_sums_up() {
    let server = Server::new();
    let mut trial = Trial::sh(&server, "echo done");
    trial.observer = Box::new(Last);
    trial.run().await;
    assert_eq!(server.finish().summary, Some(Text::lossy("done")));
}

/// Gives the last line, which is known here.
struct Last;

impl Observer for Last {
    fn wants_whole_lines(&self) -> bool {
        false
    }

    fn line(&mut self, _: Line<'_>) -> Seen {
        Seen::default()
    }

    fn finish(&mut self, _: i32) -> Conclusion {
        Conclusion {
            last_line: Some(Text::lossy("done")),
            ..Conclusion::default()
        }
    }
}
