//! Where tasks are worked on, and what is left there.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use model::{Name, NewTask, Outcome, Run, RunState, TaskState, Text, WorkspaceKind};

use crate::server::Server;
use crate::worker::task;

/// A task in a workspace of this kind.
pub(crate) fn placed(kind: WorkspaceKind, path: &Path) -> NewTask {
    NewTask {
        workspace_kind: Some(kind),
        workspace_path: Some(Text::lossy(path.to_str().unwrap())),
        max_retries: Some(0),
        ..task("work there")
    }
}

/// The run of a task that a worker does, once that has gone.
async fn worked(server: &Server, new: NewTask, script: &str) -> (Run, String) {
    let id = server.create(new).await;
    let worker = server.worker(&[], script);
    let run = server.only_run(id, |run| run.state.has_ended()).await;
    (run, worker.sent_away().await)
}

pub(crate) fn git(directory: &Path, line: &str) -> String {
    let done = Command::new("git")
        .arg("-C")
        .arg(directory)
        .args(["-c", "user.name=a", "-c", "user.email=a@example.org"])
        .args(line.split(' '))
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "git {line}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

pub(crate) fn repository(server: &Server) -> std::path::PathBuf {
    let path = server.home().join("repository");
    std::fs::create_dir(&path).unwrap();
    git(&path, "init --quiet --initial-branch main");
    git(&path, "commit --quiet --allow-empty --message first");
    path
}

pub(crate) const COMMIT: &str =
    "git -c user.name=a -c user.email=a@example.org commit --quiet --allow-empty -m done";

#[tokio::test(flavor = "multi_thread")]
async fn a_scratch_directory_is_removed_after_success_and_kept_after_a_failure() {
    let server = Server::start().await;
    let (run, _) = worked(&server, task("well"), "touch made; pwd").await;
    let path = run.summary.unwrap();
    assert!(
        Path::new(path.as_str()).starts_with(server.managed()),
        "{path}"
    );
    assert!(!Path::new(path.as_str()).exists());
    let failing = NewTask {
        max_retries: Some(0),
        ..task("badly")
    };
    let (run, said) = worked(&server, failing, "touch made; pwd; exit 1").await;
    assert_eq!(run.state, RunState::Failed);
    let path = run.summary.clone().unwrap();
    assert!(Path::new(path.as_str()).join("made").exists());
    assert!(said.contains(&format!("kept {path}")), "{said}");
    let log = server.text(&run).await;
    assert!(log.contains(&format!("kept {path}")), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scratch_directory_that_is_empty_is_not_kept() {
    let server = Server::start().await;
    let failing = NewTask {
        max_retries: Some(0),
        ..task("badly")
    };
    let (run, said) = worked(&server, failing, "pwd; exit 1").await;
    assert!(!Path::new(run.summary.unwrap().as_str()).exists());
    assert!(!said.contains("kept"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_the_command_removed_is_kept_nowhere() {
    let server = Server::start().await;
    let failing = NewTask {
        max_retries: Some(0),
        ..task("tidy")
    };
    let (run, said) = worked(&server, failing, "rm -r $PWD; exit 1").await;
    assert_eq!(run.state, RunState::Failed);
    assert!(!said.contains("kept"), "{said}");
    let log = server.text(&run).await;
    assert!(!log.contains("kept"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_attempt_goes_on_from_where_the_last_one_was() {
    let server = Server::start().await;
    let failing = NewTask {
        max_retries: Some(0),
        ..task("twice")
    };
    let id = server.create(failing).await;
    let script = "test -e made && echo again; touch made; pwd; test -e ../../../now";
    let worker = server.worker(&[], script);
    let failed = server.task_when(id, TaskState::Failed).await;
    let first = server.client().get_task(id).await.unwrap().runs;
    let first = first[0].summary.clone().unwrap();
    assert!(Path::new(first.as_str()).join("made").exists());
    std::fs::write(server.home().join("now"), "").unwrap();
    server
        .client()
        .retry_task(failed.id, &model::MoveTask::default())
        .await
        .unwrap();
    server.task_when(id, TaskState::Done).await;
    worker.sent_away().await;
    assert!(!Path::new(first.as_str()).exists());
    let second = server.client().get_task(id).await.unwrap().runs;
    assert!(server.text(&second[0]).await.contains("again"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_verdict_is_kept_until_the_task_is_done() {
    let server = Server::start().await;
    let judged = NewTask {
        human_gate: true,
        ..task("judged")
    };
    let id = server.create(judged).await;
    let worker = server.worker(&[], "echo report > report; pwd");
    server.task_when(id, TaskState::Review).await;
    let run = server.only_run(id, |run| run.state.has_ended()).await;
    // Where it lies is no part of the result: that stays when the directory is gone.
    let path = run.summary.clone().unwrap().to_string();
    let path = path.as_str();
    let said = server.client().get_task(id).await.unwrap().comments;
    let left = said[0].body.as_str();
    assert!(left.starts_with(&format!("kept {path}")), "{left}");
    assert!(left.ends_with(" until it is judged"), "{left}");
    assert!(server.text(&run).await.contains(left));
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(
        (mode(Path::new(path)), mode(&server.managed())),
        (0o700, 0o700)
    );
    workspaces(&server, &server, &["clean", "--yes"]).await;
    worker.sent_away().await;
    assert!(Path::new(path).join("report").exists());
    let mut approve = server.dashctl(&["tasks", "approve", &id.to_string()]);
    let approved = approve.output().await.unwrap();
    assert!(approved.status.success(), "{approved:?}");
    // The next worker that comes sweeps.
    let next = server.worker(&[], "true");
    server
        .look(async || (!Path::new(path).exists()).then_some(()))
        .await;
    next.sent_away().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_the_task_does_not_name_is_its_projects() {
    let server = Server::start().await;
    let inside = server.home().join("inside");
    std::fs::create_dir(&inside).unwrap();
    let name = async |path: Option<Text>| {
        let patch = model::ProjectPatch {
            repo_path: Some(path),
            ..Default::default()
        };
        let client = server.client();
        client.update_project("default", &patch).await.unwrap();
    };
    // The project comes with its first task.
    server.create(task("first")).await;
    name(Some(Text::lossy(inside.to_str().unwrap()))).await;
    let mut new = task("there");
    new.workspace_kind = Some(WorkspaceKind::Dir);
    let (run, _) = worked(&server, new.clone(), "touch made").await;
    assert_eq!(run.state, RunState::Succeeded);
    assert!(inside.join("made").exists());
    let id = server.create(new).await;
    name(None).await;
    let worker = server.worker(&[], "true");
    let blocked = server.task_when(id, TaskState::Blocked).await;
    let why = blocked.block_reason.unwrap();
    assert!(why.as_str().contains("names a directory"), "{why}");
    worker.sent_away().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_must_lie_in_a_root_and_is_left_alone() {
    let server = Server::start().await;
    let inside = server.home().join("inside");
    std::fs::create_dir(&inside).unwrap();
    let new = placed(WorkspaceKind::Dir, &inside);
    let (run, _) = worked(&server, new, "touch made").await;
    assert_eq!(run.state, RunState::Succeeded);
    assert!(inside.join("made").exists());
    let (run, _) = worked(
        &server,
        placed(WorkspaceKind::Dir, Path::new("/")),
        "touch made",
    )
    .await;
    assert_eq!(run.outcome, Some(Outcome::SpawnFailed));
    let error = run.error.unwrap();
    assert!(error.as_str().contains("in no --root"), "{error}");
    assert_eq!(run.log_lines, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_a_link_leads_to_must_lie_in_a_root_too() {
    let (server, other) = (Server::start().await, Server::start().await);
    let outside = repository(&other);
    let link = server.home().join("link");
    std::fs::create_dir(&link).unwrap();
    let git_dir = outside.join(".git");
    std::fs::write(link.join(".git"), format!("gitdir: {}", git_dir.display())).unwrap();
    let (run, _) = worked(&server, placed(WorkspaceKind::Worktree, &link), "true").await;
    assert_eq!(run.outcome, Some(Outcome::SpawnFailed));
    let error = run.error.unwrap();
    assert!(error.as_str().contains("in no --root"), "{error}");
    assert_eq!(git(&outside, "branch --list").lines().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worktree_goes_after_success_and_its_branch_stays() {
    let server = Server::start().await;
    let repository = repository(&server);
    let mut new = placed(WorkspaceKind::Worktree, &repository);
    new.branch_name = Some(Name::lossy("feature/x"));
    let (run, said) = worked(&server, new, &format!("{COMMIT}; pwd")).await;
    assert_eq!(run.state, RunState::Succeeded, "{said}");
    let path = run.summary.unwrap();
    assert!(!Path::new(path.as_str()).exists(), "{said}");
    assert_eq!(git(&repository, "log --format=%s feature/x"), "done\nfirst");
    assert_eq!(git(&repository, "worktree list").lines().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worktree_with_work_that_is_not_committed_is_kept_and_taken_again() {
    let server = Server::start().await;
    let repository = repository(&server);
    let new = placed(WorkspaceKind::Worktree, &repository);
    let (run, said) = worked(&server, new, "touch new; pwd").await;
    assert_eq!(run.state, RunState::Succeeded, "{said}");
    let summary = run.summary.as_ref().unwrap().to_string();
    let (path, left) = summary.split_once("\n\n").unwrap();
    assert!(Path::new(path).join("new").exists(), "{said}");
    let task = run.task_id.unwrap();
    let id = task.to_string();
    let branch = format!("dash/{}", &id[id.len() - 8..]);
    assert_eq!(git(Path::new(path), "symbolic-ref --short HEAD"), branch);
    let expected = format!("1 file is not committed: that is not on the branch `{branch}`");
    assert!(left.starts_with(&expected) && left.contains(path), "{left}");
    assert!(
        server.text(&run).await.contains(left),
        "the log says it, too"
    );
    let task = server.client().get_task(task).await.unwrap().task;
    assert_eq!(task.result.unwrap().as_str(), summary);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_is_listed_and_removed_but_for_work_on_no_branch() {
    let server = Server::start().await;
    let repository = repository(&server);
    let dirty = placed(WorkspaceKind::Worktree, &repository);
    let (done, _) = worked(&server, dirty, "touch new").await;
    let failing = NewTask {
        max_retries: Some(0),
        ..task("badly")
    };
    let (failed, _) = worked(&server, failing, "touch made; exit 1").await;
    let managed = server.managed();
    let worktree = managed
        .join("worktrees")
        .join(done.task_id.unwrap().to_string());
    let scratch = managed
        .join("scratch")
        .join(failed.task_id.unwrap().to_string());
    let place = ["--workspaces", managed.to_str().unwrap()];
    let say = async |words: &[&str]| {
        let words = [&["workspaces"], words, &place[..]].concat();
        let done = server.dashctl(&words).output().await.unwrap();
        assert!(done.status.success(), "{done:?}");
        String::from_utf8(done.stdout).unwrap()
    };
    let listed = say(&["list"]).await;
    assert!(listed.contains(worktree.to_str().unwrap()), "{listed}");
    assert!(listed.contains("1 file is not committed"), "{listed}");
    assert!(listed.contains(scratch.to_str().unwrap()), "{listed}");
    say(&["clean", "--yes"]).await;
    assert!(!scratch.exists() && worktree.exists());
    say(&["clean", "--all", "--yes"]).await;
    assert!(!worktree.exists());
    assert_eq!(git(&repository, "worktree list").lines().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_that_looks_like_an_option_is_refused() {
    let server = Server::start().await;
    let repository = repository(&server);
    let mut new = placed(WorkspaceKind::Worktree, &repository);
    new.branch_name = Some(Name::lossy("--detach"));
    let refused = server.client().create_task(&new).await.unwrap_err();
    let problem = format!("{refused:?}");
    assert!(problem.contains("/branch_name"), "{problem}");
}

/// What `dashctl workspaces` says that asks this server about what workers of another one left.
async fn workspaces(asked: &Server, of: &Server, words: &[&str]) -> String {
    let managed = of.managed();
    let place = ["--workspaces", managed.to_str().unwrap()];
    let words = [&["workspaces"], words, &place].concat();
    let done = asked.dashctl(&words).output().await.unwrap();
    assert!(done.status.success(), "{done:?}");
    String::from_utf8(done.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_server_may_know_is_kept_unless_it_is_named() {
    let (server, other) = (Server::start().await, Server::start().await);
    let failing = NewTask {
        max_retries: Some(0),
        ..task("badly")
    };
    let (run, _) = worked(&server, failing, "touch precious; exit 1").await;
    let id = run.task_id.unwrap().to_string();
    let scratch = server.managed().join("scratch").join(id);
    let listed = workspaces(&other, &server, &["list"]).await;
    assert!(listed.contains("unknown"), "{listed}");
    workspaces(&other, &server, &["clean", "--yes"]).await;
    assert!(scratch.join("precious").exists());
    let named = scratch.to_str().unwrap();
    workspaces(&other, &server, &["clean", named, "--yes"]).await;
    assert!(!scratch.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_attempt_works_in_is_never_removed() {
    let (server, other) = (Server::start().await, Server::start().await);
    let id = server.create(task("long")).await;
    let now = "../../../now";
    let script =
        format!("touch precious; until test -e {now}; do sleep 0.1; done; test -e precious");
    let worker = server.worker(&[], &script);
    let scratch = server.managed().join("scratch").join(id.to_string());
    let begun = async || scratch.join("precious").exists().then_some(());
    server.look(begun).await;
    workspaces(&other, &server, &["clean", "--all", "--yes"]).await;
    let run = server.only_run(id, |_| true).await.id.to_string();
    let handed_over = server.managed().join("handed-over").join(run);
    assert!(scratch.join("precious").exists() && handed_over.exists());
    std::fs::write(server.home().join("now"), "").unwrap();
    server.task_when(id, TaskState::Done).await;
    worker.sent_away().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worktree_goes_when_a_person_says_that_its_task_is_over() {
    let server = Server::start().await;
    let repository = repository(&server);
    let new = |branch| NewTask {
        human_gate: true,
        branch_name: Some(Name::lossy(branch)),
        ..placed(WorkspaceKind::Worktree, &repository)
    };
    let (clean, _) = worked(&server, new("clean"), COMMIT).await;
    let (dirty, _) = worked(&server, new("dirty"), "touch new").await;
    for run in [&clean, &dirty] {
        let id = run.task_id.unwrap().to_string();
        let mut approve = server.dashctl(&["tasks", "approve", &id]);
        assert!(approve.output().await.unwrap().status.success());
    }
    let place = |run: &Run| {
        let id = run.task_id.unwrap().to_string();
        server.managed().join("worktrees").join(id)
    };
    assert!(place(&clean).exists());
    // The next worker that comes sweeps.
    let next = server.worker(&[], "true");
    let gone = async || (!place(&clean).exists()).then_some(());
    server.look(gone).await;
    next.sent_away().await;
    assert!(place(&dirty).join("new").exists());
    git(&repository, "switch --quiet clean");
    assert_eq!(git(&repository, "log --format=%s"), "done\nfirst");
}
