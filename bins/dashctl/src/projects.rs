//! `dashctl projects`: code bases and efforts.

use anyhow::Context as _;
use clap::{Args, Subcommand};
use client::{Client, List};
use model::{Color, CurrentProject, Name, NewProject, ProjectCard, ProjectPatch, Slug, Text};

use crate::cli::Global;
use crate::connect::connect;
use crate::dispatch::{self, LoopOrder};
use crate::exports::{self, Exports};
use crate::limits::limit;
use crate::or_none::OrNone;
use crate::print::{Cell, Printer, cost};
use crate::stats;

#[derive(Debug, Subcommand)]
pub(crate) enum Projects {
    /// List projects
    #[command(visible_alias = "ls")]
    List {
        /// Archived ones too
        #[arg(short, long)]
        all: bool,
    },
    /// Show one project
    Show {
        /// Its slug or id
        project: String,
    },
    /// Make a project; one with the same slug is left as it is
    Create(Create),
    /// Edit a project
    Update(Box<Update>),
    /// Make a project the current one
    Use {
        /// Its slug
        project: Slug,
    },
    /// Show how a project's tasks are spread
    Stats {
        /// Its slug or id
        project: String,
    },
    #[command(flatten)]
    Loop(LoopOrder),
    #[command(flatten)]
    Exports(Exports),
    /// Put a project away, or bring it back
    Archive {
        /// Its slug or id
        project: String,
        /// Bring it back
        #[arg(long)]
        undo: bool,
    },
    /// Delete a project with its tickets, tasks, runs and logs for good
    Delete {
        /// Its slug or id
        project: String,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Create {
    /// Its short name in addresses: a-z, 0-9, - and _
    slug: Slug,
    /// Its name for people
    #[arg(long)]
    name: Option<Name>,
    /// What it is about
    #[arg(long, default_value = "")]
    description: Text,
    /// Where its repository is cloned from
    #[arg(long)]
    clone_url: Option<Text>,
    /// Where its repository lies; tasks without a directory of their own use it
    #[arg(long)]
    repo_path: Option<Text>,
    /// An emoji or a short text
    #[arg(long)]
    icon: Option<Name>,
    /// The colour of its mark
    #[arg(long)]
    color: Option<Color>,
    /// Make it the current project
    #[arg(long)]
    switch: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Update {
    /// Its slug or id
    project: String,
    #[command(flatten)]
    changes: Changes,
}

/// What changes; `none` takes away what need not be there.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct Changes {
    /// Its name for people
    #[arg(long)]
    name: Option<Name>,
    /// What it is about
    #[arg(long)]
    description: Option<Text>,
    /// Where its repository is cloned from
    #[arg(long)]
    clone_url: Option<OrNone<Text>>,
    /// Where its repository lies; tasks without a directory of their own use it
    #[arg(long)]
    repo_path: Option<OrNone<Text>>,
    /// An emoji or a short text
    #[arg(long)]
    icon: Option<OrNone<Name>>,
    /// The colour of its mark
    #[arg(long)]
    color: Option<OrNone<Color>>,
    /// No more of its tasks run at once
    #[arg(long, value_name = "COUNT")]
    max_running: Option<OrNone<i64>>,
    /// No more of its tasks run at once with the same agent
    #[arg(long, value_name = "COUNT")]
    max_running_per_agent: Option<OrNone<i64>>,
    /// No more of its tasks are in work at once, reviews and questions included
    #[arg(long, value_name = "COUNT")]
    max_wip: Option<OrNone<i64>>,
}

pub(crate) async fn obey(
    global: &Global,
    printer: &Printer,
    command: Projects,
) -> anyhow::Result<()> {
    let client = connect(global)?;
    match command {
        Projects::List { all } => list(&client, printer, all).await,
        Projects::Show { project } => show(printer, &client.get_project(&project).await?),
        Projects::Create(create) => make(&client, printer, create).await,
        Projects::Update(update) => edit(&client, printer, *update).await,
        Projects::Use { project } => {
            client
                .set_current_project(&CurrentProject {
                    project: Some(project),
                })
                .await?;
            Ok(())
        }
        Projects::Stats { project } => stats::of_project(&client, printer, &project).await,
        Projects::Exports(order) => exports::obey(&client, printer, order).await,
        Projects::Loop(order) => dispatch::of_project(&client, printer, order).await,
        Projects::Archive { project, undo } => {
            let patch = ProjectPatch {
                archived: Some(!undo),
                ..ProjectPatch::default()
            };
            client.update_project(&project, &patch).await?;
            show(printer, &client.get_project(&project).await?)
        }
        Projects::Delete { project, yes } => delete(&client, printer, &project, yes).await,
    }
}

async fn list(client: &Client, printer: &Printer, all: bool) -> anyhow::Result<()> {
    let cards = client
        .list_projects(all, &List::first(List::MOST))
        .await?
        .items;
    let mut headings = vec!["", "SLUG", "NAME", "HEALTH", "ACTIVE", "TASKS", "COST"];
    if printer.is_wide() {
        headings.extend(["WORK IS", "AT ONCE", "PATH", "CREATED", "ID"]);
    }
    let cells = |card: &ProjectCard| {
        let mut cells = vec![
            Cell::text(if card.is_current { "*" } else { "" }),
            Cell::text(&card.project.slug),
            Cell::text(&card.project.name),
            Cell::state(card.health.as_str()),
            Cell::text(card.active_runs),
            Cell::text(card.total),
            Cell::text(cost(&card.project.totals)),
        ];
        if printer.is_wide() {
            cells.extend(more(card));
        }
        cells
    };
    printer.list(
        &cards,
        &headings,
        cells,
        "No projects yet. `dashctl projects create SLUG` makes one.",
    )
}

/// What wide tables show, too.
fn more(card: &ProjectCard) -> [Cell; 5] {
    let project = &card.project;
    [
        Cell::state(project.loop_state.as_str()),
        Cell::maybe(project.max_running),
        Cell::maybe(project.repo_path.as_ref()),
        Cell::ago(project.created_at),
        Cell::text(project.id),
    ]
}

fn show(printer: &Printer, card: &ProjectCard) -> anyhow::Result<()> {
    let project = &card.project;
    let counts = card
        .counts
        .iter()
        .map(|(state, count)| format!("{count} {state}"));
    let fields = vec![
        ("Slug", Cell::text(&project.slug)),
        ("Id", Cell::text(project.id)),
        ("Name", Cell::text(&project.name)),
        ("Icon", Cell::maybe(project.icon.as_ref())),
        ("Color", Cell::maybe(project.color.as_ref())),
        ("About", Cell::text(&project.description)),
        ("Health", Cell::state(card.health.as_str())),
        ("Active runs", Cell::text(card.active_runs)),
        ("Tasks", Cell::text(counts.collect::<Vec<_>>().join(", "))),
        ("Cost", Cell::text(cost(&project.totals))),
        ("Work is", Cell::state(project.loop_state.as_str())),
        ("Running at once", limit(project.max_running)),
        ("With one agent", limit(project.max_running_per_agent)),
        ("In work at once", limit(project.max_wip)),
        ("Clone", Cell::maybe(project.clone_url.as_ref())),
        ("Path", Cell::maybe(project.repo_path.as_ref())),
        ("Archived", Cell::maybe(project.archived_at)),
        ("Created", Cell::text(project.created_at)),
    ];
    printer.one(card, fields)
}

async fn make(client: &Client, printer: &Printer, create: Create) -> anyhow::Result<()> {
    let new = NewProject {
        slug: create.slug,
        name: create.name,
        description: create.description,
        icon: create.icon,
        color: create.color,
        repo_path: create.repo_path,
        clone_url: create.clone_url,
        switch: create.switch,
    };
    show(printer, &client.create_project(&new).await?)
}

async fn edit(client: &Client, printer: &Printer, update: Update) -> anyhow::Result<()> {
    let changes = update.changes;
    let patch = ProjectPatch {
        name: changes.name,
        description: changes.description,
        clone_url: OrNone::patch(changes.clone_url),
        repo_path: OrNone::patch(changes.repo_path),
        icon: OrNone::patch(changes.icon),
        color: OrNone::patch(changes.color),
        max_running: OrNone::patch(changes.max_running),
        max_running_per_agent: OrNone::patch(changes.max_running_per_agent),
        max_wip: OrNone::patch(changes.max_wip),
        ..ProjectPatch::default()
    };
    client.update_project(&update.project, &patch).await?;
    show(printer, &client.get_project(&update.project).await?)
}

async fn delete(
    client: &Client,
    printer: &Printer,
    project: &str,
    yes: bool,
) -> anyhow::Result<()> {
    let card = client.get_project(project).await?;
    let slug = card.project.slug.as_str();
    let what = format!(
        "project `{slug}` with its tickets, {} tasks, runs and logs",
        card.total
    );
    crate::print::ask(&format!("Delete {what} for good?"), yes)?;
    let removed = client
        .delete_project(slug, true)
        .await
        .with_context(|| format!("delete {what}"))?;
    printer.one(&removed, vec![("Deleted", Cell::text(slug))])
}
