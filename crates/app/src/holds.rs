//! Holds: what keeps tasks from being worked on, gathered from what is kept. What holds and what does not is decided in
//! `model/src/hold.rs`, for those who take tasks and for those who ask why nobody does.

use model::{
    DaemonState, Hold, Limits, Name, Project, Surroundings, Task, TaskState, Timestamp, Way,
};
use store::{Read, dispatch, links, meta, tasks};

use crate::Error;

/// Where the server remembers whether it hands out work.
pub(crate) const DAEMON: &str = "daemon_state";
/// Where the server remembers its limits.
pub(crate) const LIMITS: &str = "limits";
/// Open parents that are named.
const NAMED_PARENTS: usize = 100;

/// Whether work is handed out at all.
pub(crate) async fn daemon(read: &mut Read) -> Result<DaemonState, Error> {
    let kept = meta::setting(read, DAEMON).await?;
    Ok(kept
        .and_then(|word| word.parse().ok())
        .unwrap_or(DaemonState::Running))
}

/// How much may run at once, whatever the project.
pub(crate) async fn limits(read: &mut Read) -> Result<Limits, Error> {
    match meta::setting(read, LIMITS).await? {
        Some(text) => serde_json::from_str(&text).map_err(Error::internal),
        None => Ok(Limits::default()),
    }
}

/// What is around the tasks of a project.
pub(crate) async fn around(read: &mut Read, project: Project) -> Result<Surroundings, Error> {
    let limits = limits(read).await?;
    Ok(Surroundings {
        daemon: daemon(read).await?,
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
    let mut holds: Vec<Hold> = task.hold(at).into_iter().collect();
    if task.status == TaskState::Todo {
        name_parents(read, task, &mut holds).await?;
    }
    holds.extend(around.holds());
    holds.extend(
        agent
            .map(|agent| around.holds_for(agent))
            .unwrap_or_default(),
    );
    Ok(holds)
}

async fn name_parents(read: &mut Read, task: &Task, holds: &mut [Hold]) -> Result<(), Error> {
    let Some(hold) = holds.first_mut() else {
        return Ok(());
    };
    let mut titles = Vec::new();
    for id in links::of_task(read, task.id).await?.parents {
        let parent = tasks::get(read, id).await?;
        let open = parent.filter(|parent| !parent.status.lets_children_go());
        if let Some(parent) = open.filter(|_| hold.tasks.len() < NAMED_PARENTS) {
            titles.push(format!("“{}” ({})", parent.title, parent.status));
            hold.tasks.push(id);
        }
    }
    if titles.is_empty() {
        "nobody has promoted it".clone_into(&mut hold.detail);
    } else {
        hold.detail = format!("it waits for {}", titles.join(", "));
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
