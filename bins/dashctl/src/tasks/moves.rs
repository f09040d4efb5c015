//! Moves of tasks. A command that runs for a task may leave the task's id out.

use clap::{Args, Subcommand};
use client::Client;
use model::{
    BlockKind, BlockTask, BulkResult, BulkTasks, HandTaskOver, JudgeTask, MoveTask, PromoteTask,
    ScheduleTask, Task, TaskState, Text,
};

use crate::exit::Refused;
use crate::find;
use crate::print::{Cell, Printer, tell};
use crate::when::When;

#[derive(Debug, Subcommand)]
pub(crate) enum Move {
    /// Say that a task is done; its own worker ends its run with that
    Complete(HandOver),
    /// Let a task's result wait for a verdict; its own worker ends its run with that
    Review(HandOver),
    /// Say what stands in a task's way; its own worker ends its run with that
    Block {
        #[command(flatten)]
        which: Which,
        /// Why, in a few sentences
        #[arg(long)]
        reason: Option<Text>,
        /// Why, in a word: needs_input, dependency, capability or transient
        #[arg(long)]
        kind: Option<BlockKind>,
    },
    /// Release a task that is blocked or scheduled
    Unblock(Which),
    /// Let a task be taken that waits for others
    Promote {
        #[command(flatten)]
        which: Which,
        /// Also while tasks that it waits for are open
        #[arg(long)]
        force: bool,
    },
    /// Put a task away; a run that is open is cancelled
    Archive(Which),
    /// Bring a task back that was put away
    Restore(Which),
    /// Say that a task's result is good
    Approve(Judge),
    /// Say that a task's result is not good yet
    RequestChanges(Judge),
    /// Let a task that failed or is blocked be tried again
    Retry(Which),
    /// Take a task out of triage
    Accept(Which),
    /// Send a task back to triage
    Demote(Which),
    /// Let a task wait for its time; without one until somebody releases it
    Schedule {
        #[command(flatten)]
        which: Which,
        /// When it may be taken: a time such as 2030-01-31T09:00:00Z, or one from now such as 90s, 10m, 2h or 1d
        #[arg(long, value_name = "TIME")]
        not_before: Option<When>,
    },
    /// Open a task again that was done
    Reopen(Which),
    /// Delete a task with its content for good
    Delete {
        /// Its id, or a part of it
        task: String,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
    /// Do the same to many tasks, each on its own
    Bulk(Bulk),
}

/// Which task.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Its id, or a part of it
    #[arg(env = "DASHBOARD_TASK_ID")]
    task: String,
    /// Take it back from the worker who has it
    #[arg(long)]
    reclaim: bool,
}

#[derive(Debug, Args)]
pub(crate) struct HandOver {
    #[command(flatten)]
    which: Which,
    /// What is kept as its result [default: the summary]
    #[arg(long)]
    result: Option<Text>,
    /// What was done, in a few sentences, for those who go on
    #[arg(short, long)]
    summary: Option<Text>,
    /// The same for programs, as JSON
    #[arg(long, value_name = "JSON", value_parser = parse_json)]
    metadata: Option<serde_json::Value>,
}

#[derive(Debug, Args)]
pub(crate) struct Judge {
    /// Its id, or a part of it
    task: String,
    /// What is said about it
    #[arg(short, long)]
    comment: Option<Text>,
}

#[derive(Debug, Args)]
pub(crate) struct Bulk {
    /// Their ids, or parts of them
    #[arg(required = true)]
    tasks: Vec<String>,
    /// Where they shall stand
    #[arg(short, long)]
    status: Option<TaskState>,
    /// The agent profile that is to do them; empty for any
    #[arg(long)]
    assignee: Option<Text>,
    /// Higher goes first
    #[arg(long, allow_hyphen_values = true)]
    priority: Option<i64>,
    /// Put them away
    #[arg(long)]
    archive: bool,
    /// What was done, where they are done
    #[arg(long)]
    summary: Option<Text>,
    /// Why they are blocked, where they are
    #[arg(long)]
    reason: Option<Text>,
    /// Take them back from the workers who have them
    #[arg(long)]
    reclaim: bool,
}

fn parse_json(text: &str) -> Result<serde_json::Value, serde_json::Error> {
    serde_json::from_str(text)
}

impl Which {
    fn plainly(&self) -> MoveTask {
        MoveTask {
            reclaim_first: self.reclaim,
            version: None,
        }
    }
}

pub(super) async fn obey(client: &Client, printer: &Printer, order: Move) -> anyhow::Result<()> {
    let order = match order {
        Move::Delete { task, yes } => return delete(client, printer, &task, yes).await,
        Move::Bulk(bulk) => return many(client, printer, bulk).await,
        order => order,
    };
    let id = find::task(client, named(&order)).await?;
    let task = match order {
        Move::Complete(said) => client.complete_task(id, &said.into()).await,
        Move::Review(said) => client.review_task(id, &said.into()).await,
        Move::Block {
            which,
            reason,
            kind,
        } => {
            let body = BlockTask {
                kind,
                reason,
                reclaim_first: which.reclaim,
                version: None,
            };
            client.block_task(id, &body).await
        }
        Move::Promote { force, .. } => {
            let version = None;
            client
                .promote_task(id, &PromoteTask { force, version })
                .await
        }
        Move::Schedule { which, not_before } => {
            let body = ScheduleTask {
                not_before: not_before.map(|When(time)| time),
                reclaim_first: which.reclaim,
                version: None,
            };
            client.schedule_task(id, &body).await
        }
        Move::Approve(said) => client.approve_task(id, &said.into()).await,
        Move::RequestChanges(said) => client.request_task_changes(id, &said.into()).await,
        Move::Unblock(which) => client.unblock_task(id, &which.plainly()).await,
        Move::Archive(which) => client.archive_task(id, &which.plainly()).await,
        Move::Restore(which) => client.restore_task(id, &which.plainly()).await,
        Move::Retry(which) => client
            .retry_task(id, &which.plainly())
            .await
            .map(|retried| retried.task),
        Move::Accept(which) => client.accept_task(id, &which.plainly()).await,
        Move::Demote(which) => client.demote_task(id, &which.plainly()).await,
        Move::Reopen(which) => client.reopen_task(id, &which.plainly()).await,
        Move::Delete { .. } | Move::Bulk(_) => return Ok(()),
    };
    stands(printer, &task?)
}

fn named(order: &Move) -> &str {
    match order {
        Move::Complete(said) | Move::Review(said) => &said.which.task,
        Move::Approve(said) | Move::RequestChanges(said) => &said.task,
        Move::Block { which, .. }
        | Move::Promote { which, .. }
        | Move::Schedule { which, .. }
        | Move::Unblock(which)
        | Move::Archive(which)
        | Move::Restore(which)
        | Move::Retry(which)
        | Move::Accept(which)
        | Move::Demote(which)
        | Move::Reopen(which) => &which.task,
        Move::Delete { task, .. } => task,
        Move::Bulk(_) => "",
    }
}

/// Where a task stands now.
pub(super) fn stands(printer: &Printer, task: &Task) -> anyhow::Result<()> {
    let fields = vec![
        ("Task", Cell::text(task.id)),
        ("Status", Cell::state(task.status.as_str())),
        ("Blocked", Cell::maybe(task.block_reason.as_ref())),
        ("Not before", Cell::maybe(task.not_before)),
    ];
    printer.one(task, fields)
}

impl From<HandOver> for HandTaskOver {
    fn from(said: HandOver) -> Self {
        Self {
            result: said.result,
            summary: said.summary,
            metadata: said.metadata,
            reclaim_first: said.which.reclaim,
            version: None,
        }
    }
}

impl From<Judge> for JudgeTask {
    fn from(said: Judge) -> Self {
        Self {
            comment: said.comment,
            version: None,
        }
    }
}

async fn delete(client: &Client, printer: &Printer, task: &str, yes: bool) -> anyhow::Result<()> {
    let id = find::task(client, task).await?;
    let title = client.get_task(id).await?.task.title;
    let question = format!("Delete the task “{title}” with its comments for good?");
    crate::print::ask(&question, yes)?;
    let deleted = client.delete_task(id).await?;
    let fields = vec![
        ("Deleted", Cell::text(deleted.task_id)),
        ("Cancelled run", Cell::maybe(deleted.cancelled_run_id)),
    ];
    printer.one(&deleted, fields)
}

async fn many(client: &Client, printer: &Printer, bulk: Bulk) -> anyhow::Result<()> {
    let (mut ids, mut unknown) = (Vec::new(), Vec::new());
    for task in &bulk.tasks {
        match find::task(client, task).await {
            Ok(id) => ids.push(id),
            Err(error) if error.is::<Refused>() => unknown.push((task, error)),
            Err(error) => return Err(error),
        }
    }
    for (task, error) in &unknown {
        tell(format_args!("{task}: {error:#}"));
    }
    if ids.is_empty() {
        return Err(Refused::not_found("there are no such tasks"));
    }
    let body = BulkTasks {
        ids,
        status: bulk.status,
        assignee: bulk.assignee,
        priority: bulk.priority,
        archive: bulk.archive,
        result: None,
        summary: bulk.summary,
        metadata: None,
        block_reason: bulk.reason,
        reclaim_first: bulk.reclaim,
    };
    let outcome = client.update_tasks(&body).await?;
    let headings = ["ID", "DONE", "WHY NOT"];
    let cells = |result: &BulkResult| {
        vec![
            Cell::text(result.id),
            Cell::text(if result.ok { "yes" } else { "no" }),
            Cell::maybe(result.error.as_ref()),
        ]
    };
    printer.list(&outcome.results, &headings, cells, "")?;
    let refused = outcome.results.iter().filter(|result| !result.ok).count();
    match refused + unknown.len() {
        0 => Ok(()),
        1 => Err(Refused::conflict("1 task was left as it is")),
        more => Err(Refused::conflict(format!(
            "{more} tasks were left as they are"
        ))),
    }
}
