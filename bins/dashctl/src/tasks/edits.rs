//! Making and editing tasks.

use clap::Args;
use client::Client;
use model::{Name, NewTask, TaskPatch, Text, Title, WorkspaceKind};

use crate::find;
use crate::or_none::OrNone;
use crate::print::{Cell, Printer, tell};
use crate::when::When;

#[derive(Debug, Args)]
pub(crate) struct Create {
    /// What is to be done, in one line
    title: Title,
    /// The project, by slug or id
    #[arg(short, long)]
    project: Option<String>,
    /// The ticket that it is a part of
    #[arg(short, long)]
    ticket: Option<String>,
    /// What is to be done, in Markdown
    #[arg(short, long, default_value = "")]
    body: Text,
    /// The agent profile that is to do it
    #[arg(long)]
    assignee: Option<Name>,
    /// Higher goes first
    #[arg(long, default_value_t = 0, allow_hyphen_values = true)]
    priority: i64,
    /// A task that must be done first; may be given several times
    #[arg(long = "parent")]
    parents: Vec<String>,
    /// Put it into triage instead of handing it out
    #[arg(long)]
    triage: bool,
    /// Not handed out before this time, such as 2030-01-31T09:00:00Z, or before so long from now, such as 90s, 10m, 2h or 1d
    #[arg(long, value_name = "TIME")]
    not_before: Option<When>,
    /// For whom it is done, where one board serves several
    #[arg(long)]
    tenant: Option<Name>,
    /// What an agent must be able to do; may be given several times
    #[arg(long = "skill", value_delimiter = ',', value_name = "NAME")]
    skills: Vec<Name>,
    /// Where the work happens: scratch, dir or worktree [default: scratch]
    #[arg(long, value_name = "KIND")]
    workspace: Option<WorkspaceKind>,
    /// The directory, or the repository of the worktree
    #[arg(long, value_name = "DIR")]
    path: Option<Text>,
    /// The branch of the worktree
    #[arg(long)]
    branch: Option<Name>,
    /// Only a person may approve the result
    #[arg(long)]
    human_gate: bool,
    /// Stop a run after so many seconds
    #[arg(long, value_name = "SECONDS")]
    max_runtime: Option<i64>,
    /// Try again so many times after a failure [default: 2]
    #[arg(long, value_name = "TIMES")]
    max_retries: Option<i64>,
    /// Creating twice with the same key creates once
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<Name>,
}

#[derive(Debug, Args)]
pub(crate) struct Update {
    /// Its id, or a part of it
    task: String,
    #[command(flatten)]
    changes: Changes,
    /// Take it back from the worker who has it, where that stands in the way
    #[arg(long)]
    reclaim: bool,
}

/// What changes; `none` takes away what need not be there.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct Changes {
    /// What is to be done, in one line
    #[arg(long)]
    title: Option<Title>,
    /// What is to be done, in Markdown
    #[arg(short, long)]
    body: Option<Text>,
    /// The agent profile that is to do it; empty for any
    #[arg(long)]
    assignee: Option<Text>,
    /// Higher goes first
    #[arg(long, allow_hyphen_values = true)]
    priority: Option<i64>,
    /// For whom it is done
    #[arg(long)]
    tenant: Option<OrNone<Name>>,
    /// What an agent must be able to do, in place of what it was; may be given several times
    #[arg(long = "skill", value_delimiter = ',', value_name = "NAME")]
    skills: Option<Vec<OrNone<Name>>>,
    /// Stop a run after so many seconds
    #[arg(long, value_name = "SECONDS")]
    max_runtime: Option<OrNone<i64>>,
    /// Try again so many times after a failure
    #[arg(long, value_name = "TIMES")]
    max_retries: Option<i64>,
    /// Whether only a person may approve the result
    #[arg(long, value_name = "TRUE OR FALSE")]
    human_gate: Option<bool>,
    /// Not handed out before this time, such as 2030-01-31T09:00:00Z, or before so long from now, such as 90s, 10m, 2h or 1d
    #[arg(long, value_name = "TIME")]
    not_before: Option<OrNone<When>>,
    /// The commit that the work became
    #[arg(long, value_name = "SHA")]
    commit: Option<OrNone<Name>>,
    /// Where the work happens: scratch, dir or worktree
    #[arg(long, value_name = "KIND")]
    workspace: Option<WorkspaceKind>,
    /// The directory, or the repository of the worktree
    #[arg(long, value_name = "DIR")]
    path: Option<OrNone<Text>>,
    /// The branch of the worktree
    #[arg(long)]
    branch: Option<OrNone<Name>>,
    /// The ticket of the same project that it is a part of
    #[arg(short, long)]
    ticket: Option<OrNone<String>>,
}

pub(super) async fn make(client: &Client, printer: &Printer, create: Create) -> anyhow::Result<()> {
    let ticket_id = match &create.ticket {
        Some(ticket) => Some(find::ticket(client, ticket).await?),
        None => None,
    };
    let mut parents = Vec::new();
    for parent in &create.parents {
        parents.push(find::task(client, parent).await?);
    }
    let new = NewTask {
        project: create.project,
        ticket_id,
        title: create.title,
        body: create.body,
        assignee: create.assignee,
        tenant: create.tenant,
        priority: create.priority,
        workspace_kind: create.workspace,
        workspace_path: create.path,
        branch_name: create.branch,
        parents,
        triage: create.triage,
        idempotency_key: create.idempotency_key,
        max_runtime_seconds: create.max_runtime,
        max_retries: create.max_retries,
        skills: create.skills,
        not_before: create.not_before.map(|When(time)| time),
        human_gate: create.human_gate,
    };
    let created = client.create_task(&new).await?;
    if let Some(warning) = &created.warning {
        tell(warning);
    }
    let task = &created.task;
    let fields = vec![
        ("Task", Cell::text(task.id)),
        ("Status", Cell::state(task.status.as_str())),
    ];
    printer.one(&created, fields)
}

pub(super) async fn edit(client: &Client, printer: &Printer, update: Update) -> anyhow::Result<()> {
    let id = find::task(client, &update.task).await?;
    let changes = update.changes;
    let ticket_id = match changes.ticket {
        Some(OrNone(Some(ticket))) => Some(Some(find::ticket(client, &ticket).await?)),
        Some(OrNone(None)) => Some(None),
        None => None,
    };
    let skills = changes.skills.map(|skills| {
        let named = skills.into_iter().filter_map(|OrNone(skill)| skill);
        named.collect()
    });
    let patch = TaskPatch {
        title: changes.title,
        body: changes.body,
        assignee: changes.assignee,
        priority: changes.priority,
        tenant: OrNone::patch(changes.tenant),
        skills,
        max_runtime_seconds: OrNone::patch(changes.max_runtime),
        max_retries: changes.max_retries,
        human_gate: changes.human_gate,
        not_before: OrNone::patch(changes.not_before).map(|when| when.map(|When(time)| time)),
        commit_sha: OrNone::patch(changes.commit),
        workspace_kind: changes.workspace,
        workspace_path: OrNone::patch(changes.path),
        branch_name: OrNone::patch(changes.branch),
        ticket_id,
        reclaim_first: update.reclaim,
        ..TaskPatch::default()
    };
    let task = client.update_task(id, &patch).await?;
    let fields = vec![
        ("Task", Cell::text(task.id)),
        ("Status", Cell::state(task.status.as_str())),
    ];
    printer.one(&task, fields)
}
