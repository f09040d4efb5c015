//! Holds: what keeps tasks from being worked on, gathered from what is kept. What holds and what does not is decided in
//! `model/src/hold.rs`, for those who take tasks and for those who ask why nobody does.

use model::{
    DaemonState, Hold, HoldReason, Limits, Name, Project, Surroundings, Task, TaskState, Timestamp,
    Way,
};
use store::{Read, dispatch, links, meta, questions};

use crate::Error;

/// Where the server remembers whether it hands out work.
pub(crate) const DAEMON: &str = "daemon_state";
/// Where the server remembers its limits.
pub(crate) const LIMITS: &str = "limits";
/// Open parents that are named.
const NAMED_PARENTS: i64 = 100;
const HELD: &str = "it waits for no other task: somebody holds it in todo, until it is promoted";

/// Whether work is handed out at all.
pub(crate) async fn daemon(read: &mut Read) -> Result<DaemonState, Error> {
    Ok(daemon_of(meta::setting(read, DAEMON).await?.as_deref()))
}

/// How much may run at once, whatever the project.
pub(crate) async fn limits(read: &mut Read) -> Result<Limits, Error> {
    limits_of(meta::setting(read, LIMITS).await?.as_deref())
}

fn daemon_of(kept: Option<&str>) -> DaemonState {
    kept.and_then(|word| word.parse().ok())
        .unwrap_or(DaemonState::Running)
}

fn limits_of(kept: Option<&str>) -> Result<Limits, Error> {
    kept.map_or_else(
        || Ok(Limits::default()),
        |text| serde_json::from_str(text).map_err(Error::internal),
    )
}

/// What is around the tasks of a project.
pub(crate) async fn around(read: &mut Read, project: Project) -> Result<Surroundings, Error> {
    let [daemon, limits] = meta::settings(read, [DAEMON, LIMITS]).await?;
    let limits = limits_of(limits.as_deref())?;
    Ok(Surroundings {
        daemon: daemon_of(daemon.as_deref()),
        load: dispatch::load(read, &project, &limits).await?,
        limits,
        project,
    })
}

/// Everything that keeps a task from being handed out, its own reasons first.
pub(crate) async fn of_task(
    read: &mut Read,
    task: &Task,
    around: &Surroundings,
    agent: Option<&Name>,
    at: Timestamp,
) -> Result<Vec<Hold>, Error> {
    let mut holds = task.holds(at);
    add_parents(read, task, &mut holds).await?;
    add_questions(read, task, &mut holds).await?;
    holds.extend(around.holds());
    holds.extend(
        agent
            .map(|agent| around.holds_for(agent))
            .unwrap_or_default(),
    );
    Ok(holds)
}

/// Names the tasks that one waits for which is not begun, whatever else keeps it.
async fn add_parents(read: &mut Read, task: &Task, holds: &mut Vec<Hold>) -> Result<(), Error> {
    match task.status {
        TaskState::Todo => {
            let named = match open_parents(read, task).await? {
                Some(named) => named,
                None => Hold::new(HoldReason::Held, HELD),
            };
            if let Some(hold) = holds.first_mut() {
                *hold = named;
            }
        }
        TaskState::Triage | TaskState::Scheduled | TaskState::Blocked if !task.ignores_parents => {
            holds.extend(open_parents(read, task).await?);
        }
        _ => {}
    }
    Ok(())
}

async fn open_parents(read: &mut Read, task: &Task) -> Result<Option<Hold>, Error> {
    let open = links::open_parents(read, task.id, NAMED_PARENTS).await?;
    let titles: Vec<_> = open
        .iter()
        .map(|parent| format!("“{}” ({})", parent.title, parent.status))
        .collect();
    let detail = format!("it waits for {}", titles.join(", "));
    Ok((!open.is_empty()).then(|| Hold {
        tasks: open.iter().map(|parent| parent.id).collect(),
        ..Hold::new(HoldReason::ParentOpen, detail)
    }))
}

/// What nobody works on may wait for an answer, too.
async fn add_questions(read: &mut Read, task: &Task, holds: &mut Vec<Hold>) -> Result<(), Error> {
    if task.status == TaskState::Blocked && questions::is_open_on_task(read, task.id).await? {
        let detail = "a question about it waits for its answer";
        holds.push(Hold::new(HoldReason::Question, detail));
    }
    Ok(())
}

/// The first hold that keeps those off who come this way.
pub(crate) fn stops(holds: &[Hold], way: Way) -> Option<&Hold> {
    holds.iter().find(|hold| hold.reason.stops(way))
}

/// Refuses who names a task that is held back.
pub(crate) fn refuse(holds: &[Hold]) -> Result<(), Error> {
    match stops(holds, Way::Hand) {
        Some(hold) => Err(Error::Held(hold.clone())),
        None => Ok(()),
    }
}
