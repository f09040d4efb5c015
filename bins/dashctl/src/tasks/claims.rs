//! Who has a task: taking it by hand, taking it back, and why nobody has it.

use clap::{Args, Subcommand};
use client::Client;
use model::{
    ClaimTask, ContextPart, Heartbeat, HeartbeatAnswer, Hold, Name, ReclaimTask, RunId,
    TaskContext, TaskLog, TaskWhy, Text,
};

use super::moves::stands;
use crate::exit::Refused;
use crate::find;
use crate::print::{Cell, Printer, visible, write_out};

#[derive(Debug, Subcommand)]
pub(crate) enum Claims {
    /// Take a task: opens a run, and shows once the token that may write to it
    ///
    /// It is yours until its lease ends, which each `dashctl tasks heartbeat` puts off: send one as often as is printed
    /// here. `dashctl run --task TASK -- CMD…` takes a task for as long as a command runs, and sends them by itself.
    Claim(Claim),
    /// Keep a task that you have taken, and print what you must do now
    ///
    /// Call it with the token that `tasks claim` printed, or name the lease. It fails when the task is yours no more.
    Heartbeat(Beat),
    /// Take a task back from its worker, who is stopped; it can be taken again
    Reclaim(TakeBack),
    /// Give a task back that you have taken
    Release(TakeBack),
    /// Say why a task is not being worked on
    Why {
        /// Its id, or a part of it
        task: String,
    },
    /// Print what the next worker of a task is told of what was done before
    Context {
        /// Its id, or a part of it
        #[arg(env = "DASHBOARD_TASK_ID")]
        task: String,
    },
    /// Print what the last attempt at a task printed; `runs logs -f` follows one
    Log {
        /// Its id, or a part of it
        #[arg(env = "DASHBOARD_TASK_ID")]
        task: String,
        /// Only so many bytes of its end, up to 2,000,000
        #[arg(long, value_name = "BYTES")]
        tail: Option<i64>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct TakeBack {
    /// Its id, or a part of it
    #[arg(env = "DASHBOARD_TASK_ID")]
    task: String,
    /// Why
    #[arg(long)]
    reason: Option<Text>,
}

#[derive(Debug, Args)]
pub(crate) struct Beat {
    /// Its id, or a part of it
    #[arg(env = "DASHBOARD_TASK_ID")]
    task: String,
    /// The lease under which you have it, as `tasks claim` printed it
    #[arg(long, value_name = "NUMBER")]
    lease: Option<i64>,
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
        Claims::Heartbeat(beat) => keep(client, printer, beat).await,
        Claims::Reclaim(back) => {
            let id = find::task(client, &back.task).await?;
            stands(printer, &client.reclaim_task(id, &back.into()).await?)
        }
        Claims::Release(back) => {
            let id = find::task(client, &back.task).await?;
            stands(printer, &client.release_task(id, &back.into()).await?)
        }
        Claims::Why { task } => {
            let id = find::task(client, &task).await?;
            explain(printer, &client.get_task_why(id).await?)
        }
        Claims::Context { task } => {
            let id = find::task(client, &task).await?;
            tell(printer, &client.get_task_context(id).await?)
        }
        Claims::Log { task, tail } => {
            let id = find::task(client, &task).await?;
            let log = client.get_task_log(id, tail).await?;
            print_log(printer, &log)
        }
    }
}

impl From<TakeBack> for ReclaimTask {
    fn from(back: TakeBack) -> Self {
        Self {
            reason: back.reason,
        }
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

async fn keep(client: &Client, printer: &Printer, beat: Beat) -> anyhow::Result<()> {
    let id = find::task(client, &beat.task).await?;
    let Some(run) = client.get_task(id).await?.task.current_run_id else {
        let why = "nobody has this task: its lease is over, or its run has ended";
        return Err(Refused::conflict(why));
    };
    let heartbeat = Heartbeat {
        lease_epoch: beat.lease,
        wait_seconds: None,
    };
    let answer = client.heartbeat_run(run, &heartbeat).await?;
    let fields = vec![
        ("Told", Cell::text(told(&answer))),
        ("State", Cell::state(answer.state.as_str())),
        ("Answers", Cell::text(answers(&answer))),
        ("Ends", Cell::maybe(answer.lease_expires_at)),
        (
            "Heartbeat",
            Cell::text(format!("{} s", answer.heartbeat_seconds)),
        ),
    ];
    printer.one(&answer, fields)
}

/// What the worker must do now, in words.
const fn told(answer: &HeartbeatAnswer) -> &'static str {
    match (answer.cancel, answer.pause) {
        (true, _) => "stop: somebody asked for the end of its run",
        (false, true) => "pause: set it aside until this says otherwise",
        (false, false) => "go on",
    }
}

/// What people have answered.
fn answers(answer: &HeartbeatAnswer) -> String {
    let lines = answer.answers.iter().map(|question| {
        let said = question.answer.as_ref().map_or("", Text::as_str);
        format!("{} → {}", question.text.as_str().trim(), said.trim())
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn explain(printer: &Printer, why: &TaskWhy) -> anyhow::Result<()> {
    if printer.is_for_programs() {
        return printer.one(why, Vec::new());
    }
    let headings = ["REASON", "WHY", "UNTIL", "WAITS FOR"];
    let cells = |hold: &Hold| {
        let tasks: Vec<_> = hold.tasks.iter().map(ToString::to_string).collect();
        vec![
            Cell::state(hold.reason.as_str()),
            Cell::text(&hold.detail),
            Cell::maybe(hold.until),
            Cell::text(tasks.join("\n")),
        ]
    };
    printer.list(&why.reasons, &headings, cells, "")
}

fn print_log(printer: &Printer, log: &TaskLog) -> anyhow::Result<()> {
    if printer.is_for_programs() {
        return printer.one(log, Vec::new());
    }
    match log.exists {
        true => write_out(&visible(&log.content)),
        false => {
            printer.say("Nobody has begun to work on it.");
            Ok(())
        }
    }
}

fn tell(printer: &Printer, context: &TaskContext) -> anyhow::Result<()> {
    if printer.is_for_programs() {
        return printer.one(context, Vec::new());
    }
    for part in &context.parts {
        printer.say(&visible(&shown(part)));
    }
    printer.say(&format!(
        "{} of {} tokens are used, {} parts found no place.",
        context.used, context.budget, context.left_out
    ));
    Ok(())
}

fn shown(part: &ContextPart) -> String {
    let more = if part.truncated { " …" } else { "" };
    format!(
        "[{}] {}\n{}{more}\n",
        part.kind,
        part.title,
        part.text.trim_end()
    )
}
