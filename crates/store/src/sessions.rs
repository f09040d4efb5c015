//! Sessions as they are kept.

use model::{Name, Page, Paged, ProjectId, Session, SessionId};

use crate::engine::Read;
use crate::pages::{self, Key, Order};
use crate::record::{self, kept};
use crate::{Error, Tx};

kept!(Session in "sessions" {
    fixed: id, project_id, agent, provider_session_id, started_at;
    edited: cwd, model, state, messages, updated_at, ended_at;
    totals: totals;
});

/// Keeps a new session. One that its agent calls the same within the project is a conflict.
pub async fn insert(tx: &mut Tx, session: &Session) -> Result<(), Error> {
    record::insert(tx, session).await
}

/// The session with this id.
pub async fn get(read: &mut Read, id: SessionId) -> Result<Option<Session>, Error> {
    record::get(read, &id).await
}

/// The session that an agent calls so, within a project.
pub async fn by_provider_id(
    read: &mut Read,
    project: ProjectId,
    agent: &Name,
    provider_session_id: &Name,
) -> Result<Option<Session>, Error> {
    let mut select = record::select::<Session>();
    select
        .push_equal("project_id", Some(&project))
        .push_equal("agent", Some(agent))
        .push_equal("provider_session_id", Some(provider_session_id));
    record::optional(read, select).await
}

/// Writes what changed. Sessions have no versions: only their agent changes them.
pub async fn update(tx: &mut Tx, session: &Session) -> Result<(), Error> {
    record::overwrite(tx, &session.id, session).await
}

/// A page of sessions, newest first.
pub async fn list(
    read: &mut Read,
    project: Option<ProjectId>,
    page: &Page,
) -> Result<Paged<Session>, Error> {
    let mut select = record::select::<Session>();
    select.push_equal("project_id", project.as_ref());
    Order::Down("started_at").page(&mut select, page)?;
    let found = record::all(read, select).await?;
    Ok(pages::cut(found, page, |session: &Session| {
        Key::one(session.started_at.micros(), session.id.0)
    }))
}
