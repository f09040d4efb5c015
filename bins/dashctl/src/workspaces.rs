//! `dashctl workspaces`: what workers left on this machine, and how to be rid of it.

mod kept;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::Global;
use crate::connect::connect;
use crate::exit::Refused;
use crate::print::{Cell, Printer, ask, tell};
use crate::work;
use kept::{Kept, Places};

#[derive(Debug, Subcommand)]
pub(crate) enum Workspaces {
    /// List what attempts left on this machine, the newest first
    #[command(visible_alias = "ls")]
    List {
        #[command(flatten)]
        place: Place,
        /// At most so many
        #[arg(short = 'n', long, default_value_t = 50)]
        limit: usize,
    },
    /// Remove what nobody works in, except what a task may go on from, work that is on no branch, and what this server does
    /// not know
    Clean(Clean),
}

#[derive(Debug, Args)]
pub(crate) struct Place {
    /// Where workers make workspaces [default: in the user's state directory]
    #[arg(long, value_name = "DIR")]
    workspaces: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Clean {
    #[command(flatten)]
    place: Place,
    /// Only these, also where this server does not know of them, or their task is not over
    #[arg(value_name = "DIR")]
    only: Vec<PathBuf>,
    /// Also what a task may go on from, work that is on no branch, and what this server does not know: it may be another's
    #[arg(long)]
    all: bool,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

pub(crate) async fn obey(
    global: &Global,
    printer: &Printer,
    command: Workspaces,
) -> anyhow::Result<()> {
    let client = connect(global)?;
    match command {
        Workspaces::List { place, limit } => {
            let places = Places::new(&client, work::managed(place.workspaces.as_deref())?);
            list(printer, &places.kept(limit).await?)
        }
        Workspaces::Clean(order) => {
            let places = Places::new(&client, work::managed(order.place.workspaces.as_deref())?);
            clean(printer, &places, &order).await
        }
    }
}

fn list(printer: &Printer, kept: &[Kept]) -> anyhow::Result<()> {
    let headings = ["PATH", "KIND", "IS", "OF", "NOT SAVED", "CHANGED"];
    let cells = |one: &Kept| {
        vec![
            Cell::text(one.path.display()),
            Cell::text(one.kind),
            Cell::state(&one.state),
            Cell::maybe(one.title.as_ref()),
            Cell::maybe(one.unsaved.as_ref()),
            Cell::maybe(one.changed_at.map(crate::print::since)),
        ]
    };
    printer.list(kept, &headings, cells, "Nothing is left here.")
}

async fn clean(printer: &Printer, places: &Places<'_>, order: &Clean) -> anyhow::Result<()> {
    let kept = places.kept(usize::MAX).await?;
    let only = named(&kept, &order.only)?;
    let is_meant = |one: &Kept| match only.is_empty() {
        true => order.all || one.is_known() && !one.is_needed,
        false => only.contains(&one.path),
    };
    let may_go = |one: &&Kept| !one.in_use && (order.all || one.unsaved.is_none());
    let going = kept.iter().filter(|one| is_meant(one)).filter(may_go);
    let going: Vec<&Kept> = going.collect();
    if going.is_empty() {
        return list(printer, &kept);
    }
    for one in &going {
        tell(one.path.display());
    }
    ask(
        &format!("Remove these {} for good?", going.len()),
        order.yes,
    )?;
    let mut removed = Vec::new();
    for one in going {
        match places.remove(one).await {
            Ok(()) => removed.push(one.path.clone()),
            Err(error) => tell(format_args!("kept {}: {error:#}", one.path.display())),
        }
    }
    let (gone, left) = (removed.len(), kept.len() - removed.len());
    let fields = vec![("Removed", Cell::text(gone)), ("Left", Cell::text(left))];
    printer.one(
        &serde_json::json!({ "removed": removed, "left": left }),
        fields,
    )
}

/// The directories that somebody names; each must be one that was kept.
fn named(kept: &[Kept], only: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let find = |path: &PathBuf| {
        let real = path.canonicalize().ok();
        let real = real.filter(|real| kept.iter().any(|one| one.path == *real));
        let missing = || format!("{} is nothing that a worker left", path.display());
        real.ok_or_else(|| Refused::not_found(missing()))
    };
    only.iter().map(find).collect()
}
