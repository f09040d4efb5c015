//! The branch of a worktree: where the work on a task lies is known when it is done.

use model::{NewTask, RunState, TaskState, WorkspaceKind};

use crate::server::Server;
use crate::workspaces::{COMMIT, git, placed, repository};

#[tokio::test(flavor = "multi_thread")]
async fn a_task_says_where_its_work_lies_and_the_next_one_is_told() {
    let server = Server::start().await;
    let repository = repository(&server);
    let parent = server
        .create(placed(WorkspaceKind::Worktree, &repository))
        .await;
    let child = NewTask {
        parents: vec![parent],
        ..placed(WorkspaceKind::Worktree, &repository)
    };
    let child = server.create(child).await;
    // The first commits; the second finds that commit where it is told to look.
    let script = format!(
        "told=$(sed -n 's/^Its place in git: branch `\\(.*\\)`, commit `\\(.*\\)`\\.$/\\1 \\2/p')
         test -n \"$told\" || {{ {COMMIT}; exit; }}
         set -- $told; test $(git rev-parse $1) = $2 && git merge --quiet $1 && echo built on $1"
    );
    let worker = server.worker(&[], &script);
    let child = server.task_when(child, TaskState::Done).await;
    let parent = server.task_when(parent, TaskState::Done).await;
    worker.sent_away().await;
    let branch = parent.branch_name.unwrap().to_string();
    let commit = parent.commit_sha.unwrap().to_string();
    assert_eq!(git(&repository, &format!("rev-parse {branch}")), commit);
    assert_eq!(child.result.unwrap().as_str(), format!("built on {branch}"));
    assert_eq!(child.commit_sha.unwrap().as_str(), commit);
    assert_ne!(child.branch_name.unwrap().as_str(), branch);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_without_commits_of_the_task_is_no_work_of_its() {
    let server = Server::start().await;
    let repository = repository(&server);
    let new = placed(WorkspaceKind::Worktree, &repository);
    let id = server.create(new).await;
    let worker = server.worker(&[], "true");
    let task = server.task_when(id, TaskState::Done).await;
    let run = server.only_run(id, |run| run.state.has_ended()).await;
    worker.sent_away().await;
    assert_eq!(task.commit_sha, None);
    let branch = task.branch_name.unwrap().to_string();
    assert_eq!(run.metadata.unwrap()["branch"], branch);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_ends_its_run_itself_leaves_its_commit_known() {
    let server = Server::start().await;
    let repository = repository(&server);
    for (human_gate, stands) in [(false, TaskState::Done), (true, TaskState::Review)] {
        let new = NewTask {
            human_gate,
            ..placed(WorkspaceKind::Worktree, &repository)
        };
        let id = server.create(new).await;
        let complete = format!(
            "{COMMIT} && {} tasks complete --summary said",
            env!("CARGO_BIN_EXE_dashctl")
        );
        let worker = server.worker(&[], &complete);
        server.task_when(id, stands).await;
        worker.sent_away().await;
        let detail = server.client().get_task(id).await.unwrap();
        assert_eq!(detail.runs[0].state, RunState::Succeeded);
        let branch = detail.task.branch_name.unwrap();
        let commit = git(&repository, &format!("rev-parse {branch}"));
        // What a person judges is as it was when it was handed in.
        let known = (!human_gate).then_some(commit);
        let said = detail.task.commit_sha;
        assert_eq!(said.map(|sha| sha.to_string()), known);
    }
}
