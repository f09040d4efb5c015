//! `dashctl steps`: the named parts of a run.

use clap::Subcommand;
use model::{Step, StepId};

use crate::cli::Global;
use crate::connect::connect;
use crate::exit::Refused;
use crate::find;
use crate::print::{Cell, Printer, duration, tokens};
use crate::runs::step_cells;

#[derive(Debug, Subcommand)]
pub(crate) enum Steps {
    /// List the steps of a run in the order in which they began
    #[command(visible_alias = "ls")]
    List {
        /// The run's id, or a part of it
        #[arg(env = "DASHBOARD_RUN_ID")]
        run: String,
    },
    /// Show one step with what it gave back
    Show {
        /// The run's id, or a part of it
        run: String,
        /// The step's number within the run, or its id
        step: String,
    },
}

pub(crate) async fn obey(global: &Global, printer: &Printer, command: Steps) -> anyhow::Result<()> {
    let client = connect(global)?;
    let (run, wanted) = match command {
        Steps::List { run } => (run, None),
        Steps::Show { run, step } => (run, Some(step)),
    };
    let steps = client.list_steps(find::run(&client, &run).await?).await?;
    let Some(wanted) = wanted else {
        let headings = ["STEP", "STATE", "RESULT", "TOOK", "WHAT"];
        let cells = |step: &Step| step_cells(&steps, step);
        return printer.list(&steps, &headings, cells, "The run has no steps.");
    };
    let id = wanted.parse::<StepId>().ok();
    let is_meant = |step: &&Step| Some(step.id) == id || step.sequence.to_string() == wanted;
    let none = || Refused::not_found(format!("the run has no step `{wanted}`"));
    show(printer, steps.iter().find(is_meant).ok_or_else(none)?)
}

fn show(printer: &Printer, step: &Step) -> anyhow::Result<()> {
    let lines = match (step.first_line, step.last_line) {
        (Some(first), Some(last)) => Some(format!("{first} to {last}")),
        _ => None,
    };
    let fields = vec![
        ("Id", Cell::text(step.id)),
        ("Step", Cell::text(step.sequence)),
        ("Name", Cell::text(&step.name)),
        ("What", Cell::maybe(step.title.as_ref())),
        ("By", Cell::text(step.step_type)),
        ("State", Cell::state(step.state.as_str())),
        ("Result", Cell::maybe(step.result.as_ref())),
        ("Try", Cell::text(step.attempt)),
        ("Took", Cell::maybe(step.duration_ms.map(duration))),
        ("Log lines", Cell::maybe(lines)),
        (
            "Tokens",
            Cell::text(tokens(step.tokens_input + step.tokens_output)),
        ),
        ("Output", Cell::maybe(step.output.as_ref())),
    ];
    printer.one(step, fields)
}
