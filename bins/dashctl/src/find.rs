//! Finds what somebody means: a whole id, the beginning or end of one, or a ticket's external id.

use anyhow::{Context as _, bail};
use client::{Client, List};
use model::{
    Channel, QuestionFilter, QuestionId, RunFilter, RunId, TaskFilter, TaskId, TaskState,
    TicketFilter, TicketId, TicketSort, Token, Worker, WorkerFilter, WorkerId,
};

/// Fewer characters of an id are more likely a slip than a choice.
const FEWEST: usize = 4;

/// The ticket that is meant.
pub(crate) async fn ticket(client: &Client, text: &str) -> anyhow::Result<TicketId> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let named = TicketFilter {
        q: Some(text.to_owned()),
        ..TicketFilter::default()
    };
    let found = client
        .list_tickets(&named, TicketSort::Newest, &List::first(100))
        .await?
        .items;
    let is_named = |name: &model::Name| name.as_str() == text;
    let exact = found
        .iter()
        .filter(|ticket| ticket.external_id.as_ref().is_some_and(is_named));
    match exact.map(|ticket| ticket.id).collect::<Vec<_>>()[..] {
        [] => {}
        [id] => return Ok(id),
        _ => bail!("several projects have a ticket `{text}`: give the ticket's id"),
    }
    let newest = client
        .list_tickets(&TicketFilter::default(), TicketSort::Newest, &most())
        .await?;
    only_one("ticket", text, newest.items.iter().map(|ticket| ticket.id))
}

/// The token that is meant.
pub(crate) async fn token(client: &Client, text: &str) -> anyhow::Result<Token> {
    let tokens = client.list_tokens(&most()).await?.items;
    let id = match text.parse() {
        Ok(id) => id,
        Err(_) => only_one("token", text, tokens.iter().map(|token| token.id))?,
    };
    let meant = tokens.into_iter().find(|token| token.id == id);
    meant.with_context(|| format!("no token `{text}`"))
}

/// The task that is meant.
pub(crate) async fn task(client: &Client, text: &str) -> anyhow::Result<TaskId> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let all = TaskFilter {
        status: TaskState::ALL.to_vec(),
        ..TaskFilter::default()
    };
    let tasks = client.list_tasks(&all, &most()).await?;
    only_one("task", text, tasks.items.iter().map(|task| task.id))
}

/// The worker that is meant: one that is there goes before one that went away.
pub(crate) async fn worker(client: &Client, text: &str) -> anyhow::Result<WorkerId> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let all = WorkerFilter { include_left: true };
    let workers = client.list_workers(all, &most()).await?.items;
    let named = |worker: &&Worker| worker.name.as_str() == text;
    let all = workers.iter().map(|card| &card.worker);
    let there = all.clone().filter(|worker| worker.left_at.is_none());
    match there.filter(named).collect::<Vec<_>>()[..] {
        [] => {}
        [worker] => return Ok(worker.id),
        _ => bail!("several workers are called `{text}`: give the worker's id"),
    }
    if let Some(gone) = all.clone().find(named) {
        return Ok(gone.id);
    }
    only_one("worker", text, all.map(|worker| worker.id))
}

/// The question that is meant, open or not.
pub(crate) async fn question(client: &Client, text: &str) -> anyhow::Result<QuestionId> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let all = QuestionFilter::default();
    let questions = client.list_questions(&all, &most()).await?.items;
    only_one("question", text, questions.iter().map(|asked| asked.id))
}

/// The channel that is meant, by its name or its id.
pub(crate) async fn channel(client: &Client, text: &str) -> anyhow::Result<Channel> {
    let mut channels = client.list_channels(&most()).await?.items;
    let named: Vec<_> = channels
        .iter()
        .filter(|channel| channel.name.as_str() == text)
        .map(|channel| channel.id)
        .collect();
    let id = match (&named[..], text.parse()) {
        ([id], _) => *id,
        ([], Ok(id)) => id,
        ([], Err(_)) => only_one("channel", text, channels.iter().map(|channel| channel.id))?,
        _ => bail!("several channels are called `{text}`: give the channel's id"),
    };
    channels.retain(|channel| channel.id == id);
    channels
        .pop()
        .with_context(|| format!("no channel `{text}`"))
}

/// The run that is meant.
pub(crate) async fn run(client: &Client, text: &str) -> anyhow::Result<RunId> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let runs = client.list_runs(&RunFilter::default(), &most()).await?;
    only_one("run", text, runs.items.iter().map(|run| run.id))
}

/// The project's id, where a filter wants one.
pub(crate) async fn project(
    client: &Client,
    text: Option<&str>,
) -> anyhow::Result<Option<model::ProjectId>> {
    match text {
        Some(text) => Ok(Some(client.get_project(text).await?.project.id)),
        None => Ok(None),
    }
}

fn most() -> List {
    List::first(List::MOST)
}

/// The one whose id begins or ends with the text.
fn only_one<Id: ToString>(
    kind: &str,
    text: &str,
    ids: impl IntoIterator<Item = Id>,
) -> anyhow::Result<Id> {
    if text.len() < FEWEST {
        bail!("`{text}` is too short for a part of an id: give at least {FEWEST} characters");
    }
    let part = text.to_ascii_lowercase();
    let is_meant = |id: &Id| {
        let id = id.to_string();
        id.starts_with(&part) || id.ends_with(&part)
    };
    let mut meant: Vec<Id> = ids.into_iter().filter(is_meant).collect();
    match (meant.pop(), meant.len()) {
        (Some(id), 0) => Ok(id),
        (Some(_), more) => bail!("`{text}` means {} {kind}s: give more of the id", more + 1),
        (None, _) => bail!(
            "no {kind} `{text}` among the newest {}: give its whole id",
            List::MOST
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: [&str; 2] = ["aaaa-1111", "aaaa-2222"];

    #[test]
    fn a_part_that_fits_one_id_means_it() {
        assert_eq!(only_one("run", "1111", IDS).unwrap(), "aaaa-1111");
        assert_eq!(only_one("run", "AAAA-2", IDS).unwrap(), "aaaa-2222");
    }

    #[test]
    fn a_part_that_fits_several_or_none_is_refused() {
        let refused = |text| only_one("run", text, IDS).unwrap_err().to_string();
        assert!(
            refused("aaaa").contains("means 2 runs"),
            "{}",
            refused("aaaa")
        );
        assert!(refused("bbbb").contains("no run `bbbb`"));
        assert!(refused("a").contains("too short"));
    }
}
