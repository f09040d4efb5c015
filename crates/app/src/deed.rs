//! A deed: who does something, when, and what that one may. It goes into the unit of work with the change.

use auth::{Caller, Denied};
use model::{Principal, ProjectId, RunId, Scope, TaskId, Timestamp};

use crate::Error;

/// Who does something, and when.
#[derive(Debug, Clone)]
pub(crate) struct Deed {
    pub(crate) caller: Caller,
    pub(crate) at: Timestamp,
}

impl Deed {
    /// The server's own deed.
    pub(crate) fn of_server(at: Timestamp) -> Self {
        Self {
            caller: Caller::host(Principal::server()),
            at,
        }
    }

    /// In whose name.
    pub(crate) fn by(&self) -> Principal {
        self.caller.principal.clone()
    }
}

impl From<Denied> for Error {
    fn from(denied: Denied) -> Self {
        Self::Forbidden(denied.to_string())
    }
}

/// Permissions as use cases ask for them: what belongs to a project that the caller may not see is not there.
pub(crate) trait Rights {
    /// Whether the caller may read this thing of a project.
    fn see(&self, kind: &'static str, project: ProjectId) -> Result<(), Error>;
    /// Whether the caller may do this to a thing of a project.
    fn act(&self, kind: &'static str, scope: Scope, project: ProjectId) -> Result<(), Error>;
    /// Whether the caller may report what this run does.
    fn report_run(&self, project: ProjectId, run: RunId) -> Result<(), Error>;
    /// Whether the caller may report about this task.
    fn report_task(&self, project: ProjectId, task: TaskId) -> Result<(), Error>;
    /// Whether the caller holds this scope, wherever it may be used.
    fn holds(&self, scope: Scope) -> Result<(), Error>;
}

impl Rights for Caller {
    fn see(&self, kind: &'static str, project: ProjectId) -> Result<(), Error> {
        self.may_see(project).map_err(|denied| hidden(kind, denied))
    }

    fn act(&self, kind: &'static str, scope: Scope, project: ProjectId) -> Result<(), Error> {
        self.may_in(scope, project)
            .map_err(|denied| hidden(kind, denied))
    }

    fn report_run(&self, project: ProjectId, run: RunId) -> Result<(), Error> {
        self.may_write_run(project, run)
            .map_err(|denied| hidden("run", denied))
    }

    fn report_task(&self, project: ProjectId, task: TaskId) -> Result<(), Error> {
        self.may_write_task(project, task)
            .map_err(|denied| hidden("task", denied))
    }

    fn holds(&self, scope: Scope) -> Result<(), Error> {
        if self.scopes.include(scope) {
            Ok(())
        } else {
            Err(Denied::Scope(scope).into())
        }
    }
}

fn hidden(kind: &'static str, denied: Denied) -> Error {
    match denied {
        Denied::OtherProject => Error::NotFound(kind),
        denied => denied.into(),
    }
}
