//! Commands end, by themselves or because they must, and nothing of them stays.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use model::{LogStream, Outcome};
use nix::sys::signal::kill;
use nix::unistd::Pid;
use support::{PATIENCE, Server, Trial};
use tokio::sync::{Mutex, MutexGuard};

/// What flees from group, session and parent is found where one command runs at a time.
static ALONE: Mutex<()> = Mutex::const_new(());

async fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().await
}

/// The process that wrote its id into `name` in the command's directory.
fn written_pid(trial: &Trial, name: &str) -> impl Fn() -> Option<Pid> + use<> {
    let path = trial.home.path().join(name);
    // Its home is deleted at the end of the run: what was read once is remembered.
    let known = std::cell::Cell::new(None);
    move || {
        let read = || {
            std::fs::read_to_string(&path)
                .ok()?
                .trim()
                .parse()
                .ok()
                .map(Pid::from_raw)
        };
        known.set(known.get().or_else(read));
        known.get()
    }
}

fn is_alive(pid: Pid) -> bool {
    kill(pid, None).is_ok()
}

/// Cancels as soon as the script has said `ready`, and checks that its `escapee` is gone afterwards.
async fn check_cancelled(script: &str, grace: Duration, exit_code: i32) {
    let _alone = alone().await;
    let server = Server::new();
    let mut trial = Trial::sh(&server, script);
    trial.plan.grace = grace;
    let escapee = written_pid(&trial, "escapee");
    let cancel = async {
        server
            .until(|state| format!("{:?}", state.records).contains("ready"))
            .await;
        let pid = escapee().expect("it wrote its id");
        assert!(is_alive(pid));
        server.set(|state| state.cancel = true);
        pid
    };
    let (report, pid) = tokio::join!(trial.run(), cancel);
    assert_eq!(
        (report.outcome, report.exit_code),
        (Outcome::Cancelled, exit_code)
    );
    assert!(!is_alive(pid), "{pid} is left");
    let finish = server.finish();
    assert_eq!(
        (finish.outcome, finish.exit_code),
        (Outcome::Cancelled, Some(exit_code.into()))
    );
}

const PATIENT: Duration = PATIENCE;
const SHORT: Duration = Duration::from_millis(200);

#[tokio::test]
async fn cancel_ends_the_command_and_its_children() {
    check_cancelled(
        "sleep 1000 & echo $! > escapee; echo ready; wait",
        PATIENT,
        143,
    )
    .await;
}

#[tokio::test]
async fn cancel_ends_what_left_the_group() {
    let script = "setsid sh -c 'echo $$ > escapee; echo ready; exec sleep 1000' & wait";
    check_cancelled(script, PATIENT, 143).await;
}

#[tokio::test]
async fn cancel_ends_an_orphan_without_group_session_and_environment() {
    let script = "(env -i setsid sh -c 'echo $$ > escapee; echo ready; exec sleep 1000' &)
        exec sleep 1000";
    check_cancelled(script, PATIENT, 143).await;
}

#[tokio::test]
async fn cancel_kills_what_ignores_the_request() {
    let script = "trap '' TERM; echo $$ > escapee; echo ready; while :; do sleep 0.1; done";
    check_cancelled(script, SHORT, 137).await;
}

#[tokio::test]
async fn cancel_kills_an_orphan_that_ignores_the_request() {
    let script = "(setsid sh -c 'trap \"\" TERM; echo $$ > escapee; echo ready
        while :; do sleep 0.1; done' &); exec sleep 1000";
    check_cancelled(script, SHORT, 143).await;
}

#[tokio::test]
async fn cancel_ends_what_stands_still() {
    check_cancelled("echo $$ > escapee; echo ready; kill -STOP $$", PATIENT, 143).await;
}

#[tokio::test]
async fn a_command_that_obeys_may_end_well_and_is_still_cancelled() {
    let script = "trap 'echo bye; exit 0' TERM; echo $$ > escapee; echo ready
        while :; do sleep 0.1; done";
    check_cancelled(script, PATIENT, 0).await;
}

#[tokio::test]
async fn a_command_that_is_cancelled_may_call_others_to_clean_up() {
    // A second request would end the helper, or count twice.
    let script = "trap 'n=$((n+1)); sh -c \"sleep 0.3; exit 7\"; exit $(($? + n))' TERM
        echo $$ > escapee; echo ready; while :; do sleep 0.05; done";
    check_cancelled(script, PATIENT, 8).await;
}

#[tokio::test]
async fn what_a_command_leaves_behind_is_stopped() {
    let _alone = alone().await;
    let server = Server::new();
    let trial = Trial::sh(
        &server,
        "setsid sh -c 'echo $$ > escapee; exec sleep 1000' & sleep 0.2",
    );
    let escapee = written_pid(&trial, "escapee");
    let (report, pid) = tokio::join!(trial.run(), async {
        loop {
            match escapee() {
                Some(pid) => break pid,
                None => tokio::task::yield_now().await,
            }
        }
    });
    assert_eq!((report.exit_code, report.outcome), (0, Outcome::Completed));
    assert!(!is_alive(pid));
    let said = server.texts(LogStream::Status);
    assert_eq!(
        said,
        ["the command left 1 processes behind; they are stopped"]
    );
}

#[tokio::test]
async fn what_ends_by_itself_soon_after_is_heard_to_the_end() {
    let _alone = alone().await;
    let server = Server::new();
    Trial::sh(&server, "(sleep 0.3; echo late) & echo early")
        .run()
        .await;
    assert_eq!(server.texts(LogStream::Stdout), ["early", "late"]);
    assert!(server.texts(LogStream::Status).is_empty());
}

#[tokio::test]
async fn orphans_that_end_are_waited_for() {
    let _alone = alone().await;
    let server = Server::new();
    let script = "for i in 1 2 3 4 5; do (sh -c 'exit 0' &); done; sleep 0.3
        ps -o stat= --ppid $PPID | grep -c Z";
    Trial::sh(&server, script).run().await;
    assert_eq!(server.texts(LogStream::Stdout), ["0"]);
}

#[tokio::test]
async fn exit_codes_are_passed_on() {
    for (script, code, outcome) in [
        ("exit 0", 0, Outcome::Completed),
        ("exit 3", 3, Outcome::Failed),
        ("exit 255", 255, Outcome::Failed),
        ("kill -SEGV $$", 139, Outcome::Crashed),
        ("kill -INT $$", 130, Outcome::Cancelled),
    ] {
        let _alone = alone().await;
        let server = Server::new();
        let report = Trial::sh(&server, script).run().await;
        assert_eq!(
            (report.exit_code, report.outcome),
            (code, outcome),
            "{script}"
        );
        assert_eq!(server.finish().exit_code, Some(code.into()));
    }
}

#[tokio::test]
async fn what_cannot_be_started_is_said() {
    for (program, code) in [("/no/such/program", 127), ("/etc/passwd", 126)] {
        let _alone = alone().await;
        let server = Server::new();
        let report = Trial::of(&server, &[program]).run().await;
        assert_eq!(
            (report.exit_code, report.outcome),
            (code, Outcome::SpawnFailed)
        );
        let error = server.finish().error.expect("a reason");
        assert!(
            error.as_str().starts_with(&format!("start {program}: ")),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_run_that_takes_too_long_is_stopped() {
    let _alone = alone().await;
    let server = Server::new();
    let mut trial = Trial::sh(&server, "sleep 1000");
    trial.plan.max_runtime = Some(SHORT);
    let report = trial.run().await;
    assert_eq!((report.exit_code, report.outcome), (143, Outcome::TimedOut));
}
