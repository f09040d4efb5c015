//! A server that is away loses nothing and gets nothing twice.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use dashboard_runner::{Notices, Record, SendError, deliver_leftovers, leftovers};
use model::{LogStream, NewRun, Outcome, RunId};
use support::{Server, Trial, put_on_a_task};

fn silent() -> Notices {
    Notices::new(|_| {})
}

#[tokio::test]
async fn a_server_that_is_away_for_the_whole_command_gets_everything_later() {
    let server = Server::away();
    let mut trial = Trial::sh(&server, "seq 1000");
    trial.plan.started = None;
    let (_home, spools, out) = (Arc::clone(&trial.home), trial.spools(), trial.out.clone());
    let back = async {
        while out.bytes().len() < 3893 {
            tokio::task::yield_now().await;
        }
        server.set(|state| state.is_away = false);
    };
    let (report, ()) = tokio::join!(trial.run(), back);
    assert_eq!((report.waiting, report.outcome), (0, Outcome::Completed));
    assert_eq!(server.texts(LogStream::Stdout).len(), 1000);
    assert!(server.see(|state| matches!(state.records[0], Record::Start(_))));
    assert_eq!(server.finish().outcome, Outcome::Completed);
    assert!(leftovers(&spools).unwrap().is_empty());
}

#[tokio::test]
async fn lost_answers_double_nothing() {
    let server = Server::new();
    server.set(|state| state.lose_answers = true);
    Trial::sh(&server, "seq 2000").run().await;
    assert_eq!(server.texts(LogStream::Stdout).len(), 2000);
    assert!(server.see(|state| state.repeated) > 0);
}

#[tokio::test]
async fn a_full_spool_stops_the_command_and_drops_nothing() {
    let server = Server::away();
    let script = "head -c 4000000 /dev/zero | tr '\\0' x | fold -w 1000; touch done";
    let mut trial = Trial::sh(&server, script);
    trial.plan.spool_limit = 64 << 10;
    let (home, notices) = (Arc::clone(&trial.home), Arc::clone(&trial.notices));
    let watch = async {
        while !notices
            .lock()
            .unwrap()
            .iter()
            .any(|line| line.contains("the spool is full"))
        {
            tokio::task::yield_now().await;
        }
        // Pipes and queues between the command and the spool take less than half of it.
        assert!(!home.path().join("done").exists());
        server.set(|state| state.is_away = false);
    };
    let (report, ()) = tokio::join!(trial.run(), watch);
    assert_eq!(report.exit_code, 0);
    assert!(home.path().join("done").exists());
    let texts = server.texts(LogStream::Stdout);
    assert_eq!((texts.len(), texts.concat().len()), (4000, 4_000_000));
}

/// Runs a command with the server away, so that everything stays in the spool.
async fn left_behind(home: &std::path::Path, script: &str) -> RunId {
    let server = Server::away();
    let mut trial = Trial::sh(&server, script);
    trial.plan.started = None;
    trial.plan.linger = Duration::from_millis(1);
    trial.plan.spools = home.to_owned();
    let id = trial.run_id();
    let report = trial.run().await;
    assert!(report.waiting > 0);
    id
}

#[tokio::test]
async fn what_one_process_leaves_another_delivers() {
    let home = tempfile::tempdir().unwrap();
    let ids = [
        left_behind(home.path(), "echo a").await,
        left_behind(home.path(), "exit 3").await,
    ];
    let server = Server::new();
    assert_eq!(
        deliver_leftovers(&*server, home.path(), &silent())
            .await
            .unwrap(),
        2
    );
    let started: Vec<Option<RunId>> = server.see(|state| {
        let starts = state.records.iter().filter_map(|record| match record {
            Record::Start(new) => Some(new.id),
            _ => None,
        });
        starts.collect()
    });
    assert_eq!(started, ids.map(Some));
    assert_eq!(server.finish().exit_code, Some(3));
    assert_eq!(
        deliver_leftovers(&*server, home.path(), &silent())
            .await
            .unwrap(),
        0
    );
}

#[tokio::test]
async fn what_is_left_of_an_attempt_is_told_under_its_lease() {
    let away = Server::away();
    let mut trial = Trial::sh(&away, "echo a");
    put_on_a_task(&mut trial.plan);
    trial.plan.linger = Duration::from_millis(1);
    let home = tempfile::tempdir().unwrap();
    trial.plan.spools = home.path().to_owned();
    trial.run().await;
    let server = Server::new();
    let notices = silent();
    let left = deliver_leftovers(&*server, home.path(), &notices);
    assert_eq!(left.await.unwrap(), 1);
    assert_eq!(server.finish().outcome, Outcome::Completed);
    assert_eq!(server.see(|state| state.lease), Some(1));
}

#[tokio::test]
async fn a_spool_that_may_not_be_delivered_is_kept() {
    let home = tempfile::tempdir().unwrap();
    let id = left_behind(home.path(), "echo a").await;
    let server = Server::new();
    server.set(|state| state.refuse = Some(SendError::Denied("not yours".to_owned())));
    assert_eq!(
        deliver_leftovers(&*server, home.path(), &silent())
            .await
            .unwrap(),
        0
    );
    let left: Vec<_> = leftovers(home.path()).unwrap();
    assert_eq!(
        left.iter()
            .map(dashboard_runner::Leftover::run)
            .collect::<Vec<_>>(),
        [id]
    );
}

#[tokio::test]
async fn a_spool_cut_off_anywhere_gives_what_was_whole_and_an_end() {
    let home = tempfile::tempdir().unwrap();
    let id = left_behind(home.path(), "echo a; echo b >&2")
        .await
        .to_string();
    let segment = home.path().join(&id).join(format!("{:020}.jsonl", 0));
    let whole = std::fs::read(&segment).unwrap();
    let records = whole.iter().filter(|byte| **byte == b'\n').count();
    for length in 0..whole.len() {
        let copy = tempfile::tempdir().unwrap();
        let spool = copy.path().join(&id);
        std::fs::create_dir(&spool).unwrap();
        std::fs::write(spool.join("lock"), "").unwrap();
        std::fs::write(spool.join(segment.file_name().unwrap()), &whole[..length]).unwrap();
        let server = Server::new();
        assert_eq!(
            deliver_leftovers(&*server, copy.path(), &silent())
                .await
                .unwrap(),
            1
        );
        let came_whole = whole[..length]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        assert!(came_whole < records);
        assert_eq!(
            server.see(|state| state.records.len()),
            came_whole + 1,
            "cut at {length}"
        );
        assert_eq!(server.finish().outcome, Outcome::Interrupted);
    }
}

#[tokio::test]
async fn a_spool_goes_on_where_it_was_delivered_to() {
    let home = tempfile::tempdir().unwrap();
    let id = left_behind(home.path(), "echo a").await.to_string();
    std::fs::write(home.path().join(&id).join("delivered"), "1\n").unwrap();
    let server = Server::new();
    deliver_leftovers(&*server, home.path(), &silent())
        .await
        .unwrap();
    assert!(server.see(|state| matches!(state.records[0], Record::Lines(_))));
}

#[tokio::test]
async fn a_spool_in_use_is_left_alone() {
    let server = Server::away();
    let mut trial = Trial::sh(&server, "echo started; read go < gate");
    trial.plan.linger = Duration::from_millis(1);
    let (home, spools, out) = (
        trial.home.path().to_owned(),
        trial.spools(),
        trial.out.clone(),
    );
    nix::unistd::mkfifo(&home.join("gate"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let look = async {
        while out.bytes().is_empty() {
            tokio::task::yield_now().await;
        }
        assert!(leftovers(&spools).unwrap().is_empty());
        tokio::fs::write(home.join("gate"), "go\n").await.unwrap();
    };
    let (report, ()) = tokio::join!(trial.run(), look);
    assert_eq!(report.exit_code, 0);
}

#[tokio::test]
async fn a_run_that_is_gone_does_not_stop_its_command() {
    let server = Server::new();
    server.set(|state| state.refuse = Some(SendError::Gone("no such run".to_owned())));
    let mut trial = Trial::sh(&server, "seq 100000");
    trial.plan.spool_limit = 1 << 10;
    let (home, spools) = (Arc::clone(&trial.home), trial.spools());
    let (out, notices) = (trial.out.clone(), Arc::clone(&trial.notices));
    let report = trial.run().await;
    assert_eq!((report.exit_code, report.waiting), (0, 0));
    assert_eq!(out.bytes().len(), 588_895);
    assert_eq!(std::fs::read_dir(spools).unwrap().count(), 0);
    drop(home);
    let said = notices.lock().unwrap().join("\n");
    assert!(
        said.contains("is gone from the server: no such run"),
        "{said}"
    );
}

#[tokio::test]
async fn a_refused_record_is_set_aside_and_blocks_nothing() {
    let server = Server::new();
    server.set(|state| state.refuse = Some(SendError::Refused("too odd".to_owned())));
    let trial = Trial::sh(&server, "echo a");
    let (_home, spools, id) = (Arc::clone(&trial.home), trial.spools(), trial.run_id());
    trial.run().await;
    let aside = spools.join(format!("refused-{id}")).join("refused.jsonl");
    let lines = std::fs::read_to_string(aside).unwrap();
    let records: Vec<Record> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(records.len(), 2);
    assert!(leftovers(&spools).unwrap().is_empty());
}

#[tokio::test]
async fn a_lost_lease_stops_the_command() {
    let server = Server::new();
    server.set(|state| state.refuse = Some(SendError::LeaseLost("taken".to_owned())));
    let trial = Trial::sh(&server, "echo a; exec sleep 1000");
    let report = trial.run().await;
    assert_eq!(
        (report.exit_code, report.outcome),
        (143, Outcome::Reclaimed)
    );
}

#[tokio::test]
async fn a_task_that_is_deleted_stops_its_command() {
    for refusal in [
        SendError::Gone("gone".into()),
        SendError::Denied("unknown".into()),
    ] {
        let server = Server::new();
        server.set(|state| state.refuse_beats = Some(refusal));
        let mut trial = Trial::sh(&server, "exec sleep 1000");
        trial.plan.new.task_id = Some(model::TaskId::new());
        if let Some(started) = &mut trial.plan.started {
            started.run.task_id = trial.plan.new.task_id;
        }
        assert_eq!(trial.run().await.exit_code, 143);
    }
}

#[tokio::test]
async fn a_command_without_a_task_goes_on_where_its_token_is_refused() {
    let server = Server::new();
    server.set(|state| state.refuse_beats = Some(SendError::Denied("unknown".into())));
    let trial = Trial::sh(&server, "sleep 0.3");
    assert_eq!(trial.run().await.exit_code, 0);
}

#[tokio::test]
async fn a_start_that_is_refused_later_is_said_and_kept() {
    let server = Server::new();
    server.set(|state| state.refuse = Some(SendError::Gone("no such project".to_owned())));
    let mut trial = Trial::sh(&server, "echo a");
    trial.plan.started = None;
    trial.plan.new = NewRun {
        project: Some("none".to_owned()),
        ..trial.plan.new
    };
    let notices = Arc::clone(&trial.notices);
    let report = trial.run().await;
    assert_eq!(report.exit_code, 0);
    let said = notices.lock().unwrap().join("\n");
    assert!(said.contains("refused to start run"), "{said}");
}
