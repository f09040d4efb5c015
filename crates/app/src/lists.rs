//! What lists have in common: whose rows a caller may see at all.

use auth::Caller;
use model::{Paged, ProjectId, Scope};

use crate::{App, Error};

impl App {
    /// The project that a list is narrowed to: the one asked for, or the only one that the caller may see.
    /// `None` when the caller may not see the one asked for: the list is empty then.
    pub(crate) fn scope_of_list(
        &self,
        caller: &Caller,
        asked: Option<ProjectId>,
    ) -> Result<Option<Option<ProjectId>>, Error> {
        caller.may(Scope::Read)?;
        Ok(match (caller.project, asked) {
            (Some(only), Some(asked)) if only != asked => None,
            (Some(only), _) => Some(Some(only)),
            (None, asked) => Some(asked),
        })
    }
}

/// A list without rows.
pub(crate) fn none<T>() -> Paged<T> {
    Paged {
        items: Vec::new(),
        next: None,
    }
}
