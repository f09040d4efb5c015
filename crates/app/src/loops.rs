//! Pause and resume: of a project's loop, and of everything. Both are kept, so that a restart changes nothing.

use auth::Caller;
use model::{
    Daemon, DaemonState, EventType, Limits, LoopChange, LoopState, ProjectLoop, ProjectRef, Scope,
    TaskState,
};
use serde_json::json;
use store::{Read, Tx, board_counts, dispatch, meta, projects as kept};

use crate::claims::check_number;
use crate::deed::Deed;
use crate::facts::About;
use crate::holds::{DAEMON, LIMITS};
use crate::{App, Error, holds, projects};

impl App {
    /// Whether the work of a project is handed out.
    pub async fn get_loop(
        &self,
        caller: &Caller,
        project: &ProjectRef,
    ) -> Result<ProjectLoop, Error> {
        let mut read = self.read().await?;
        let project = projects::named(&mut read, caller, project).await?;
        let now = self.clock().now();
        shown(&mut read, project, now).await
    }

    /// Starts or stops handing out the work of a project. What runs goes on.
    pub async fn update_loop(
        &self,
        caller: &Caller,
        project: &ProjectRef,
        change: LoopChange,
    ) -> Result<ProjectLoop, Error> {
        if change.state == LoopState::Halted {
            let refused = "only the server halts a loop; pause it";
            return Err(Error::invalid("/state", refused));
        }
        let project = project.clone();
        self.write(caller, move |tx, deed| {
            Box::pin(async move {
                let mut project = projects::to_change(tx, &deed, &project).await?;
                let reason = change.reason.filter(|_| change.state == LoopState::Paused);
                if (project.loop_state, &project.loop_reason) != (change.state, &reason) {
                    project.loop_state = change.state;
                    project.loop_reason = reason;
                    save(tx, &deed, &mut project).await?;
                }
                shown(tx, project, deed.at).await
            })
        })
        .await
    }

    /// Stops handing out work everywhere. What runs goes on.
    pub async fn pause_daemon(&self, caller: &Caller) -> Result<Daemon, Error> {
        let paused = (DaemonState::Paused, EventType::DaemonPaused);
        self.set_daemon(caller, paused, "no work is handed out any more")
            .await
    }

    /// Hands out work again.
    pub async fn resume_daemon(&self, caller: &Caller) -> Result<Daemon, Error> {
        let running = (DaemonState::Running, EventType::DaemonResumed);
        self.set_daemon(caller, running, "work is handed out again")
            .await
    }

    async fn set_daemon(
        &self,
        caller: &Caller,
        (state, event): (DaemonState, EventType),
        message: &'static str,
    ) -> Result<Daemon, Error> {
        caller.may_everywhere(Scope::Operate)?;
        self.write(caller, move |tx, deed| {
            Box::pin(async move {
                if holds::daemon(tx).await? != state {
                    meta::set(tx, DAEMON, state.as_str()).await?;
                    tx.append(deed.fact(event, message));
                }
                Ok(Daemon {
                    daemon_state: state,
                })
            })
        })
        .await
    }

    /// How much may run at once, whatever the project.
    pub async fn get_limits(&self, caller: &Caller) -> Result<Limits, Error> {
        caller.may(Scope::Read)?;
        holds::limits(&mut self.read().await?).await
    }

    /// Sets how much may run at once. What runs beyond goes on.
    pub async fn update_limits(&self, caller: &Caller, limits: Limits) -> Result<Limits, Error> {
        caller.may_everywhere(Scope::Operate)?;
        for (pointer, limit) in [
            ("/max_running", limits.max_running),
            ("/max_running_per_agent", limits.max_running_per_agent),
        ] {
            check_number(pointer, limit, 0, Limits::MOST)?;
        }
        self.write(caller, move |tx, deed| {
            Box::pin(async move {
                let from = holds::limits(tx).await?;
                if from != limits {
                    let text = serde_json::to_string(&limits).map_err(Error::internal)?;
                    meta::set(tx, LIMITS, &text).await?;
                    let fact = deed.fact(EventType::LimitsChanged, "other limits hold");
                    tx.append(fact.with(json!({ "from": from, "to": limits })));
                }
                Ok(limits)
            })
        })
        .await
    }
}

async fn save(tx: &mut Tx, deed: &Deed, project: &mut model::Project) -> Result<(), Error> {
    project.updated_at = deed.at;
    kept::update(tx, project).await?;
    let event = match project.loop_state {
        LoopState::Running => EventType::LoopStarted,
        LoopState::Paused => EventType::LoopStopped,
        LoopState::Halted => EventType::LoopHalted,
    };
    let message = format!(
        "the loop of project {} is {}",
        project.slug, project.loop_state
    );
    let fact = deed.fact(event, message).in_project(project.id);
    tx.append(fact.with(json!({ "reason": project.loop_reason })));
    Ok(())
}

async fn shown(
    read: &mut Read,
    project: model::Project,
    now: model::Timestamp,
) -> Result<ProjectLoop, Error> {
    let counts = board_counts::by_status(read, Some(project.id)).await?;
    let amount = |state: TaskState| counts.get(state.as_str()).copied().unwrap_or(0);
    Ok(ProjectLoop {
        state: project.loop_state,
        reason: project.loop_reason,
        daemon_state: holds::daemon(read).await?,
        last_tick_at: project.last_dispatch_at,
        next_tick_at: dispatch::next_release(read, Some(project.id), now).await?,
        ready: amount(TaskState::Ready),
        running: amount(TaskState::Running) + amount(TaskState::Waiting),
    })
}
