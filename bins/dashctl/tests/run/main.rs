//! `dashctl run` against a real server.

#![allow(clippy::unwrap_used)]

#[path = "../support/server.rs"]
mod server;

use model::{Outcome, RunState};
use server::Server;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_is_recorded_and_its_exit_code_passed_on() {
    let server = Server::start().await;
    let script = "echo out; echo err >&2; exit 3";
    let done = server
        .dashctl_run(&["--", "sh", "-c", script])
        .output()
        .await
        .unwrap();
    assert_eq!(done.status.code(), Some(3));
    assert_eq!(
        (text(&done.stdout), text(&done.stderr)),
        ("out\n".into(), "err\n".into())
    );
    let run = server.run_when(|_| true).await;
    assert_eq!((run.state, run.exit_code), (RunState::Failed, Some(3)));
    assert_eq!(run.title.as_str(), format!("sh -c {script}"));
    let lines = server.lines(&run).await;
    let mut texts: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
    texts.sort_unstable();
    assert_eq!(texts, ["err", "exit code 3", "out"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agents_recording_costs_what_the_agent_said() {
    let server = Server::start().await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates/ingest/testdata");
    let recording =
        format!("{folder}/claude-code-2.1.197/ok-bash-fail-subagent-write/stdout.jsonl");
    let done = server
        .dashctl_run(&["--", "cat", &recording])
        .output()
        .await
        .unwrap();
    assert_eq!(
        done.stdout,
        std::fs::read(&recording).unwrap(),
        "{}",
        text(&done.stderr)
    );
    let run = server.run_when(|run| run.state.has_ended()).await;
    assert_eq!(run.outcome, Some(Outcome::Completed));
    assert_eq!(run.agent.as_ref().map(model::Name::as_str), Some("claude"));
    assert_eq!(run.totals.cost_usd.dollars(), 0.19968);
    assert_eq!(
        run.reported_cost_usd.map(model::Usd::dollars),
        Some(0.19968)
    );
    let detail = server.client().get_run(run.id).await.unwrap();
    assert_eq!(detail.steps.len(), 5);
    let lines = server.lines(&run).await;
    assert!(
        lines
            .iter()
            .any(|line| line.step_id == Some(detail.steps[0].id))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resumed_thread_is_paid_once() {
    let server = Server::start().await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates/ingest/testdata");
    for (recording, dollars) in [
        ("stdout.jsonl", 0.010_655),
        ("stdout-resume.jsonl", 0.009_655),
    ] {
        let recording = format!("{folder}/codex-0.169.0/resume/{recording}");
        let done = server
            .dashctl_run(&["--", "cat", &recording])
            .output()
            .await;
        assert!(done.unwrap().status.success());
        let is_it = |run: &model::Run| run.state.has_ended() && run.command.contains(&recording);
        let run = server.run_when(is_it).await;
        assert_eq!(run.totals.cost_usd.dollars(), dollars, "{recording}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_gets_a_token_for_its_own_run_only() {
    let server = Server::start().await;
    let nested = format!("{} run -- echo inner", env!("CARGO_BIN_EXE_dashctl"));
    let done = server
        .dashctl_run(&["--", "sh", "-c", &nested])
        .output()
        .await
        .unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let inner = server.run_when(|run| run.state.has_ended()).await;
    assert_eq!(inner.title.as_str(), "echo inner");
    let outer = server
        .client()
        .get_run(inner.parent_run_id.unwrap())
        .await
        .unwrap();
    assert_eq!(outer.run.state, RunState::Succeeded);
    let refused = server.dashctl_run(&["--", "sh", "-c", "echo $DASHBOARD_TOKEN"]);
    let token = text(&{ refused }.output().await.unwrap().stdout);
    assert!(token.starts_with("dshr_"), "{token}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_cancelled_ends_with_all_that_it_started() {
    let server = Server::start().await;
    let script = "setsid sh -c 'echo $$; exec sleep 1000' & wait";
    let running = server.dashctl_run(&["--heartbeat", "3600", "--", "sh", "-c", script]);
    let running = { running }.spawn().unwrap();
    let run = server.run_when(|run| run.log_lines > 0).await;
    server.client().cancel_run(run.id).await.unwrap();
    let done = running.wait_with_output().await.unwrap();
    assert_eq!(done.status.code(), Some(143));
    let escapee = nix::unistd::Pid::from_raw(text(&done.stdout).trim().parse().unwrap());
    assert!(
        nix::sys::signal::kill(escapee, None).is_err(),
        "{escapee} is left"
    );
    let run = server.run_when(|_| true).await;
    assert_eq!((run.state, run.exit_code), (RunState::Cancelled, Some(143)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_away_and_comes_back_has_every_line_once() {
    let mut server = Server::start().await;
    let script = "for i in $(seq 300); do echo $i; sleep 0.01; done";
    let running = server
        .dashctl_run(&["--linger", "60", "--", "sh", "-c", script])
        .spawn();
    let running = running.unwrap();
    let run = server.run_when(|run| run.log_lines > 20).await;
    server.go_away();
    let seen = server.lines(&run).await.len();
    tokio::task::yield_now().await;
    server.come_back();
    let done = running.wait_with_output().await.unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    assert!((20..300).contains(&seen), "{seen} lines before");
    let run = server.run_when(|_| true).await;
    assert_eq!(run.state, RunState::Succeeded);
    let texts: Vec<_> = server
        .lines(&run)
        .await
        .into_iter()
        .map(|line| line.text)
        .collect();
    assert_eq!(texts, (1..=300).map(|n| n.to_string()).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_dashctl_recorded_the_next_one_delivers() {
    let mut server = Server::away().await;
    let script = "for i in $(seq 1000); do echo $i; sleep 0.01; done";
    let mut killed = server
        .dashctl_run(&["--", "sh", "-c", script])
        .spawn()
        .unwrap();
    let mut lines =
        tokio::io::AsyncBufReadExt::lines(tokio::io::BufReader::new(killed.stdout.take().unwrap()));
    while lines.next_line().await.unwrap().unwrap() != "50" {}
    killed.kill().await.unwrap();
    server.come_back();
    let done = server.dashctl_run(&["--deliver"]).output().await.unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let run = server.run_when(|_| true).await;
    assert_eq!(
        (run.state, run.outcome),
        (RunState::Interrupted, Some(Outcome::Interrupted))
    );
    let texts: Vec<_> = server
        .lines(&run)
        .await
        .into_iter()
        .map(|line| line.text)
        .collect();
    assert!(!texts.is_empty());
    assert_eq!(
        texts,
        (1..=texts.len()).map(|n| n.to_string()).collect::<Vec<_>>()
    );
    let again = server.dashctl_run(&["--deliver"]).output().await.unwrap();
    assert!(
        text(&again.stderr).contains("0 runs"),
        "{}",
        text(&again.stderr)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_refuses_is_not_run() {
    let server = Server::start().await;
    let refused = server
        .dashctl_run(&["--project", "nowhere", "--", "echo", "ran"])
        .output()
        .await;
    let refused = refused.unwrap();
    assert_ne!(refused.status.code(), Some(0));
    assert_eq!(text(&refused.stdout), "");
    assert!(
        text(&refused.stderr).contains("nowhere"),
        "{}",
        text(&refused.stderr)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_words_come_after_all_that_it_printed() {
    let server = Server::start().await;
    let script = "seq 20000; exit 3";
    server
        .dashctl_run(&["--", "sh", "-c", script])
        .output()
        .await
        .unwrap();
    let run = server.run_when(|run| run.state.has_ended()).await;
    let lines = server.lines(&run).await;
    assert_eq!(lines.len(), 20_001);
    assert_eq!(lines[20_000].text, "exit code 3");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_cannot_be_recorded_ends_on_the_server_too() {
    let server = Server::start().await;
    let nowhere = server.home().join("file");
    std::fs::write(&nowhere, "in the way").unwrap();
    let spool = nowhere.join("spool");
    let done = server
        .dashctl_run(&["--spool", spool.to_str().unwrap(), "--", "echo", "hi"])
        .output()
        .await
        .unwrap();
    assert!(!done.status.success() && done.stdout.is_empty());
    let run = server.run_when(|run| run.state.has_ended()).await;
    assert_eq!(run.outcome, Some(Outcome::SpawnFailed));
}
