//! Search: one question over tickets, tasks, runs and comments.

use auth::Caller;
use model::{Found, FoundKind, ProjectId};
use store::search;

use crate::{App, Error};

/// No more finds at once.
const MOST_FOUND: i64 = 1000;

/// The longest text that is looked for, in bytes.
const MOST_BYTES: usize = 200;

/// What to look for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Search {
    /// The text, found in any case.
    pub q: String,
    /// Only in this project.
    pub project: Option<ProjectId>,
    /// Only these kinds; all when empty.
    pub kinds: Vec<FoundKind>,
    /// At most so many.
    pub limit: i64,
}

impl App {
    /// Finds a text in everything that the caller may see, changed last first.
    pub async fn search(&self, caller: &Caller, wanted: Search) -> Result<Vec<Found>, Error> {
        let Some(project) = self.scope_of_list(caller, wanted.project)? else {
            return Ok(Vec::new());
        };
        let text = wanted.q.trim();
        if text.is_empty() || text.len() > MOST_BYTES || text.contains('\0') {
            return Err(Error::invalid(
                "q",
                format!("must be 1 to {MOST_BYTES} bytes"),
            ));
        }
        let limit = wanted.limit.clamp(1, MOST_FOUND);
        let mut read = self.read().await?;
        Ok(search::find(&mut read, text, project, &wanted.kinds, limit).await?)
    }
}
