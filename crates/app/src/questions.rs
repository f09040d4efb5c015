//! Questions: an agent asks a person. Its task waits for the answer, with its worker where that one stays, and without where
//! it goes.

use auth::Caller;
use model::{
    AnswerQuestion, BlockKind, EventType, NewQuestion, NotAllowed, Page, Paged, Question,
    QuestionFilter, QuestionId, Run, RunState, Scope, Task, TaskId, TaskMove, TaskState, TicketId,
    TicketStatus, Timestamp,
};
use serde_json::json;
use store::{Tx, questions as kept, runs as kept_runs};

use crate::deed::{Deed, Rights};
use crate::facts::{About, TicketWords};
use crate::{
    App, Error, fence, gates, lists, runs, task_moves, ticket_states, tickets as ticket_cases,
    worker_orders,
};

/// A question offers no more answers than that.
const MOST_OPTIONS: usize = 20;

impl App {
    /// Questions, oldest first, a page at a time.
    pub async fn list_questions(
        &self,
        caller: &Caller,
        filter: QuestionFilter,
        page: Page,
    ) -> Result<Paged<Question>, Error> {
        let Some(project) = self.scope_of_list(caller, filter.project)? else {
            return Ok(lists::none());
        };
        let filter = QuestionFilter { project, ..filter };
        Ok(kept::list(&mut self.read().await?, &filter, &page).await?)
    }

    /// The questions about a ticket, oldest first, a page at a time.
    pub async fn list_ticket_questions(
        &self,
        caller: &Caller,
        id: TicketId,
        page: Page,
    ) -> Result<Paged<Question>, Error> {
        let mut read = self.read().await?;
        ticket_cases::visible(&mut read, caller, id).await?;
        let filter = QuestionFilter {
            ticket: Some(id),
            ..QuestionFilter::default()
        };
        Ok(kept::list(&mut read, &filter, &page).await?)
    }

    /// Asks a person about a task, which waits for the answer.
    pub async fn create_question(
        &self,
        caller: &Caller,
        id: TaskId,
        new: NewQuestion,
    ) -> Result<Question, Error> {
        caller.holds(Scope::Report)?;
        check(&new)?;
        self.write(caller, move |tx, deed| {
            Box::pin(async move {
                let task = match worker_orders::is_own(&deed.caller, id) {
                    true => worker_orders::own_task(tx, &deed, id, "ask about").await?,
                    false => fence::to_change(tx, &deed, id).await?,
                };
                ask(tx, &deed, task, new).await
            })
        })
        .await
    }

    /// Answers a question, as a person. The task goes on.
    pub async fn answer_question(
        &self,
        caller: &Caller,
        id: QuestionId,
        answer: AnswerQuestion,
    ) -> Result<Question, Error> {
        caller.holds(Scope::Operate)?;
        self.write(caller, move |tx, deed| {
            Box::pin(async move { take_answer(tx, &deed, id, answer).await })
        })
        .await
    }
}

fn check(new: &NewQuestion) -> Result<(), Error> {
    if new.text.as_str().trim().is_empty() {
        return Err(Error::invalid("/text", "must not be empty"));
    }
    if new.options.len() > MOST_OPTIONS {
        let detail = format!("must not hold more than {MOST_OPTIONS}");
        return Err(Error::invalid("/options", detail));
    }
    for (index, option) in new.options.iter().enumerate() {
        if new.options[..index].contains(option) {
            let detail = "must not be there twice";
            return Err(Error::invalid(format!("/options/{index}"), detail));
        }
    }
    Ok(())
}

async fn ask(
    tx: &mut Tx,
    deed: &Deed,
    mut task: Task,
    new: NewQuestion,
) -> Result<Question, Error> {
    let question = Question {
        id: QuestionId::new(),
        project_id: task.project_id,
        ticket_id: task.ticket_id,
        task_id: Some(task.id),
        run_id: task.current_run_id,
        text: new.text,
        options: new.options,
        asked_by: deed.by(),
        answer: None,
        answered_by: None,
        created_at: deed.at,
        answered_at: None,
        withdrawn_at: None,
    };
    match task.status {
        TaskState::Running => wait(tx, deed, &mut task).await?,
        // It asks more than one thing.
        TaskState::Waiting => {}
        TaskState::Ready | TaskState::Todo => stop(tx, deed, &mut task, &question).await?,
        _ => return Err(NotAllowed::new("ask about", "task", task.status.as_str()).into()),
    }
    kept::insert(tx, &question).await?;
    tell(
        tx,
        deed,
        &task,
        &question,
        EventType::ClarificationRequested,
    )
    .await?;
    stop_ticket(tx, deed, &task).await?;
    Ok(question)
}

/// The worker waits.
async fn wait(tx: &mut Tx, deed: &Deed, task: &mut Task) -> Result<(), Error> {
    if let Some(own) = &deed.caller.run
        && task.current_run_id != Some(own.run)
    {
        return Err(Error::LeaseLost);
    }
    let (made, event) = (TaskMove::Ask, EventType::TaskWaiting);
    task_moves::make(tx, deed, task, made, event).await?;
    put_run(tx, deed, task, RunState::Waiting).await
}

/// Nobody works on it yet, and nobody shall before the answer is there.
async fn stop(tx: &mut Tx, deed: &Deed, task: &mut Task, question: &Question) -> Result<(), Error> {
    task.block_kind = Some(BlockKind::NeedsInput);
    task.block_reason = Some(question.text.clone());
    task.blocked_by = Some(deed.by());
    let (made, event) = (TaskMove::Block, EventType::TaskBlocked);
    let more = json!({ "question_id": question.id });
    task_moves::make_with(tx, deed, task, made, event, more).await
}

async fn take_answer(
    tx: &mut Tx,
    deed: &Deed,
    id: QuestionId,
    answer: AnswerQuestion,
) -> Result<Question, Error> {
    let question = kept::get(tx, id).await?;
    let mut question = question.ok_or(Error::NotFound("question"))?;
    deed.caller
        .act("question", Scope::Operate, question.project_id)?;
    if !gates::is_human(&deed.caller.principal) {
        return Err(Error::Forbidden("only a person answers".to_owned()));
    }
    if let Some(state) = question.over() {
        return Err(NotAllowed::new("answer", "question", state).into());
    }
    check_answer(&question, &answer)?;
    question.answer = Some(answer.answer);
    question.answered_by = Some(deed.by());
    question.answered_at = Some(deed.at);
    kept::answer(tx, &question).await?;
    let task = match question.task_id {
        Some(id) => store::tasks::get(tx, id).await?,
        None => None,
    };
    if let Some(mut task) = task {
        tell(tx, deed, &task, &question, EventType::ClarificationAnswered).await?;
        go_on(tx, deed, &mut task).await?;
        release_ticket(tx, deed, &task).await?;
    }
    Ok(question)
}

fn check_answer(question: &Question, answer: &AnswerQuestion) -> Result<(), Error> {
    let text = answer.answer.as_str();
    if text.trim().is_empty() {
        return Err(Error::invalid("/answer", "must not be empty"));
    }
    let offered = question.options.iter().any(|one| one.as_str() == text);
    if !question.options.is_empty() && !offered {
        return Err(Error::invalid("/answer", "must be one of the options"));
    }
    Ok(())
}

/// Lets the task go on once everything is answered: with its worker, if that one is still there.
async fn go_on(tx: &mut Tx, deed: &Deed, task: &mut Task) -> Result<(), Error> {
    if !kept::open_on_task(tx, task.id).await?.is_empty() {
        return Ok(());
    }
    match task.status {
        TaskState::Waiting => {}
        TaskState::Blocked if task.block_kind == Some(BlockKind::NeedsInput) => {
            let (made, event) = (TaskMove::Unblock, EventType::TaskUnblocked);
            return task_moves::make(tx, deed, task, made, event).await;
        }
        _ => return Ok(()),
    }
    if worker_is_there(tx, task, deed.at).await? {
        put_run(tx, deed, task, RunState::Running).await?;
        let (made, event) = (TaskMove::AnswerLive, EventType::TaskStatusChanged);
        return task_moves::make(tx, deed, task, made, event).await;
    }
    let (made, event) = (TaskMove::AnswerLater, EventType::TaskPromoted);
    task_moves::make(tx, deed, task, made, event).await
}

async fn worker_is_there(tx: &mut Tx, task: &Task, now: Timestamp) -> Result<bool, Error> {
    let run = kept_runs::open_on_task(tx, task.id).await?;
    let holds_lease = |run: &Run| run.lease_expires_at.is_none_or(|end| end > now);
    Ok(run.is_some_and(|run| task.current_run_id == Some(run.id) && holds_lease(&run)))
}

/// Says of the task's run where it stands. Its worker hears of it with its next heartbeat.
async fn put_run(tx: &mut Tx, deed: &Deed, task: &Task, state: RunState) -> Result<(), Error> {
    let Some(id) = task.current_run_id else {
        return Ok(());
    };
    let mut run = runs::there(tx, id).await?;
    if run.state.has_ended() || run.state == state {
        return Ok(());
    }
    let from = std::mem::replace(&mut run.state, state);
    kept_runs::update(tx, &mut run).await?;
    let words = TicketWords::of(tx, run.ticket_id).await?;
    let message = format!("run “{}” went from {from} to {state}", run.title);
    let fact = deed
        .fact(EventType::RunUpdated, message)
        .on_run(&run, &words);
    tx.append(fact.with(json!({ "fields": ["state"], "from": from, "to": state })));
    Ok(())
}

/// Withdraws what is asked about a task that goes on without the answers.
pub(crate) async fn withdraw(tx: &mut Tx, deed: &Deed, task: &Task) -> Result<(), Error> {
    let open = kept::open_on_task(tx, task.id).await?;
    if open.is_empty() {
        return Ok(());
    }
    kept::withdraw(tx, task.id, deed.at).await?;
    for question in open {
        tell(tx, deed, task, &question, EventType::ClarificationWithdrawn).await?;
    }
    release_ticket(tx, deed, task).await
}

async fn tell(
    tx: &mut Tx,
    deed: &Deed,
    task: &Task,
    question: &Question,
    event: EventType,
) -> Result<(), Error> {
    let words = TicketWords::of(tx, task.ticket_id).await?;
    let message = match &question.answer {
        Some(answer) => answer.as_str().to_owned(),
        None => question.text.as_str().to_owned(),
    };
    let mut fact = deed.fact(event, message).on_task(task, &words);
    fact.run_id = question.run_id;
    tx.append(fact.with(json!({
        "question_id": question.id,
        "text": question.text,
        "options": question.options,
        "answer": question.answer,
    })));
    Ok(())
}

/// Lets the ticket wait with its task.
pub(crate) async fn stop_ticket(tx: &mut Tx, deed: &Deed, task: &Task) -> Result<(), Error> {
    match ticket_states::of_task(tx, task).await? {
        Some(mut ticket) if ticket_states::is_ours(ticket.status) => {
            let status = TicketStatus::ClarificationNeeded;
            ticket_cases::put_and_save(tx, deed, &mut ticket, status).await
        }
        _ => Ok(()),
    }
}

/// Lets the ticket of a task go on when nothing is asked any more.
pub(crate) async fn release_ticket(tx: &mut Tx, deed: &Deed, task: &Task) -> Result<(), Error> {
    let Some(ticket) = ticket_states::of_task(tx, task).await? else {
        return Ok(());
    };
    let waits = ticket.status == TicketStatus::ClarificationNeeded;
    if waits && !kept::is_open_on_ticket(tx, ticket.id).await? {
        return ticket_states::go_back(tx, deed, ticket).await;
    }
    Ok(())
}
