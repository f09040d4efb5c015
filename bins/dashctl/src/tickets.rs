//! `dashctl tickets`: what people asked for.

use clap::{Args, Subcommand};
use client::{Client, List};
use model::{
    Name, NewComment, NewTicket, Text, Ticket, TicketFilter, TicketPatch, TicketSort, TicketStatus,
    Title,
};

use crate::cli::Global;
use crate::connect::connect;
use crate::find;
use crate::print::{Cell, Printer, cost, spent, tokens};

#[derive(Debug, Subcommand)]
pub(crate) enum Tickets {
    /// List tickets
    #[command(visible_alias = "ls")]
    List(Filter),
    /// Show one ticket
    Show {
        /// Its id, a part of it, or its external id
        ticket: String,
    },
    /// Make a ticket
    Create(Create),
    /// Edit a ticket, or say where it stands
    Update(Update),
    /// Say something about a ticket
    Comment {
        /// Its id, a part of it, or its external id
        ticket: String,
        /// What to say, in Markdown
        body: Text,
    },
    /// Queue a failed, blocked or partial ticket again
    Retry {
        /// Its id, a part of it, or its external id
        ticket: String,
    },
    /// Delete a ticket with its tasks, runs and logs for good
    Delete {
        /// Its id, a part of it, or its external id
        ticket: String,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Filter {
    /// Only this project's, by slug or id
    #[arg(short, long)]
    project: Option<String>,
    /// Only these states, separated by commas
    #[arg(short, long, value_delimiter = ',')]
    status: Vec<TicketStatus>,
    /// Only with this label
    #[arg(long)]
    label: Option<Name>,
    /// Only for this person or agent
    #[arg(long)]
    assignee: Option<Name>,
    /// Only with this text
    #[arg(long, value_name = "TEXT")]
    q: Option<String>,
    /// -created_at, created_at, -updated_at, -priority or -cost_usd
    #[arg(long, default_value = "-created_at", allow_hyphen_values = true)]
    sort: TicketSort,
    /// At most so many
    #[arg(short = 'n', long, default_value_t = 50)]
    limit: i64,
}

#[derive(Debug, Args)]
pub(crate) struct Create {
    /// What is wanted, in one line
    title: Title,
    /// The project, by slug or id
    #[arg(short, long)]
    project: Option<String>,
    /// What is wanted, in Markdown
    #[arg(short, long, default_value = "")]
    description: Text,
    /// How to tell that it is done
    #[arg(long, default_value = "")]
    acceptance_criteria: Text,
    /// Its name in the tracker that it comes from
    #[arg(long)]
    external_id: Option<Name>,
    /// Where it stands in that tracker
    #[arg(long)]
    external_url: Option<Text>,
    /// A word to find it by; may be given several times
    #[arg(long = "label")]
    labels: Vec<Name>,
    /// Higher goes first
    #[arg(long, default_value_t = 0, allow_hyphen_values = true)]
    priority: i64,
    /// Who is to do it
    #[arg(long)]
    assignee: Option<Name>,
}

#[derive(Debug, Args)]
pub(crate) struct Update {
    /// Its id, a part of it, or its external id
    ticket: String,
    /// What is wanted, in one line
    #[arg(long)]
    title: Option<Title>,
    /// What is wanted, in Markdown
    #[arg(short, long)]
    description: Option<Text>,
    /// Where it stands now
    #[arg(short, long)]
    status: Option<TicketStatus>,
    /// Higher goes first
    #[arg(long, allow_hyphen_values = true)]
    priority: Option<i64>,
    /// Who is to do it
    #[arg(long)]
    assignee: Option<Name>,
    /// The branch that the work lands on
    #[arg(long)]
    branch_name: Option<Name>,
    /// The pull request
    #[arg(long)]
    pr_url: Option<Text>,
    /// What went wrong last
    #[arg(long)]
    error_message: Option<Text>,
}

pub(crate) async fn obey(
    global: &Global,
    printer: &Printer,
    command: Tickets,
) -> anyhow::Result<()> {
    let client = connect(global)?;
    match command {
        Tickets::List(filter) => list(&client, printer, filter).await,
        Tickets::Show { ticket } => {
            let id = find::ticket(&client, &ticket).await?;
            show(printer, &client.get_ticket(id).await?)
        }
        Tickets::Create(create) => make(&client, printer, create).await,
        Tickets::Update(update) => edit(&client, printer, update).await,
        Tickets::Comment { ticket, body } => {
            let id = find::ticket(&client, &ticket).await?;
            let comment = client
                .create_ticket_comment(id, &NewComment { body })
                .await?;
            printer.one(&comment, vec![("Comment", Cell::text(comment.id))])
        }
        Tickets::Retry { ticket } => {
            let id = find::ticket(&client, &ticket).await?;
            let answer = client.retry_ticket(id).await?;
            printer.one(&answer, vec![("Retrying", Cell::text(answer.ticket_id))])
        }
        Tickets::Delete { ticket, yes } => delete(&client, printer, &ticket, yes).await,
    }
}

async fn list(client: &Client, printer: &Printer, filter: Filter) -> anyhow::Result<()> {
    let wanted = TicketFilter {
        project: find::project(client, filter.project.as_deref()).await?,
        status: filter.status,
        label: filter.label,
        assignee: filter.assignee,
        q: filter.q,
    };
    let tickets = client
        .list_tickets(&wanted, filter.sort, &List::first(filter.limit))
        .await?;
    let wide = printer.is_wide();
    let mut headings = vec![
        "ID", "EXTERNAL", "STATUS", "TITLE", "TASKS", "COST", "UPDATED",
    ];
    if wide {
        headings.extend(["PRIORITY", "ASSIGNEE", "CALLS", "TOKENS"]);
    }
    let cells = |ticket: &Ticket| {
        let mut cells = vec![
            Cell::text(ticket.id),
            Cell::maybe(ticket.external_id.as_ref()),
            Cell::state(ticket.status.as_str()),
            Cell::text(&ticket.title),
            Cell::text(format!("{}/{}", ticket.tasks_done, ticket.tasks_total)),
            Cell::text(cost(&ticket.totals)),
            Cell::ago(ticket.updated_at),
        ];
        if wide {
            cells.push(Cell::text(ticket.priority));
            cells.push(Cell::maybe(ticket.assignee.as_ref()));
            cells.push(Cell::text(ticket.totals.total_llm_calls));
            cells.push(Cell::text(tokens(
                ticket.totals.tokens_input + ticket.totals.tokens_output,
            )));
        }
        cells
    };
    let empty = "No such tickets. `dashctl tickets create TITLE` makes one.";
    printer.list(&tickets.items, &headings, cells, empty)
}

fn show(printer: &Printer, ticket: &Ticket) -> anyhow::Result<()> {
    let labels: Vec<_> = ticket.labels.iter().map(Name::as_str).collect();
    let totals = &ticket.totals;
    let fields = vec![
        ("Id", Cell::text(ticket.id)),
        ("External", Cell::maybe(ticket.external_id.as_ref())),
        ("Title", Cell::text(&ticket.title)),
        ("Status", Cell::state(ticket.status.as_str())),
        ("Priority", Cell::text(ticket.priority)),
        ("Labels", Cell::text(labels.join(", "))),
        ("Submitter", Cell::maybe(ticket.submitter.as_ref())),
        ("Assignee", Cell::maybe(ticket.assignee.as_ref())),
        ("Branch", Cell::maybe(ticket.branch_name.as_ref())),
        ("PR", Cell::maybe(ticket.pr_url.as_ref())),
        (
            "Tasks",
            Cell::text(format!(
                "{} of {} done",
                ticket.tasks_done, ticket.tasks_total
            )),
        ),
        ("Cost", Cell::text(cost(totals))),
        ("Tokens", Cell::text(spent(totals))),
        ("Error", Cell::maybe(ticket.error_message.as_ref())),
        ("Created", Cell::text(ticket.created_at)),
        ("Finished", Cell::maybe(ticket.finished_at)),
        ("Description", Cell::text(&ticket.description)),
        ("Done when", Cell::text(&ticket.acceptance_criteria)),
    ];
    printer.one(ticket, fields)
}

async fn make(client: &Client, printer: &Printer, create: Create) -> anyhow::Result<()> {
    let new = NewTicket {
        project: create.project,
        external_id: create.external_id,
        external_url: create.external_url,
        title: create.title,
        description: create.description,
        acceptance_criteria: create.acceptance_criteria,
        status: None,
        labels: create.labels,
        priority: create.priority,
        submitter: None,
        assignee: create.assignee,
        branch_name: None,
        parent_ticket_id: None,
    };
    show(printer, &client.create_ticket(&new).await?)
}

async fn edit(client: &Client, printer: &Printer, update: Update) -> anyhow::Result<()> {
    let id = find::ticket(client, &update.ticket).await?;
    let patch = TicketPatch {
        title: update.title,
        description: update.description,
        status: update.status,
        priority: update.priority,
        assignee: update.assignee.map(Some),
        branch_name: update.branch_name.map(Some),
        pr_url: update.pr_url.map(Some),
        error_message: update.error_message.map(Some),
        ..TicketPatch::default()
    };
    show(printer, &client.update_ticket(id, &patch).await?)
}

async fn delete(client: &Client, printer: &Printer, ticket: &str, yes: bool) -> anyhow::Result<()> {
    let ticket = client
        .get_ticket(find::ticket(client, ticket).await?)
        .await?;
    let question = format!(
        "Delete ticket `{}` with its {} tasks, runs and logs for good?",
        ticket.title, ticket.tasks_total
    );
    crate::print::ask(&question, yes)?;
    let answer = client.delete_ticket(ticket.id).await?;
    printer.one(&answer, vec![("Deleted", Cell::text(&ticket.title))])
}
