//! What people did by hand, kept as a run that has ended, so that a task's history is whole.

use model::{EventType, Handoff, Outcome, Run, RunId, RunState, Severity, Task, Totals};
use serde_json::json;
use store::{Tx, runs as kept_runs};

use crate::Error;
use crate::deed::Deed;
use crate::facts::{About, TicketWords};

/// Keeps what somebody says was done as a run of the task.
pub(crate) async fn record(
    tx: &mut Tx,
    deed: &Deed,
    task: &Task,
    handoff: &Handoff,
) -> Result<(), Error> {
    let number = kept_runs::next_number(tx, task.project_id, Some(task.id)).await?;
    let run = run(deed, task, number, handoff);
    kept_runs::insert(tx, &run).await?;
    let words = TicketWords::of(tx, run.ticket_id).await?;
    let began = format!("run “{}” was begun by hand", run.title);
    let began = deed.fact(EventType::RunStarted, began);
    tx.append(began.on_run(&run, &words));
    let message = format!("“{}” was done by hand", run.title);
    let mut fact = deed
        .fact(EventType::RunFinished, message)
        .on_run(&run, &words);
    fact.severity = Severity::Success;
    tx.append(fact.with(json!({ "state": run.state, "outcome": run.outcome })));
    Ok(())
}

fn run(deed: &Deed, task: &Task, number: i64, handoff: &Handoff) -> Run {
    Run {
        id: RunId::new(),
        project_id: task.project_id,
        ticket_id: task.ticket_id,
        task_id: Some(task.id),
        parent_run_id: None,
        number,
        title: task.title.clone(),
        state: RunState::Succeeded,
        outcome: Some(Outcome::Completed),
        agent: None,
        model: None,
        worker: Some(deed.by().name),
        host: None,
        worker_pid: None,
        command: Vec::new(),
        cwd: None,
        workflow: None,
        step_key: None,
        container: None,
        session_id: None,
        lease_epoch: number,
        lease_expires_at: None,
        last_heartbeat_at: deed.at,
        lost_contact: false,
        cancel_requested_at: None,
        max_runtime_seconds: None,
        exit_code: None,
        summary: handoff.summary.clone().or_else(|| handoff.result.clone()),
        error: None,
        metadata: handoff.metadata.clone(),
        log_lines: 0,
        totals: Totals::default(),
        reported_cost_usd: None,
        created_at: deed.at,
        started_at: Some(deed.at),
        ended_at: Some(deed.at),
        version: 1,
    }
}
