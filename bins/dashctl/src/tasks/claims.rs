//! Taking tasks by hand, for those who report to the server themselves.

use clap::{Args, Subcommand};
use client::Client;
use model::{ClaimTask, Name, RunId};

use crate::find;
use crate::print::{Cell, Printer};

#[derive(Debug, Subcommand)]
pub(crate) enum Claims {
    /// Take a task: opens a run, and shows once the token that may write to it
    Claim(Claim),
}

#[derive(Debug, Args)]
pub(crate) struct Claim {
    /// Its id, or a part of it
    task: String,
    /// Which agent works [default: the task's assignee]
    #[arg(long)]
    agent: Option<Name>,
    /// Which model it uses
    #[arg(long)]
    model: Option<Name>,
    /// Which worker runs it
    #[arg(long)]
    worker: Option<Name>,
    /// An id for the run: claiming twice with the same claims once
    #[arg(long, value_name = "ID")]
    run: Option<RunId>,
}

pub(super) async fn obey(client: &Client, printer: &Printer, order: Claims) -> anyhow::Result<()> {
    match order {
        Claims::Claim(claim) => take(client, printer, claim).await,
    }
}

async fn take(client: &Client, printer: &Printer, claim: Claim) -> anyhow::Result<()> {
    let id = find::task(client, &claim.task).await?;
    let wanted = ClaimTask {
        run_id: claim.run,
        agent: claim.agent,
        model: claim.model,
        worker: claim.worker,
        host: None,
        worker_pid: None,
    };
    let claimed = client.claim_task(id, &wanted).await?;
    let fields = vec![
        ("Task", Cell::text(claimed.task.id)),
        ("Run", Cell::text(claimed.run.id)),
        ("Token", Cell::maybe(claimed.run_token.as_ref())),
        ("Lease", Cell::text(claimed.lease_epoch)),
        ("Ends", Cell::maybe(claimed.run.lease_expires_at)),
        (
            "Heartbeat",
            Cell::text(format!("{} s", claimed.heartbeat_seconds)),
        ),
    ];
    printer.one(&claimed, fields)
}
