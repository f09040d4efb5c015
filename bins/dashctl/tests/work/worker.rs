//! A worker that runs, and the board that it works on.

use std::path::PathBuf;

use model::{NewTask, Run, RunFilter, Task, TaskId, TaskState, Title, WorkerCard, WorkerFilter};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::Child;

use crate::server::Server;

/// A new task, as a test wants it.
pub(crate) fn task(title: &str) -> NewTask {
    NewTask {
        project: None,
        ticket_id: None,
        title: Title::parse(title).unwrap(),
        body: model::Text::default(),
        assignee: None,
        tenant: None,
        priority: 0,
        workspace_kind: None,
        workspace_path: None,
        branch_name: None,
        parents: Vec::new(),
        triage: false,
        idempotency_key: None,
        // What a test that failed leaves behind ends by itself.
        max_runtime_seconds: Some(60),
        max_retries: None,
        skills: Vec::new(),
        not_before: None,
        human_gate: false,
    }
}

impl Server {
    /// Puts a task on the board.
    pub(crate) async fn create(&self, new: NewTask) -> TaskId {
        self.client().create_task(&new).await.unwrap().task.id
    }

    /// The task, as soon as it stands there.
    pub(crate) async fn task_when(&self, id: TaskId, status: TaskState) -> Task {
        self.look(async || {
            let task = self.client().get_task(id).await.unwrap().task;
            (task.status == status).then_some(task)
        })
        .await
    }

    /// The only run of a task, as soon as it is as wanted.
    pub(crate) async fn only_run(&self, task: TaskId, wanted: impl Fn(&Run) -> bool) -> Run {
        self.look(async || {
            let runs = self.client().get_task(task).await.unwrap().runs;
            assert!(runs.len() < 2, "{} runs", runs.len());
            runs.into_iter().next().filter(|run| wanted(run))
        })
        .await
    }

    /// What a run printed, line by line.
    pub(crate) async fn text(&self, run: &Run) -> String {
        let lines = self.lines(run).await.into_iter();
        lines.map(|line| line.text + "\n").collect()
    }

    /// All runs of all tasks.
    pub(crate) async fn runs(&self) -> Vec<Run> {
        let all = client::List::first(1000);
        let runs = self.client().list_runs(&RunFilter::default(), &all).await;
        runs.unwrap().items
    }

    /// The workers that the server knows.
    pub(crate) async fn workers(&self, filter: WorkerFilter) -> Vec<WorkerCard> {
        let all = client::List::first(100);
        let workers = self.client().list_workers(filter, &all).await;
        workers.unwrap().items
    }

    /// Starts a worker that runs the script.
    pub(crate) fn worker(&self, options: &[&str], script: &str) -> Worker {
        self.worker_with(options, &["sh", "-c", script])
    }

    /// Starts a worker that runs the command.
    pub(crate) fn worker_with(&self, options: &[&str], exec: &[&str]) -> Worker {
        let mut command = self.dashctl(&["work", "--agent", "claude"]);
        command
            .arg("--workspaces")
            .arg(self.managed())
            .args(options)
            .arg("--exec")
            .args(exec)
            .env("HOME", self.home());
        Worker {
            child: command.spawn().unwrap(),
        }
    }

    /// Where workers make workspaces.
    pub(crate) fn managed(&self) -> PathBuf {
        self.home().canonicalize().unwrap().join("managed")
    }
}

/// A worker that runs.
pub(crate) struct Worker {
    child: Child,
}

impl Worker {
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = self.child.id().unwrap().try_into().unwrap();
        kill(Pid::from_raw(pid), signal).unwrap();
    }

    /// Waits until it has gone well; gives what it said.
    pub(crate) async fn gone(self) -> String {
        let done = self.child.wait_with_output().await.unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "{}: {said}", done.status);
        said
    }

    /// Waits until it has gone with a failure; gives what it said.
    pub(crate) async fn failed(self) -> String {
        let done = self.child.wait_with_output().await.unwrap();
        assert!(!done.status.success());
        String::from_utf8_lossy(&done.stderr).into_owned()
    }

    /// Sends it away, and waits until it has gone.
    pub(crate) async fn sent_away(self) -> String {
        self.signal(Signal::SIGTERM);
        self.gone().await
    }
}
