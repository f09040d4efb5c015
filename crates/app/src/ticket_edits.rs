//! What an edit of a ticket changes, and who may change it.

use model::{FieldError, NotAllowed, Scope, Ticket, TicketPatch, TicketStatus, Timestamp, patch};

use crate::Error;

/// No more labels, skills and the like than that.
pub(crate) const MOST_WORDS: usize = 50;

/// What an edit changed.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Edit {
    /// The fields but the status.
    pub(crate) fields: Vec<&'static str>,
    /// From where to where it was moved.
    pub(crate) moved: Option<(TicketStatus, TicketStatus)>,
}

impl Edit {
    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.moved.is_none()
    }
}

/// Reporters say how the work goes; what is wanted is for those who operate.
pub(crate) fn scope_for(patch: &TicketPatch) -> Scope {
    let wanted = patch.title.is_some()
        || patch.description.is_some()
        || patch.acceptance_criteria.is_some()
        || patch.labels.is_some()
        || patch.priority.is_some()
        || patch.assignee.is_some()
        || patch.external_url.is_some();
    if wanted {
        Scope::Operate
    } else {
        Scope::Report
    }
}

/// Carries an edit out.
pub(crate) fn edit(ticket: &mut Ticket, patch: TicketPatch, at: Timestamp) -> Result<Edit, Error> {
    check_words("/labels", patch.labels.as_deref().unwrap_or_default())?;
    let mut edit = Edit::default();
    if let Some(status) = patch.status {
        edit.moved = report(ticket, status, at)?;
    }
    let changes = [
        (
            "external_url",
            patch::set(&mut ticket.external_url, patch.external_url),
        ),
        ("title", patch::set(&mut ticket.title, patch.title)),
        (
            "description",
            patch::set(&mut ticket.description, patch.description),
        ),
        (
            "acceptance_criteria",
            patch::set(&mut ticket.acceptance_criteria, patch.acceptance_criteria),
        ),
        ("labels", patch::set(&mut ticket.labels, patch.labels)),
        ("priority", patch::set(&mut ticket.priority, patch.priority)),
        ("assignee", patch::set(&mut ticket.assignee, patch.assignee)),
        (
            "branch_name",
            patch::set(&mut ticket.branch_name, patch.branch_name),
        ),
        ("pr_url", patch::set(&mut ticket.pr_url, patch.pr_url)),
        (
            "pr_number",
            patch::set(&mut ticket.pr_number, patch.pr_number),
        ),
        (
            "is_partial",
            patch::set(&mut ticket.is_partial, patch.is_partial),
        ),
        (
            "error_message",
            patch::set(&mut ticket.error_message, patch.error_message),
        ),
    ];
    edit.fields = changes
        .iter()
        .filter(|(_, changed)| *changed)
        .map(|(name, _)| *name)
        .collect();
    Ok(edit)
}

/// A reporter says where the ticket stands.
fn report(
    ticket: &mut Ticket,
    status: TicketStatus,
    at: Timestamp,
) -> Result<Option<(TicketStatus, TicketStatus)>, NotAllowed> {
    let new = ticket.status.report(status)?;
    Ok(put(ticket, new, at))
}

/// Puts a ticket where it stands now, with its times; `None` when it stood there already.
pub(crate) fn put(
    ticket: &mut Ticket,
    new: TicketStatus,
    at: Timestamp,
) -> Option<(TicketStatus, TicketStatus)> {
    let old = std::mem::replace(&mut ticket.status, new);
    if old == new {
        return None;
    }
    if new.is_active() && ticket.started_at.is_none() {
        ticket.started_at = Some(at);
    }
    ticket.finished_at = new.has_ended().then_some(at);
    Some((old, new))
}

pub(crate) fn check_words<T>(pointer: &str, words: &[T]) -> Result<(), Error> {
    if words.len() <= MOST_WORDS {
        return Ok(());
    }
    let detail = format!("must not hold more than {MOST_WORDS}");
    Err(Error::Invalid(vec![FieldError::new(pointer, detail)]))
}
