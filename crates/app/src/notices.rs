//! Notices: a delivery in words. They are made when it is sent, from the event that it tells of, so that what was deleted in
//! between is not told.

use model::{Delivery, Occasion, Page, RunFilter, RunId, Target, Task, TaskId, Text, Timestamp};
use notify::{Failure, Hope, Message};
use store::{Read, channels, events, projects, runs, tasks};

use crate::{App, Error};

/// So many runs of a task are looked at.
const ATTEMPTS: i64 = 50;

/// Where a delivery goes and what it says; why it goes nowhere, where the channel or the event is not there any more.
pub(crate) async fn read(
    app: &App,
    delivery: &Delivery,
) -> Result<Result<(Target, Message), Failure>, Error> {
    let mut read = app.read().await?;
    let channel = channels::get(&mut read, delivery.channel_id).await?;
    if channel.is_none_or(|channel| channel.disabled) {
        return Ok(Err(hopeless("nothing is sent to the channel for now")));
    }
    let Some(target) = channels::target(&mut read, delivery.channel_id).await? else {
        return Ok(Err(hopeless("the channel is gone")));
    };
    match message(app, &mut read, delivery).await? {
        Some(message) => Ok(Ok((target, message))),
        None => Ok(Err(hopeless("what it tells of was deleted"))),
    }
}

/// The word for a delivery's platform, for series.
pub(crate) async fn platform(app: &App, delivery: &Delivery) -> Result<&'static str, Error> {
    let channel = channels::get(&mut app.read().await?, delivery.channel_id).await?;
    Ok(channel.map_or("gone", |channel| channel.platform.as_str()))
}

fn hopeless(why: &str) -> Failure {
    Failure {
        status: None,
        answer: why.to_owned(),
        hope: Hope::None,
        reached: Vec::new(),
    }
}

async fn message(
    app: &App,
    read: &mut Read,
    delivery: &Delivery,
) -> Result<Option<Message>, Error> {
    let found = events::after(read, delivery.event_seq - 1, 1).await?;
    let event = found
        .into_iter()
        .find(|event| event.seq == delivery.event_seq && !events::is_redacted(event));
    let Some(event) = event else { return Ok(None) };
    let project = match delivery.project_id {
        Some(id) => projects::get(read, id)
            .await?
            .map(|project| project.slug.into_string()),
        None => None,
    };
    let task = match delivery.task_id {
        Some(id) => tasks::get(read, id).await?,
        None => None,
    };
    let title = task.as_ref().map(|task| task.title.as_str().to_owned());
    let mut text = event.message.as_str().to_owned();
    if let Some(task) = task
        && let Some(more) = more(read, delivery.occasion, task).await?
    {
        text = format!("{text}\n{more}");
    }
    let run = match (event.run_id, delivery.task_id) {
        (None, Some(task)) => attempt(read, task, event.created_at).await?,
        (run, _) => run,
    };
    Ok(Some(Message {
        id: delivery.id,
        occasion: Some(delivery.occasion),
        project,
        task: title,
        text,
        link: delivery
            .task_id
            .and_then(|task| app.link(&format!("tasks/{task}"))),
        run,
        at: event.created_at,
        event: Some(event),
        reached: delivery.reached.clone(),
    }))
}

/// What stands in the way, how it ended, or what is asked about: what a reader would look for next.
async fn more(read: &mut Read, occasion: Occasion, task: Task) -> Result<Option<String>, Error> {
    let text = match occasion {
        Occasion::Blocked => task.block_reason,
        Occasion::Done => task.result,
        Occasion::NeedsPerson => return Ok(Some(format!("task “{}”", task.title))),
        Occasion::GaveUp => last_error(read, task.id).await?,
        Occasion::Budget => None,
    };
    Ok(text.filter(|text| !text.is_empty()).map(Text::into_string))
}

impl App {
    /// The address of a page, where the server knows how browsers reach it.
    pub(crate) fn link(&self, page: &str) -> Option<String> {
        let base = self.public_url()?.trim_end_matches('/');
        Some(format!("{base}/{page}"))
    }
}

/// The last attempt at a task that had begun by then: the same, however late it is told.
async fn attempt(read: &mut Read, task: TaskId, by: Timestamp) -> Result<Option<RunId>, Error> {
    let last = runs::list(read, &of_task(task), &Page::first(ATTEMPTS)).await?;
    let mut last = last.items.iter();
    let began = last.find(|run| run.parent_run_id.is_none() && run.created_at <= by);
    Ok(began.map(|run| run.id))
}

/// What the last attempt at a task failed of.
async fn last_error(read: &mut Read, task: TaskId) -> Result<Option<Text>, Error> {
    let last = runs::list(read, &of_task(task), &Page::first(1)).await?;
    Ok(last.items.into_iter().find_map(|run| run.error))
}

fn of_task(task: TaskId) -> RunFilter {
    RunFilter {
        task: Some(task),
        ..RunFilter::default()
    }
}
