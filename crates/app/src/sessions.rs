//! Sessions: conversations of agents, as their runs report them.

use auth::Caller;
use model::{
    EventType, Name, Page, Paged, ProjectId, Run, Session, SessionId, SessionReport, SessionState,
    Totals,
};
use serde_json::json;
use store::{Tx, sessions};

use crate::deed::{Deed, Rights};
use crate::facts::{About, TicketWords};
use crate::{App, Error, lists};

impl App {
    /// Conversations, newest first, a page at a time.
    pub async fn list_sessions(
        &self,
        caller: &Caller,
        project: Option<ProjectId>,
        page: Page,
    ) -> Result<Paged<Session>, Error> {
        let Some(project) = self.scope_of_list(caller, project)? else {
            return Ok(lists::none());
        };
        Ok(sessions::list(&mut self.read().await?, project, &page).await?)
    }

    /// One conversation.
    pub async fn get_session(&self, caller: &Caller, id: SessionId) -> Result<Session, Error> {
        let session = sessions::get(&mut self.read().await?, id)
            .await?
            .ok_or(Error::NotFound("session"))?;
        caller.see("session", session.project_id)?;
        Ok(session)
    }
}

/// Takes what an agent says about its conversation; makes it where it is not known.
pub(crate) async fn report(
    tx: &mut Tx,
    deed: &Deed,
    run: &Run,
    report: SessionReport,
) -> Result<SessionId, Error> {
    let known = sessions::by_provider_id(
        tx,
        run.project_id,
        &report.agent,
        &report.provider_session_id,
    )
    .await?;
    let is_new = known.is_none();
    let mut session = known.unwrap_or_else(|| {
        blank(
            deed,
            run.project_id,
            &report.agent,
            &report.provider_session_id,
        )
    });
    let was = session.state;
    session.state = report.state.unwrap_or(session.state);
    session.cwd = report.cwd.or(session.cwd);
    session.model = report.model.or(session.model);
    session.messages = session.messages.saturating_add(report.messages.max(0));
    session.updated_at = deed.at;
    session.ended_at =
        (session.state == SessionState::Ended).then(|| session.ended_at.unwrap_or(deed.at));
    if is_new {
        sessions::insert(tx, &session).await?;
        tell(tx, deed, run, &session, EventType::SessionStarted, "began").await?;
    } else {
        sessions::update(tx, &session).await?;
    }
    if session.state == SessionState::Ended && (is_new || was != SessionState::Ended) {
        tell(tx, deed, run, &session, EventType::SessionEnded, "ended").await?;
    }
    Ok(session.id)
}

/// The conversation that a call names; it begins with that where it is not known.
pub(crate) async fn find_or_begin(
    tx: &mut Tx,
    deed: &Deed,
    project: ProjectId,
    agent: &Name,
    name: &Name,
) -> Result<SessionId, Error> {
    if let Some(session) = sessions::by_provider_id(tx, project, agent, name).await? {
        return Ok(session.id);
    }
    let session = blank(deed, project, agent, name);
    sessions::insert(tx, &session).await?;
    let message = format!("a conversation with {agent} began");
    let fact = deed
        .fact(EventType::SessionStarted, message)
        .in_project(project);
    tx.append(fact.with(json!({ "session_id": session.id })));
    Ok(session.id)
}

fn blank(deed: &Deed, project_id: ProjectId, agent: &Name, provider_session_id: &Name) -> Session {
    Session {
        id: SessionId::new(),
        project_id,
        agent: agent.clone(),
        provider_session_id: provider_session_id.clone(),
        cwd: None,
        model: None,
        state: SessionState::Running,
        messages: 0,
        totals: Totals::default(),
        started_at: deed.at,
        updated_at: deed.at,
        ended_at: None,
    }
}

async fn tell(
    tx: &mut Tx,
    deed: &Deed,
    run: &Run,
    session: &Session,
    event: EventType,
    verb: &str,
) -> Result<(), Error> {
    let words = TicketWords::of(tx, run.ticket_id).await?;
    let message = format!("a conversation with {} {verb}", session.agent);
    let fact = deed.fact(event, message).on_run(run, &words);
    tx.append(fact.with(json!({ "session_id": session.id })));
    Ok(())
}
