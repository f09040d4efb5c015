//! Callers: in whose name something is asked, and whether that one may.

use model::{LoginId, Principal, ProjectId, RunId, Scope, TaskId, Timestamp, TokenId};

use crate::Scopes;

/// Who is calling.
#[derive(Debug, Clone, PartialEq)]
pub struct Caller {
    /// In whose name.
    pub principal: Principal,
    /// What the caller may do.
    pub scopes: Scopes,
    /// The only project that the caller may see and change.
    pub project: Option<ProjectId>,
    /// The only run that the caller may write to.
    pub run: Option<OwnRun>,
    /// The lease under which the caller says to work.
    pub lease_epoch: Option<i64>,
    /// By what the caller was recognised.
    pub credential: Credential,
    /// When the caller's right ends by itself.
    pub expires_at: Option<Timestamp>,
}

/// The run of a run token, with the task that it works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnRun {
    /// The run.
    pub run: RunId,
    /// Its task; none for ad-hoc work.
    pub task: Option<TaskId>,
}

/// By what a caller was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Credential {
    /// A token.
    Token(TokenId),
    /// A login cookie.
    Login(LoginId),
    /// The program itself, or the one that embeds it.
    Host,
}

/// Why a caller may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The caller lacks a scope.
    #[error("this needs the scope `{0}`")]
    Scope(Scope),
    /// It belongs to a project that the caller may not see: to the caller it is not there.
    #[error("this belongs to another project")]
    OtherProject,
    /// A run's own token writes only to its run and its task.
    #[error("a run's token may write only to its own run and task")]
    OtherRun,
    /// It is not about one project, and the caller is restricted to one.
    #[error("this is not open to a token that is restricted to a project")]
    Everything,
}

impl Caller {
    /// The program itself, or the one that embeds it: may do everything.
    #[must_use]
    pub fn host(principal: Principal) -> Self {
        Self {
            principal,
            scopes: Scopes::all(),
            project: None,
            run: None,
            lease_epoch: None,
            credential: Credential::Host,
            expires_at: None,
        }
    }

    /// Whether the caller may do this kind of thing at all. To a run's token everything but reading
    /// is closed here; what it may write, [`Caller::may_write_run`] and [`Caller::may_write_task`] say.
    pub fn may(&self, scope: Scope) -> Result<(), Denied> {
        if !self.scopes.include(scope) {
            return Err(Denied::Scope(scope));
        }
        if self.run.is_some() && scope != Scope::Read {
            return Err(Denied::OtherRun);
        }
        Ok(())
    }

    /// Whether the caller may do this to something that is about no project in particular, such as
    /// users, tokens or a backup.
    pub fn may_everywhere(&self, scope: Scope) -> Result<(), Denied> {
        self.may(scope)?;
        match self.project {
            None => Ok(()),
            Some(_) => Err(Denied::Everything),
        }
    }

    /// Whether the caller may do this in a project.
    pub fn may_in(&self, scope: Scope, project: ProjectId) -> Result<(), Denied> {
        self.within(project)?;
        self.may(scope)
    }

    /// Whether the caller may read what belongs to a project.
    pub fn may_see(&self, project: ProjectId) -> Result<(), Denied> {
        self.may_in(Scope::Read, project)
    }

    /// Whether the caller may report what this run does.
    pub fn may_write_run(&self, project: ProjectId, run: RunId) -> Result<(), Denied> {
        self.may_report(project, |own| own.run == run)
    }

    /// Whether the caller may report about this task, as the one who works on it.
    pub fn may_write_task(&self, project: ProjectId, task: TaskId) -> Result<(), Denied> {
        self.may_report(project, |own| own.task == Some(task))
    }

    /// Whether the caller's right has ended by itself.
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| now >= end)
    }

    fn may_report(&self, project: ProjectId, own: impl Fn(OwnRun) -> bool) -> Result<(), Denied> {
        self.within(project)?;
        if !self.scopes.include(Scope::Report) {
            return Err(Denied::Scope(Scope::Report));
        }
        match self.run {
            Some(run) if !own(run) => Err(Denied::OtherRun),
            _ => Ok(()),
        }
    }

    fn within(&self, project: ProjectId) -> Result<(), Denied> {
        match self.project {
            Some(only) if only != project => Err(Denied::OtherProject),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{Name, PrincipalKind};

    use super::*;

    fn caller(scopes: &[Scope]) -> Caller {
        Caller {
            principal: Principal {
                kind: PrincipalKind::Agent,
                name: Name::lossy("builder"),
            },
            scopes: scopes.into(),
            project: None,
            run: None,
            lease_epoch: None,
            credential: Credential::Token(TokenId::new()),
            expires_at: None,
        }
    }

    #[test]
    fn a_missing_scope_is_named() {
        let reader = caller(&[Scope::Read]);
        assert_eq!(reader.may(Scope::Read), Ok(()));
        let denied = reader.may(Scope::Operate);
        assert_eq!(denied, Err(Denied::Scope(Scope::Operate)));
    }

    #[test]
    fn a_project_token_sees_only_its_project() {
        let mine = ProjectId::new();
        let only = Caller {
            project: Some(mine),
            ..caller(&[Scope::Admin])
        };
        assert_eq!(only.may_see(mine), Ok(()));
        assert_eq!(only.may_see(ProjectId::new()), Err(Denied::OtherProject));
        assert_eq!(only.may_everywhere(Scope::Admin), Err(Denied::Everything));
    }

    #[test]
    fn a_run_token_writes_only_to_its_run_and_task() {
        let (project, run, task) = (ProjectId::new(), RunId::new(), TaskId::new());
        let worker = Caller {
            project: Some(project),
            run: Some(OwnRun {
                run,
                task: Some(task),
            }),
            ..caller(&[Scope::Report])
        };
        assert_eq!(worker.may_see(project), Ok(()));
        assert_eq!(worker.may_write_run(project, run), Ok(()));
        assert_eq!(worker.may_write_task(project, task), Ok(()));
        let other_run = worker.may_write_run(project, RunId::new());
        assert_eq!(other_run, Err(Denied::OtherRun));
        let other_task = worker.may_write_task(project, TaskId::new());
        assert_eq!(other_task, Err(Denied::OtherRun));
        assert_eq!(worker.may(Scope::Report), Err(Denied::OtherRun));
    }

    #[test]
    fn a_reader_reports_nothing() {
        let denied = caller(&[Scope::Read]).may_write_run(ProjectId::new(), RunId::new());
        assert_eq!(denied, Err(Denied::Scope(Scope::Report)));
    }

    #[test]
    fn a_right_ends_at_its_hour() {
        let end = Timestamp::from_micros(1_000_000);
        let guest = Caller {
            expires_at: Some(end),
            ..caller(&[Scope::Read])
        };
        assert!(!guest.has_expired(Timestamp::from_micros(999_999)));
        assert!(guest.has_expired(end));
    }
}
