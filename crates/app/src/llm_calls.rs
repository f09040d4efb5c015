//! Calls to models: each stands in the ledger once, priced, whatever reports it and how often.

use std::collections::HashMap;

use auth::Caller;
use model::{
    CallStatus, EventType, Exactness, LlmCall, LlmCallFilter, LlmCallId, Name, NewLlmCall,
    NewLlmCalls, Page, Paged, ProjectId, Run, RunId, Scope, SessionId, Usd,
};
use serde_json::json;
use store::llm_calls::Reported;
use store::{Tx, llm_calls, runs as kept_runs, steps};

use crate::deed::{Deed, Rights};
use crate::facts::{About, TicketWords};
use crate::pricing::PriceBook;
use crate::{App, Error, lists, projects, sessions, settling, tasks, tickets};

/// No more calls in one batch.
const MOST_CALLS: usize = 1000;

impl App {
    /// Enters reports of calls, all or none; answers the calls as the ledger has them now.
    pub async fn report_llm_calls(
        &self,
        caller: &Caller,
        new: NewLlmCalls,
    ) -> Result<Vec<LlmCall>, Error> {
        caller.holds(Scope::Report)?;
        let (new, is_alone) = match new {
            NewLlmCalls::One(one) => (vec![*one], true),
            NewLlmCalls::Many(many) => (many, false),
        };
        let at = move |index, error: Error| if is_alone { error } else { error.below(index) };
        if new.is_empty() || new.len() > MOST_CALLS {
            return Err(Error::invalid(
                "",
                format!("must hold 1 to {MOST_CALLS} calls"),
            ));
        }
        for (index, call) in new.iter().enumerate() {
            check(call).map_err(|error| at(index, error))?;
        }
        let prices = self.prices().clone();
        self.write(caller, move |tx, deed| {
            Box::pin(async move {
                let mut places = Places::default();
                let mut calls = Vec::with_capacity(new.len());
                for (index, call) in new.into_iter().enumerate() {
                    let entered = enter(tx, &deed, &prices, &mut places, call).await;
                    calls.push(entered.map_err(|error| at(index, error))?);
                }
                Ok(calls)
            })
        })
        .await
    }

    /// Calls, newest first, a page at a time.
    pub async fn list_llm_calls(
        &self,
        caller: &Caller,
        filter: LlmCallFilter,
        page: Page,
    ) -> Result<Paged<LlmCall>, Error> {
        let Some(project) = self.scope_of_list(caller, filter.project)? else {
            return Ok(lists::none());
        };
        let filter = LlmCallFilter { project, ..filter };
        Ok(llm_calls::list(&mut self.read().await?, &filter, &page).await?)
    }
}

fn check(new: &NewLlmCall) -> Result<(), Error> {
    if !new.tokens.are_possible() {
        return Err(Error::invalid(
            "/tokens",
            "must not be negative, and reasoning is a part of output",
        ));
    }
    if new.attempt.is_some_and(|attempt| attempt < 1) {
        return Err(Error::invalid("/attempt", "must be at least 1"));
    }
    if new.duration_ms.is_some_and(|millis| millis < 0) {
        return Err(Error::invalid("/duration_ms", "must not be negative"));
    }
    if new.reported_cost_usd.is_some_and(|cost| cost < Usd::ZERO) {
        return Err(Error::invalid("/reported_cost_usd", "must not be negative"));
    }
    Ok(())
}

/// Runs that the calls of a batch belong to; most of them to the same one.
#[derive(Default)]
struct Places {
    runs: HashMap<RunId, (Run, TicketWords)>,
}

impl Places {
    async fn learn(
        &mut self,
        tx: &mut Tx,
        deed: &Deed,
        id: RunId,
    ) -> Result<(Run, TicketWords), Error> {
        let run = kept_runs::get(tx, id).await?;
        let run = run.filter(|run| deed.caller.may_see(run.project_id).is_ok());
        let run = run.ok_or_else(|| Error::invalid("/run_id", "there is no such run"))?;
        deed.caller.report_run(run.project_id, run.id)?;
        let words = TicketWords::of(tx, run.ticket_id).await?;
        self.runs.insert(id, (run.clone(), words.clone()));
        Ok((run, words))
    }
}

/// Where a call belongs.
struct Place {
    project: ProjectId,
    ticket: TicketWords,
    task: Option<model::TaskId>,
    run: Option<Run>,
}

async fn enter(
    tx: &mut Tx,
    deed: &Deed,
    prices: &PriceBook,
    places: &mut Places,
    new: NewLlmCall,
) -> Result<LlmCall, Error> {
    let place = place(tx, deed, places, &new).await?;
    check_project(tx, deed, &place, &new).await?;
    if let Some(id) = new.step_id {
        let step = steps::get(tx, id)
            .await?
            .filter(|step| Some(step.run_id) == new.run_id);
        step.ok_or_else(|| Error::invalid("/step_id", "there is no such step of this run"))?;
    }
    let session = session(tx, deed, &place, &new).await?;
    let call = priced(from_new(deed, &place, session, new), prices);
    let reported = llm_calls::report(tx, call).await?;
    settling::make_room(tx, prices, &reported).await?;
    tell(tx, deed, &place, &reported);
    Ok(reported.call)
}

/// A project that is named beside a run, task or ticket is theirs.
async fn check_project(
    tx: &mut Tx,
    deed: &Deed,
    place: &Place,
    new: &NewLlmCall,
) -> Result<(), Error> {
    let Some(name) = &new.project else {
        return Ok(());
    };
    let named = projects::named_in_body(tx, deed, name).await?;
    if named.id == place.project {
        return Ok(());
    }
    Err(Error::invalid("/project", "is another project's"))
}

async fn place(
    tx: &mut Tx,
    deed: &Deed,
    places: &mut Places,
    new: &NewLlmCall,
) -> Result<Place, Error> {
    if let Some(id) = new.run_id.or(deed.caller.run.map(|own| own.run)) {
        return of_run(tx, deed, places, id, new).await;
    }
    if let Some(id) = new.task_id {
        let task = tasks::named(tx, deed, "/task_id", id).await?;
        deed.caller.report_task(task.project_id, task.id)?;
        let ticket = TicketWords::of(tx, task.ticket_id).await?;
        return Ok(Place {
            project: task.project_id,
            ticket,
            task: Some(id),
            run: None,
        });
    }
    if let Some(id) = new.ticket_id {
        let ticket = tickets::named(tx, &deed.caller, "/ticket_id", id).await?;
        deed.caller
            .act("ticket", Scope::Report, ticket.project_id)?;
        return Ok(Place {
            project: ticket.project_id,
            ticket: (&ticket).into(),
            task: None,
            run: None,
        });
    }
    let project = projects::for_new(tx, deed, new.project.as_deref()).await?;
    deed.caller.act("project", Scope::Report, project.id)?;
    Ok(Place {
        project: project.id,
        ticket: TicketWords::default(),
        task: None,
        run: None,
    })
}

async fn of_run(
    tx: &mut Tx,
    deed: &Deed,
    places: &mut Places,
    id: RunId,
    new: &NewLlmCall,
) -> Result<Place, Error> {
    let known = places.runs.get(&id).cloned();
    let (run, words) = match known {
        Some(known) => known,
        None => places.learn(tx, deed, id).await?,
    };
    let elsewhere = |pointer| Err(Error::invalid(pointer, "the run belongs elsewhere"));
    if new.task_id.is_some_and(|task| run.task_id != Some(task)) {
        return elsewhere("/task_id");
    }
    if new
        .ticket_id
        .is_some_and(|ticket| run.ticket_id != Some(ticket))
    {
        return elsewhere("/ticket_id");
    }
    Ok(Place {
        project: run.project_id,
        ticket: words,
        task: run.task_id,
        run: Some(run),
    })
}

/// The conversation that a call is a part of: the one it names, else its run's.
async fn session(
    tx: &mut Tx,
    deed: &Deed,
    place: &Place,
    new: &NewLlmCall,
) -> Result<Option<SessionId>, Error> {
    let of_run = place.run.as_ref().and_then(|run| run.session_id);
    let agent = new
        .runner
        .as_ref()
        .or(place.run.as_ref().and_then(|run| run.agent.as_ref()));
    match (&new.provider_session_id, agent) {
        (Some(name), Some(agent)) => Ok(Some(
            sessions::find_or_begin(tx, deed, place.project, agent, name).await?,
        )),
        _ => Ok(of_run),
    }
}

fn from_new(deed: &Deed, place: &Place, session: Option<SessionId>, new: NewLlmCall) -> LlmCall {
    let id = LlmCallId::new();
    let runner = place.run.as_ref().and_then(|run| run.agent.clone());
    let own_key = || {
        new.provider_request_id
            .clone()
            .unwrap_or_else(|| Name::lossy(&id.to_string()))
    };
    LlmCall {
        id,
        project_id: place.project,
        ticket_id: place.ticket.id,
        task_id: place.task,
        run_id: place.run.as_ref().map(|run| run.id),
        step_id: new.step_id,
        session_id: session,
        call_key: new.call_key.clone().unwrap_or_else(own_key),
        exactness: new.exactness.unwrap_or(Exactness::Exact),
        role: new.role,
        runner: new.runner.or(runner),
        provider: new.provider,
        model: new.model,
        stage: new.stage,
        channel: new.channel,
        attempt: new.attempt.unwrap_or(1),
        tokens: new.tokens,
        tokens_input: new.tokens.all_input(),
        tokens_output: new.tokens.output,
        cost_usd: None,
        reported_cost_usd: new.reported_cost_usd,
        price_version: None,
        status: new.status.unwrap_or(CallStatus::Success),
        error: new.error,
        duration_ms: new.duration_ms,
        provider_request_id: new.provider_request_id,
        started_at: new.started_at.unwrap_or(deed.at).min(deed.at),
        created_at: deed.at,
    }
}

/// The same call with its price. One that is under way has none yet; what used nothing costs nothing.
pub(crate) fn priced(mut call: LlmCall, prices: &PriceBook) -> LlmCall {
    if call.status == CallStatus::Active {
        return call;
    }
    let (model, provider) = (
        call.model.as_str(),
        call.provider.as_ref().map(Name::as_str),
    );
    call.cost_usd = match call.exactness {
        _ if call.tokens.total() == 0 => Some(Usd::ZERO),
        // A settling row stands for several calls of which only the sum is known.
        Exactness::Settling => prices.price_sum(model, provider, call.tokens, call.started_at),
        _ => prices.price(model, provider, call.tokens, call.started_at),
    };
    call.price_version = call.cost_usd.map(|_| prices.version().clone());
    call
}

/// Says that a call has ended, once; a settling row is no call.
fn tell(tx: &mut Tx, deed: &Deed, place: &Place, reported: &Reported) {
    let call = &reported.call;
    let was_over = reported
        .before
        .as_ref()
        .is_some_and(|before| before.status != CallStatus::Active);
    let is_over = call.status != CallStatus::Active && call.exactness != Exactness::Settling;
    if !reported.changed || was_over || !is_over {
        return;
    }
    let (event, verb) = match call.status {
        CallStatus::Error => (EventType::LlmCallFailed, "failed"),
        CallStatus::Cancelled => (EventType::LlmCallFinished, "was given up"),
        _ => (EventType::LlmCallFinished, "was answered"),
    };
    let mut fact = deed
        .fact(event, format!("a call to {} {verb}", call.model))
        .in_project(place.project);
    if let Some(run) = &place.run {
        fact = fact.on_run(run, &place.ticket);
    } else {
        fact.task_id = place.task;
        fact.ticket_id = place.ticket.id;
        fact.ticket_title.clone_from(&place.ticket.title);
        fact.submitter.clone_from(&place.ticket.submitter);
    }
    fact.runner.clone_from(&call.runner);
    fact.model = Some(call.model.clone());
    tx.append(fact.with(json!({
        "llm_call_id": call.id,
        "step_id": call.step_id,
        "provider": call.provider,
        "role": call.role,
        "status": call.status,
        "tokens_input": call.tokens_input,
        "tokens_output": call.tokens_output,
        "cost_usd": call.cost_usd,
        "duration_ms": call.duration_ms,
    })));
}
