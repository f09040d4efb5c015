//! Events: what agents report beside what the server says by itself. Posting must cost little: nothing is read for
//! what is known already, and nothing is written but the events.

use auth::Caller;
use model::{
    Event, EventFilter, EventType, EventsAppended, Fact, Name, NewEvent, NewEvents, ProjectId,
    Reporter, Scope, Severity, Timestamp,
};
use store::events;

use crate::deed::Rights;
use crate::facts::TicketWords;
use crate::known::RunPlace;
use crate::{App, Error, EventPage, idempotency};

/// No more events in one batch.
const MOST_EVENTS: usize = 1000;

/// No more events in one page.
const MOST_SHOWN: i64 = 1000;

/// The longest word of an agent's own, in bytes.
const WORD_BYTES: usize = 100;

impl App {
    /// Keeps events that an agent or another program reports, all or none.
    pub async fn post_events(
        &self,
        caller: &Caller,
        new: NewEvents,
    ) -> Result<EventsAppended, Error> {
        caller.holds(Scope::Report)?;
        let at = self.clock().now();
        let facts = match new {
            NewEvents::One(one) => vec![self.fact(caller, *one, at).await?],
            NewEvents::Many(many) => self.facts(caller, many, at).await?,
        };
        if idempotency::is_wanted() {
            return self
                .write(caller, |tx, _| {
                    Box::pin(async move {
                        let events: Vec<_> =
                            facts.into_iter().map(|fact| tx.append(fact)).collect();
                        Ok(appended(&events))
                    })
                })
                .await;
        }
        Ok(appended(&self.store().append(facts).await?))
    }

    /// Events that pass a filter: newest first, or those after a number in their order.
    pub async fn list_events(
        &self,
        caller: &Caller,
        filter: EventFilter,
        page: EventPage,
    ) -> Result<Vec<Event>, Error> {
        let Some(project) = self.scope_of_list(caller, filter.project)? else {
            return Ok(Vec::new());
        };
        let filter = EventFilter { project, ..filter };
        let page = EventPage {
            limit: page.limit.clamp(1, MOST_SHOWN),
            offset: page.offset.max(0),
            ..page
        };
        Ok(events::page(&mut self.read().await?, &filter, &page).await?)
    }

    async fn facts(
        &self,
        caller: &Caller,
        many: Vec<NewEvent>,
        at: Timestamp,
    ) -> Result<Vec<Fact>, Error> {
        if many.is_empty() || many.len() > MOST_EVENTS {
            return Err(Error::invalid(
                "",
                format!("must hold 1 to {MOST_EVENTS} events"),
            ));
        }
        let mut facts = Vec::with_capacity(many.len());
        for (index, new) in many.into_iter().enumerate() {
            let fact = self.fact(caller, new, at).await;
            facts.push(fact.map_err(|error| error.below(index))?);
        }
        Ok(facts)
    }

    async fn fact(&self, caller: &Caller, new: NewEvent, at: Timestamp) -> Result<Fact, Error> {
        let place = self.place(caller, &new).await?;
        let (event_type, usual) = word(&new.event_type)?;
        let (runner, model) = match &place.run {
            Some(run) => (run.agent.clone(), run.model.clone()),
            None => (None, None),
        };
        Ok(Fact {
            event_type,
            severity: new.severity.unwrap_or(usual),
            source: new.source.unwrap_or_else(|| caller.principal.name.clone()),
            message: new.message,
            details: new.details,
            actor: caller.principal.clone(),
            created_at: at,
            project_id: place.project_id,
            ticket_id: place.words.id,
            task_id: place.task_id,
            run_id: place.run_id,
            ticket_title: place.words.title,
            submitter: place.words.submitter,
            runner,
            model,
        })
    }

    /// Where an event belongs, if the caller may say so.
    async fn place(&self, caller: &Caller, new: &NewEvent) -> Result<Place, Error> {
        let mut place = Place {
            run_id: new.run_id,
            task_id: new.task_id,
            ..Place::default()
        };
        if let (Some(own), None, None) = (caller.run, new.run_id, new.task_id) {
            place.run_id = Some(own.run);
        }
        let mut ticket_id = new.ticket_id;
        if let Some(id) = place.run_id {
            let run = self
                .place_of_run(id)
                .await?
                .ok_or_else(|| missing("/run_id", "run"))?;
            caller.report_run(run.project_id, id)?;
            place.project_id = Some(run.project_id);
            place.task_id = same("/task_id", run.task_id, place.task_id)?;
            ticket_id = same("/ticket_id", run.ticket_id, ticket_id)?;
            place.run = Some(run);
        } else if let Some(id) = place.task_id {
            let task = self
                .place_of_task(id)
                .await?
                .ok_or_else(|| missing("/task_id", "task"))?;
            caller.report_task(task.project_id, id)?;
            place.project_id = Some(task.project_id);
            ticket_id = same("/ticket_id", task.ticket_id, ticket_id)?;
        }
        if let Some(id) = ticket_id {
            let ticket = self
                .place_of_ticket(id)
                .await?
                .ok_or_else(|| missing("/ticket_id", "ticket"))?;
            if place.project_id.is_none() {
                caller.act("ticket", Scope::Report, ticket.project_id)?;
            }
            place.project_id = same("/ticket_id", Some(ticket.project_id), place.project_id)?;
            place.words = ticket.words.clone();
        }
        self.in_project(caller, new, place).await
    }

    async fn in_project(
        &self,
        caller: &Caller,
        new: &NewEvent,
        mut place: Place,
    ) -> Result<Place, Error> {
        if let Some(name) = &new.project {
            let project = name
                .parse()
                .map_err(|error| Error::invalid("/project", error))?;
            let id = self.id_of_project(&project).await?;
            let id = id
                .filter(|id| caller.may_see(*id).is_ok())
                .ok_or_else(|| missing("/project", "project"))?;
            if place.project_id.is_none() {
                caller.act("project", Scope::Report, id)?;
            }
            place.project_id = same("/project", place.project_id, Some(id))?;
        }
        if place.project_id.is_none() {
            match caller.project {
                Some(only) => caller.act("project", Scope::Report, only)?,
                None => caller.may(Scope::Report)?,
            }
            place.project_id = caller.project;
        }
        Ok(place)
    }
}

/// Where an event belongs.
#[derive(Debug, Default)]
struct Place {
    project_id: Option<ProjectId>,
    words: TicketWords,
    task_id: Option<model::TaskId>,
    run_id: Option<model::RunId>,
    run: Option<std::sync::Arc<RunPlace>>,
}

fn missing(pointer: &str, kind: &str) -> Error {
    Error::invalid(pointer, format!("there is no such {kind}"))
}

/// What is known and what was said must be the same where both are there.
fn same<T: PartialEq + Copy>(
    pointer: &str,
    known: Option<T>,
    said: Option<T>,
) -> Result<Option<T>, Error> {
    match (known, said) {
        (Some(known), Some(said)) if known != said => {
            Err(Error::invalid(pointer, "belongs elsewhere"))
        }
        (known, said) => Ok(known.or(said)),
    }
}

/// The word under which an event is kept, and how much it usually matters.
fn word(said: &Name) -> Result<(String, Severity), Error> {
    let said = said.as_str();
    if let Some(known) = EventType::parse(said) {
        return match known.reported_by() {
            Reporter::Agent => Ok((said.to_owned(), known.severity())),
            Reporter::Server => Err(Error::invalid("/event_type", "is said by the server alone")),
        };
    }
    let own = said.strip_prefix("agent.").unwrap_or(said);
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte);
    if own.is_empty() || own.len() > WORD_BYTES || !own.bytes().all(allowed) {
        let rule = format!("must be 1 to {WORD_BYTES} of letters, digits, `_`, `-`, `.` and `:`");
        return Err(Error::invalid("/event_type", rule));
    }
    Ok((format!("agent.{own}"), Severity::Info))
}

fn appended(events: &[std::sync::Arc<Event>]) -> EventsAppended {
    EventsAppended {
        ids: events.iter().map(|event| event.id).collect(),
        first_seq: events.first().map_or(0, |event| event.seq),
        last_seq: events.last().map_or(0, |event| event.seq),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_agents_are_kept_under_a_name_of_their_own() {
        let kept = |said: &str| word(&Name::lossy(said)).map(|(word, _)| word).ok();
        assert_eq!(kept("test_run_pass").as_deref(), Some("test_run_pass"));
        assert_eq!(kept("compiled").as_deref(), Some("agent.compiled"));
        assert_eq!(kept("agent.compiled").as_deref(), Some("agent.compiled"));
        assert_eq!(kept("run_finished"), None);
        assert_eq!(kept("two words"), None);
    }
}
