//! One attempt at a task, in a process of its own: workspace, prompt, command, and what is left of them.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context as _;
use client::{Client, Error};
use model::{
    Clock, Name, NewComment, NewRun, Outcome, Project, RunId, RunPatch, RunStarted, RunState, Task,
    TaskContext, TaskDetail, TaskPatch, TaskState, Text,
};
use runner::{Command, Leavings, Notices, Plan, Ready, Record, Report, Server, Show, Unmade};
use tokio::time::timeout;

use super::again::until_answered;
use super::command::{self, Values};
use super::handover::{Handover, short};
use super::hold::{Hold, hold};
use super::last_words::LastWords;
use super::private;
use super::prompt::{self, Parts};
use super::word::Word;
use super::workspace::{Left, Places, Workspace, WrongTask};
use crate::print::tell;
use crate::run::{Threads, by_command, environment, words};

/// A worker has time to wait for its server: without it there is nothing else to do.
const LINGER: Duration = Duration::from_secs(3600);
/// How long the end of a command waits to hear whether its run has ended otherwise.
const LAST_LOOK: Duration = Duration::from_secs(5);

/// Does the task that a worker hands over.
pub(crate) async fn run() -> anyhow::Result<ExitCode> {
    let handover = Handover::read()?;
    let token = handover.claimed.run_token.as_deref();
    let client = Client::http(&handover.way.server, token)?;
    let attempt = Attempt::new(handover, client);
    let (plan, notices) = (attempt.plan(), attempt.notices());
    let observer = attempt.observer(&notices);
    let server = Arc::new(Server::new(attempt.client.clone()));
    let place = OnceLock::new();
    let making = attempt.make(&place);
    let leaving = async |went_well| attempt.leavings(place.get(), went_well).await;
    let told = notices.clone();
    let show = Show::nowhere();
    let running = runner::run_when_ready(plan, making, leaving, server, observer, show, told);
    let report = running.await?;
    let state = match report.waiting {
        0 => attempt.client.get_run(attempt.run()).await.ok(),
        _ => None,
    };
    let state = state.map(|detail| detail.run.state);
    attempt.clean_up(place.get(), state, &notices).await;
    let title = &attempt.handover.claimed.task.title;
    match state {
        Some(state) => notices.say(&format!("“{title}”: {state}")),
        None => notices.say(&format!("“{title}”: {}", report.outcome)),
    }
    Ok(attempt.word(&report).into())
}

struct Attempt {
    handover: Handover,
    client: Client,
    /// What keeps others from removing its files.
    hold: OnceLock<Hold>,
    /// Set when the command is there, to be started.
    is_ready: OnceLock<()>,
}

/// What is known about the task.
struct Known {
    detail: TaskDetail,
    project: Project,
    context: TaskContext,
}

impl Attempt {
    fn new(handover: Handover, client: Client) -> Self {
        Self {
            handover,
            client,
            hold: OnceLock::new(),
            is_ready: OnceLock::new(),
        }
    }

    /// What the worker should know to go on.
    fn word(&self, report: &Report) -> Word {
        match (report.outcome, self.is_ready.get()) {
            (Outcome::SpawnFailed, None) => Word::NotPrepared,
            (Outcome::SpawnFailed, Some(())) => Word::NotStarted,
            _ => Word::Began,
        }
    }

    fn run(&self) -> RunId {
        self.handover.claimed.run.id
    }

    fn task(&self) -> &Task {
        &self.handover.claimed.task
    }

    /// Where the files that hand the task over are.
    fn files(&self) -> PathBuf {
        private::handed_over(&self.handover.way.managed, self.run())
    }

    fn notices(&self) -> Notices {
        let task = short(self.task().id);
        // A terminal that is gone must not end the attempt.
        Notices::new(move |line| tell(format_args!("dashctl: task {task}: {line}")))
    }

    fn started(&self) -> RunStarted {
        let claimed = &self.handover.claimed;
        RunStarted {
            run: claimed.run.clone(),
            run_token: claimed.run_token.clone(),
            heartbeat_seconds: claimed.heartbeat_seconds,
        }
    }

    fn new_run(&self) -> NewRun {
        let run = &self.handover.claimed.run;
        NewRun {
            id: Some(run.id),
            task_id: run.task_id,
            agent: run.agent.clone(),
            model: self.handover.way.model.clone(),
            ..NewRun::default()
        }
    }

    fn plan(&self) -> Plan {
        let (way, habits) = (&self.handover.way, &self.handover.way.habits);
        let seconds = self.handover.claimed.run.max_runtime_seconds;
        let seconds = seconds.and_then(|seconds| u64::try_from(seconds).ok());
        Plan {
            // The one that runs is made ready first.
            command: Command::default(),
            new: self.new_run(),
            started: Some(self.started()),
            grace: habits.grace(),
            max_runtime: seconds.map(Duration::from_secs),
            heartbeat: habits.heartbeat(),
            spools: way.spools.clone(),
            spool_limit: habits.spool_limit(),
            linger: LINGER,
            usage_command: habits.usage_command(),
            clock: Clock::System,
        }
    }

    fn observer(&self, notices: &Notices) -> Box<LastWords> {
        let exec = &self.handover.way.exec;
        let threads = Threads::new(Some(self.client.clone()), notices.clone());
        Box::new(LastWords::new(by_command(exec, self.run(), threads)))
    }

    async fn make(&self, made: &OnceLock<Workspace>) -> Result<Ready, Unmade> {
        self.try_to_make(made).await.map_err(|error| {
            let why = format!("{error:#}");
            match error.is::<WrongTask>() {
                true => Unmade::Everywhere(why),
                false => Unmade::Here(why),
            }
        })
    }

    async fn try_to_make(&self, made: &OnceLock<Workspace>) -> anyhow::Result<Ready> {
        let way = &self.handover.way;
        let known = until_answered(|| self.find_out()).await;
        let known = known.context("read the task")?;
        let places = Places {
            managed: &way.managed,
            roots: &way.roots,
        };
        let repository = known.project.repo_path.as_ref();
        let workspace = Workspace::make(places, self.task(), repository).await?;
        let workspace = made.get_or_init(|| workspace);
        let command = self.command(&known, workspace)?;
        self.is_ready.set(()).ok();
        let mut records = vec![self.patch(&command, workspace)];
        records.extend(self.branch(workspace));
        Ok(Ready { command, records })
    }

    async fn find_out(&self) -> Result<Known, Error> {
        let detail = self.client.get_task(self.task().id).await?;
        let project = self.task().project_id.to_string();
        let project = self.client.get_project(&project).await?.project;
        let context = self.client.get_task_context(self.task().id).await?;
        Ok(Known {
            detail,
            project,
            context,
        })
    }

    fn command(&self, known: &Known, workspace: &Workspace) -> anyhow::Result<Command> {
        let (way, files) = (&self.handover.way, self.files());
        let prompt = prompt::write(&way.template, &self.parts(known, workspace));
        let prompt_file = files.join("prompt.md");
        let task_file = files.join("task.json");
        let task = serde_json::to_vec_pretty(&known.detail.task)?;
        private::directory(&files)
            .and_then(|()| private::write(&prompt_file, prompt.as_bytes()))
            .and_then(|()| private::write(&task_file, &task))
            .with_context(|| format!("write files in {}", files.display()))?;
        self.hold.set(hold(&files)?).ok();
        let values = Values {
            prompt: &prompt,
            prompt_file: &prompt_file,
            task_file: &task_file,
            workspace: &workspace.path,
            task_id: &self.task().id.to_string(),
        };
        let mut env = environment::of_run(&self.client, &self.new_run(), Some(&self.started()));
        let own = [
            ("DASHBOARD_WORKSPACE", workspace.path.clone()),
            ("DASHBOARD_PROMPT_FILE", prompt_file.clone()),
            ("DASHBOARD_TASK_FILE", task_file.clone()),
        ];
        env.extend(own.map(|(name, path)| (name.into(), Some(path.into()))));
        Ok(Command {
            argv: command::fill(&way.exec, &values)?,
            cwd: Some(workspace.path.clone()),
            env,
            tty: false,
            stdin: command::stdin(&way.exec, &prompt_file),
        })
    }

    fn parts<'a>(&'a self, known: &'a Known, workspace: &Workspace) -> Parts<'a> {
        Parts {
            task: self.task(),
            run_id: self.run().to_string(),
            attempt: self.handover.claimed.run.number,
            project: known.project.slug.to_string(),
            workspace: workspace.path.display().to_string(),
            branch: workspace.branch.clone(),
            context: &known.context,
        }
    }

    /// What the server cannot know of the run: the claim came from the worker.
    fn patch(&self, command: &Command, workspace: &Workspace) -> Record {
        let cwd = command.cwd.as_deref().map(|cwd| cwd.to_string_lossy());
        let mut metadata =
            serde_json::json!({ "command": words(&self.handover.way.exec), "cwd": cwd });
        if let Some(branch) = &workspace.branch {
            metadata["branch"] = branch.as_str().into();
        }
        Record::Patch(Box::new(RunPatch {
            worker_pid: Some(std::process::id().into()),
            model: self.handover.way.model.clone(),
            metadata: Some(Some(metadata)),
            ..RunPatch::default()
        }))
    }

    /// The branch that was made here because the task names none.
    fn branch(&self, workspace: &Workspace) -> Option<Record> {
        let branch = workspace.branch.as_deref();
        let branch = branch.filter(|_| self.task().branch_name.is_none())?;
        Some(self.task_record(TaskPatch {
            branch_name: Some(Some(Name::lossy(branch))),
            ..TaskPatch::default()
        }))
    }

    fn task_record(&self, patch: TaskPatch) -> Record {
        Record::Task {
            task: self.task().id,
            patch: Box::new(patch),
        }
    }

    /// What the command leaves behind: what people should know of it, and the commit.
    async fn leavings(&self, place: Option<&Workspace>, went_well: bool) -> Leavings {
        let Some(place) = place else {
            return Leavings::default();
        };
        let commit = place.commit().await.map(|commit| TaskPatch {
            commit_sha: Some(Some(Name::lossy(&commit))),
            ..TaskPatch::default()
        });
        Leavings {
            records: commit
                .map(|patch| self.task_record(patch))
                .into_iter()
                .collect(),
            ..self.told_leavings(place, went_well).await
        }
    }

    /// What people should know of what the command leaves behind.
    async fn told_leavings(&self, place: &Workspace, went_well: bool) -> Leavings {
        let went_well = went_well && !self.ended_otherwise().await;
        match place.leavings(went_well, self.task().human_gate).await {
            None => Leavings::default(),
            Some(Left::Kept(what)) => Leavings {
                log: vec![what.clone()],
                result: vec![what],
                records: Vec::new(),
            },
            Some(Left::UntilJudged(what)) => {
                // Told to who judges. It is no part of the result, which stays when the workspace is gone.
                self.comment(&what).await;
                Leavings {
                    log: vec![what],
                    ..Leavings::default()
                }
            }
        }
    }

    async fn comment(&self, text: &str) {
        let comment = NewComment {
            body: Text::lossy(text),
        };
        let said = self.client.create_task_comment(self.task().id, &comment);
        timeout(LAST_LOOK, said).await.ok();
    }

    /// Whether the command itself has said that its task is not done.
    async fn ended_otherwise(&self) -> bool {
        let look = timeout(LAST_LOOK, self.client.get_run(self.run())).await;
        let state = look
            .ok()
            .and_then(Result::ok)
            .map(|detail| detail.run.state);
        state.is_some_and(|state| {
            state == RunState::Waiting || state.has_ended() && state != RunState::Succeeded
        })
    }

    async fn clean_up(
        &self,
        place: Option<&Workspace>,
        state: Option<RunState>,
        notices: &Notices,
    ) {
        if let Err(error) = std::fs::remove_dir_all(self.files())
            && error.kind() != std::io::ErrorKind::NotFound
        {
            notices.say(&format!("remove {}: {error}", self.files().display()));
        }
        match place {
            Some(place) if self.is_done(state).await => {
                place.clear(&self.handover.way.managed, notices).await;
            }
            Some(place) => place.keep(notices),
            None => {}
        }
    }

    /// Whether nobody will go on from here. What waits for a verdict may have to be changed.
    async fn is_done(&self, state: Option<RunState>) -> bool {
        if state != Some(RunState::Succeeded) {
            return false;
        }
        let detail = self.client.get_task(self.task().id).await;
        detail.is_ok_and(|detail| detail.task.status == TaskState::Done)
    }
}
