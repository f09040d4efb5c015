//! Signals to us reach the command. One test only: a signal reaches every command of its process.
#![allow(clippy::unwrap_used)]

mod support;

use model::{LogStream, Outcome};
use nix::sys::signal::{Signal, raise};
use support::{Server, Trial};

async fn check(signal: Signal, script: &str, exit_code: i32, outcome: Outcome, said: &[&str]) {
    let server = Server::new();
    let trial = Trial::sh(&server, script);
    let send = async {
        server
            .until(|state| format!("{:?}", state.records).contains("ready"))
            .await;
        raise(signal).unwrap();
    };
    let (report, ()) = tokio::join!(trial.run(), send);
    assert_eq!(
        (report.exit_code, report.outcome),
        (exit_code, outcome),
        "{signal}"
    );
    assert_eq!(server.texts(LogStream::Stdout)[1..], *said, "{signal}");
}

#[tokio::test]
async fn signals_are_passed_on_and_the_command_decides() {
    use Signal::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    // A shell without job control makes what it puts in the background ignore SIGINT: hence `exec`.
    let dies = "echo ready; exec sleep 1000";
    check(SIGINT, dies, 130, Outcome::Cancelled, &[]).await;
    check(SIGQUIT, dies, 131, Outcome::Cancelled, &[]).await;
    check(SIGHUP, dies, 129, Outcome::Interrupted, &[]).await;
    check(SIGTERM, dies, 143, Outcome::Interrupted, &[]).await;
    let heeds = "trap 'echo heard; exit 0' INT; echo ready; while :; do sleep 0.05; done";
    check(SIGINT, heeds, 0, Outcome::Completed, &["heard"]).await;
    let fails = "trap 'echo heard; exit 4' HUP; echo ready; while :; do sleep 0.05; done";
    check(SIGHUP, fails, 4, Outcome::Interrupted, &["heard"]).await;
    let child = "sh -c 'echo ready; exec sleep 1000'; echo $?";
    check(SIGTERM, child, 143, Outcome::Interrupted, &[]).await;
}
