//! `dashctl tasks`: the units of work.

mod claims;
mod edits;
mod files;
mod moves;
mod notify;
pub(crate) mod trouble;

use clap::{Args, Subcommand};
use client::{Client, List};
use model::{Name, NewComment, NewLink, Task, TaskDetail, TaskFilter, TaskState, Text};

use crate::cli::Global;
use crate::connect::connect;
use crate::find;
use crate::print::{Cell, Printer, cost, tokens};
use crate::watch::Watch;
use claims::Claims;
use edits::{Create, Update};
use files::FileOrder;
use moves::Move;
use notify::Notify;

#[derive(Debug, Subcommand)]
pub(crate) enum Tasks {
    /// List tasks, the newest first
    #[command(visible_alias = "ls")]
    List(Filter),
    /// Show one task with its links, runs and comments
    Show {
        /// Its id, or a part of it
        task: String,
    },
    /// Make a task
    Create(Box<Create>),
    /// Edit a task
    Update(Box<Update>),
    #[command(flatten)]
    Claim(Claims),
    #[command(flatten)]
    Move(Move),
    #[command(flatten)]
    File(FileOrder),
    #[command(flatten)]
    Notify(Notify),
    /// Say something about a task
    Comment {
        /// Its id, or a part of it
        task: String,
        /// What to say, in Markdown
        body: Text,
    },
    /// Make a task wait for another, or no longer wait
    Link {
        /// What must be done first
        parent: String,
        /// What waits
        child: String,
        /// Let it no longer wait
        #[arg(long)]
        undo: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Filter {
    /// Only this project's, by slug or id
    #[arg(short, long)]
    project: Option<String>,
    /// Only this ticket's
    #[arg(short, long)]
    ticket: Option<String>,
    /// Only these states, separated by commas
    #[arg(short, long, value_delimiter = ',')]
    status: Vec<TaskState>,
    /// Only for this agent profile
    #[arg(long)]
    assignee: Option<Name>,
    /// Only with this text
    #[arg(long, value_name = "TEXT")]
    q: Option<String>,
    /// At most so many
    #[arg(short = 'n', long, default_value_t = 50)]
    limit: i64,
    #[command(flatten)]
    watch: Watch,
}

pub(crate) async fn obey(global: &Global, printer: &Printer, command: Tasks) -> anyhow::Result<()> {
    let client = connect(global)?;
    match command {
        Tasks::List(filter) => list(&client, printer, filter).await,
        Tasks::Show { task } => {
            let id = find::task(&client, &task).await?;
            show(printer, &client.get_task(id).await?)
        }
        Tasks::Create(create) => edits::make(&client, printer, *create).await,
        Tasks::Update(update) => edits::edit(&client, printer, *update).await,
        Tasks::Claim(order) => claims::obey(&client, printer, order).await,
        Tasks::File(order) => files::obey(&client, printer, order).await,
        Tasks::Move(order) => moves::obey(&client, printer, order).await,
        Tasks::Notify(order) => notify::obey(&client, printer, order).await,
        Tasks::Comment { task, body } => {
            let id = find::task(&client, &task).await?;
            let comment = client.create_task_comment(id, &NewComment { body }).await?;
            printer.one(&comment, vec![("Comment", Cell::text(comment.id))])
        }
        Tasks::Link {
            parent,
            child,
            undo,
        } => {
            let parent_id = find::task(&client, &parent).await?;
            let link = NewLink {
                parent_id,
                child_id: find::task(&client, &child).await?,
            };
            let changed = if undo {
                client.delete_link(&link).await?
            } else {
                client.create_link(&link).await?
            };
            printer.one(&changed, vec![("Changed", Cell::text(changed.ok))])
        }
    }
}

async fn list(client: &Client, printer: &Printer, filter: Filter) -> anyhow::Result<()> {
    let ticket = match &filter.ticket {
        Some(ticket) => Some(find::ticket(client, ticket).await?),
        None => None,
    };
    let wanted = TaskFilter {
        project: find::project(client, filter.project.as_deref()).await?,
        ticket,
        status: filter.status,
        assignee: filter.assignee,
        tenant: None,
        q: filter.q,
    };
    let draw = async |printer: &Printer| {
        let first = List::first(filter.limit);
        let tasks = client.list_tasks(&wanted, &first).await?.items;
        let wrong = match printer.is_for_programs() {
            true => trouble::Known::new(),
            false => trouble::known(client, wanted.project).await?,
        };
        draw(printer, &tasks, &wrong)
    };
    filter.watch.show(client, printer, draw).await
}

fn draw(printer: &Printer, tasks: &[Task], wrong: &trouble::Known) -> anyhow::Result<()> {
    let mut headings = vec![
        "ID", "STATUS", "PRIORITY", "ASSIGNEE", "TITLE", "WRONG", "COST", "UPDATED",
    ];
    if printer.is_wide() {
        headings.extend([
            "TENANT",
            "SKILLS",
            "WORKSPACE",
            "FAILURES",
            "BLOCKED",
            "CREATED",
        ]);
    }
    let cells = |task: &Task| {
        let mut cells = vec![
            Cell::text(task.id),
            Cell::state(task.status.as_str()),
            Cell::text(task.priority),
            Cell::maybe(task.assignee.as_ref()),
            Cell::text(&task.title),
            Cell::maybe(wrong.get(&task.id)),
            Cell::text(cost(&task.totals)),
            Cell::ago(task.updated_at),
        ];
        if printer.is_wide() {
            cells.extend(more(task));
        }
        cells
    };
    let empty = "No such tasks. `dashctl tasks create TITLE` makes one.";
    printer.list(tasks, &headings, cells, empty)
}

/// What wide tables show, too.
fn more(task: &Task) -> [Cell; 6] {
    let skills: Vec<&str> = task.skills.iter().map(Name::as_str).collect();
    [
        Cell::maybe(task.tenant.as_ref()),
        Cell::text(skills.join(",")),
        Cell::text(task.workspace_kind),
        Cell::text(task.failure_count),
        Cell::maybe(task.block_reason.as_ref()),
        Cell::ago(task.created_at),
    ]
}

fn show(printer: &Printer, detail: &TaskDetail) -> anyhow::Result<()> {
    let task = &detail.task;
    let ids = |ids: &[model::TaskId]| {
        ids.iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    };
    let runs = detail.runs.iter().map(trouble::run);
    let comments = detail
        .comments
        .iter()
        .map(|said| format!("{}: {}", said.author.name, said.body));
    let fields = vec![
        ("Id", Cell::text(task.id)),
        ("Title", Cell::text(&task.title)),
        ("Status", Cell::state(task.status.as_str())),
        ("Since", Cell::ago(task.status_since)),
        ("Wrong", Cell::text(trouble::of(detail))),
        ("Blocked", Cell::maybe(task.block_reason.as_ref())),
        ("Priority", Cell::text(task.priority)),
        ("Assignee", Cell::maybe(task.assignee.as_ref())),
        ("Ticket", Cell::maybe(task.ticket_id)),
        ("Waits for", Cell::text(ids(&detail.links.parents))),
        ("Waited for by", Cell::text(ids(&detail.links.children))),
        ("Cost", Cell::text(cost(&task.totals))),
        ("Tokens", Cell::text(tokens_by_agent(detail))),
        ("Runs", Cell::text(runs.collect::<Vec<_>>().join("\n"))),
        ("Result", Cell::maybe(task.result.as_ref())),
        (
            "Created",
            Cell::text(format!("{} by {}", task.created_at, task.created_by)),
        ),
        ("Body", Cell::text(&task.body)),
        (
            "Comments",
            Cell::text(comments.collect::<Vec<_>>().join("\n")),
        ),
    ];
    printer.one(detail, fields)
}

/// `8.7K (claude: 6.6K / codex: 2.1K)`.
fn tokens_by_agent(detail: &TaskDetail) -> String {
    let mut by_agent = std::collections::BTreeMap::<&str, i64>::new();
    for run in &detail.runs {
        let agent = run.agent.as_ref().map_or("other", Name::as_str);
        *by_agent.entry(agent).or_default() += run.totals.tokens_input + run.totals.tokens_output;
    }
    let total = tokens(by_agent.values().sum());
    let parts = by_agent.iter().filter(|(_, count)| **count > 0);
    let parts: Vec<_> = parts
        .map(|(agent, count)| format!("{agent}: {}", tokens(*count)))
        .collect();
    if parts.is_empty() {
        total
    } else {
        format!("{total} ({})", parts.join(" / "))
    }
}
