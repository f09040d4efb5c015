//! Signals to us reach the command, and end our waiting for a server. One test at a time: a signal reaches every command of
//! its process.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use model::{LogStream, Outcome};
use nix::sys::signal::{Signal, raise};
use support::{Server, Trial};
use tokio::sync::Mutex;

static ALONE: Mutex<()> = Mutex::const_new(());

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
    let _alone = ALONE.lock().await;
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

#[tokio::test]
async fn a_signal_while_a_cancelled_command_is_stopped_loses_no_end() {
    let _alone = ALONE.lock().await;
    let server = Server::new();
    // It is sent the signal itself when it is to be stopped, and takes its time.
    let script =
        "trap 'echo bye; sleep 0.5; exit 1' TERM; echo ready; while :; do sleep 0.05; done";
    let trial = Trial::sh(&server, script);
    let said = async |word| {
        let seen = |state: &support::State| format!("{:?}", state.records).contains(word);
        server.until(seen).await;
    };
    let cancel = async {
        said("ready").await;
        server.set(|state| state.cancel = true);
        said("bye").await;
        raise(Signal::SIGTERM).unwrap();
    };
    let (report, ()) = tokio::join!(trial.run(), cancel);
    assert_eq!((report.outcome, report.waiting), (Outcome::Cancelled, 0));
    assert_eq!(server.finish().outcome, Outcome::Cancelled);
}

#[tokio::test]
async fn who_was_told_to_go_does_not_wait_for_a_server_that_is_away() {
    let _alone = ALONE.lock().await;
    let server = Server::away();
    let mut trial = Trial::sh(&server, "echo ready; exec sleep 1000");
    // Longer than any test waits.
    trial.plan.linger = Duration::from_secs(3600);
    let (_home, out, notices) = (
        Arc::clone(&trial.home),
        trial.out.clone(),
        Arc::clone(&trial.notices),
    );
    let stop = async {
        while out.bytes().is_empty() {
            tokio::task::yield_now().await;
        }
        raise(Signal::SIGTERM).unwrap();
    };
    let (report, ()) = tokio::join!(trial.run(), stop);
    assert_eq!(report.exit_code, 143);
    assert!(report.waiting > 0);
    let said = notices.lock().unwrap().join("\n");
    assert!(said.contains("here delivers it"), "{said}");
}
