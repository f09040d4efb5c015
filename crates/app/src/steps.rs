//! Steps: begun once, ended once, and closed with their run.

use auth::Caller;
use model::{
    EventType, NewStep, NotAllowed, Run, RunId, Scope, Severity, Step, StepId, StepPatch,
    StepState, Text, Timestamp, patch,
};
use serde_json::json;
use store::{Tx, steps};

use crate::deed::{Deed, Rights};
use crate::facts::{About, TicketWords};
use crate::{App, Error, Made, runs};

/// So much is kept of what a step gave back.
const OUTPUT_CHARACTERS: usize = 4000;

impl App {
    /// Begins a step; the same `id` or `external_id` again answers the step as it is.
    pub async fn begin_step(
        &self,
        caller: &Caller,
        run: RunId,
        new: NewStep,
    ) -> Result<Made<Step>, Error> {
        caller.holds(Scope::Report)?;
        if new.attempt.is_some_and(|attempt| attempt < 1) {
            return Err(Error::invalid("/attempt", "must be at least 1"));
        }
        self.write(caller, move |tx, deed| {
            Box::pin(async move {
                let run = runs::to_report(tx, &deed, run, None).await?;
                begin(tx, &deed, &run, new).await
            })
        })
        .await
    }

    /// Says what became of a step.
    pub async fn update_step(
        &self,
        caller: &Caller,
        run: RunId,
        step: StepId,
        patch: StepPatch,
    ) -> Result<Step, Error> {
        caller.holds(Scope::Report)?;
        self.write(caller, move |tx, deed| {
            Box::pin(async move {
                let run = runs::to_report(tx, &deed, run, None).await?;
                let step = steps::get(tx, step)
                    .await?
                    .filter(|step| step.run_id == run.id);
                update(tx, &deed, &run, step.ok_or(Error::NotFound("step"))?, patch).await
            })
        })
        .await
    }
}

async fn begin(tx: &mut Tx, deed: &Deed, run: &Run, new: NewStep) -> Result<Made<Step>, Error> {
    if let Some(step) = known(tx, run, &new).await? {
        return Ok(Made::found(step));
    }
    runs::refuse_ended(run, "begin a step of")?;
    if let Some(parent) = new.parent_step_id {
        let parent = steps::get(tx, parent)
            .await?
            .filter(|step| step.run_id == run.id);
        parent.ok_or_else(|| {
            Error::invalid("/parent_step_id", "there is no such step of this run")
        })?;
    }
    let sequence = steps::next_sequence(tx, run.id).await?;
    let step = from_new(deed, run, sequence, new);
    steps::insert(tx, &step).await?;
    tell(tx, deed, run, &step).await?;
    Ok(Made::new(step))
}

/// The step that an earlier call began.
async fn known(tx: &mut Tx, run: &Run, new: &NewStep) -> Result<Option<Step>, Error> {
    if let Some(id) = new.id
        && let Some(step) = steps::get(tx, id).await?
    {
        return match step.run_id == run.id {
            true => Ok(Some(step)),
            false => Err(Error::AlreadyExists("this id is taken".to_owned())),
        };
    }
    match &new.external_id {
        Some(external_id) => Ok(steps::by_external_id(tx, run.id, external_id).await?),
        None => Ok(None),
    }
}

fn from_new(deed: &Deed, run: &Run, sequence: i64, new: NewStep) -> Step {
    Step {
        id: new.id.unwrap_or_default(),
        run_id: run.id,
        parent_step_id: new.parent_step_id,
        sequence,
        step_type: new.step_type,
        name: new.name,
        title: new.title,
        external_id: new.external_id,
        state: StepState::Running,
        result: None,
        attempt: new.attempt.unwrap_or(1),
        child_run_id: new.child_run_id,
        first_line: new.first_line,
        last_line: None,
        output: None,
        tokens_input: 0,
        tokens_output: 0,
        started_at: new.started_at.unwrap_or(deed.at).min(deed.at),
        ended_at: None,
        duration_ms: None,
    }
}

async fn update(
    tx: &mut Tx,
    deed: &Deed,
    run: &Run,
    mut step: Step,
    patch: StepPatch,
) -> Result<Step, Error> {
    let ends = match patch.state {
        Some(state) => moves(&step, run, state)?,
        None => false,
    };
    if let Some(state) = patch.state.filter(|_| ends) {
        end(&mut step, state, patch.ended_at, deed.at);
    }
    let edited = [
        patch::set(&mut step.result, patch.result.map(Some)),
        patch::set(&mut step.title, patch.title.map(Some)),
        patch::set(&mut step.child_run_id, patch.child_run_id.map(Some)),
        patch::set(&mut step.last_line, patch.last_line.map(Some)),
        patch::set(
            &mut step.output,
            patch.output.map(|output| output.map(|text| tail(&text))),
        ),
    ];
    if ends || edited.contains(&true) {
        steps::update(tx, &step).await?;
    }
    if ends {
        tell(tx, deed, run, &step).await?;
    }
    Ok(step)
}

/// Whether this state ends the step; refused where it has ended in another.
fn moves(step: &Step, run: &Run, state: StepState) -> Result<bool, Error> {
    if step.state == state {
        return Ok(false);
    }
    runs::refuse_ended(run, "move a step of")?;
    if step.state != StepState::Running {
        return Err(NotAllowed::new("move", "step", step.state.as_str()).into());
    }
    Ok(true)
}

/// The end of what a step gave back.
fn tail(text: &Text) -> Text {
    let text = text.as_str();
    let start = text
        .char_indices()
        .rev()
        .nth(OUTPUT_CHARACTERS - 1)
        .map_or(0, |(start, _)| start);
    Text::lossy(&text[start..])
}

fn end(step: &mut Step, state: StepState, ended_at: Option<Timestamp>, now: Timestamp) {
    let ended_at = ended_at.unwrap_or(now).min(now).max(step.started_at);
    step.state = state;
    step.ended_at = Some(ended_at);
    step.duration_ms = Some(ended_at.millis_since(step.started_at));
}

/// Closes what is still open of a run that has ended.
pub(crate) async fn close_all(tx: &mut Tx, deed: &Deed, run: &Run) -> Result<(), Error> {
    for step in steps::end_open(tx, run.id, run.ended_at.unwrap_or(deed.at)).await? {
        tell(tx, deed, run, &step).await?;
    }
    Ok(())
}

async fn tell(tx: &mut Tx, deed: &Deed, run: &Run, step: &Step) -> Result<(), Error> {
    let words = TicketWords::of(tx, run.ticket_id).await?;
    let (event, message) = match step.state {
        StepState::Running => (EventType::StepStarted, format!("step {} began", step.name)),
        state => (
            EventType::StepFinished,
            format!("step {}: {state}", step.name),
        ),
    };
    let mut fact = deed.fact(event, message).on_run(run, &words);
    if step.state == StepState::Failed {
        fact.severity = Severity::Warning;
    }
    tx.append(fact.with(json!({
        "step_id": step.id,
        "sequence": step.sequence,
        "step_type": step.step_type,
        "name": step.name,
        "title": step.title,
        "state": step.state,
        "duration_ms": step.duration_ms,
    })));
    Ok(())
}
