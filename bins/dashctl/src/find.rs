//! Finds what somebody means: a whole id, the beginning or end of one, or a ticket's external id.

use client::{Client, List};
use model::{
    Attachment, Channel, QuestionFilter, QuestionId, RunFilter, RunId, TaskFilter, TaskId,
    TaskState, TicketFilter, TicketId, TicketSort, Token, Worker, WorkerFilter, WorkerId,
};

use crate::exit::Refused;
use crate::print::visible;

/// Fewer characters of an id are more likely a slip than a choice.
const FEWEST: usize = 4;
/// So many are named of those that could be meant.
const NAMED: usize = 10;

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
        _ => return Err(several("several projects have a ticket", "ticket", text)),
    }
    let newest = client
        .list_tickets(&TicketFilter::default(), TicketSort::Newest, &most())
        .await?;
    let ids = newest.items.iter();
    let ids = ids.map(|ticket| (ticket.id, ticket.title.as_str()));
    only_one("ticket", text, ids)
}

/// The token that is meant.
pub(crate) async fn token(client: &Client, text: &str) -> anyhow::Result<Token> {
    let tokens = client.list_tokens(&most()).await?.items;
    let id = match text.parse() {
        Ok(id) => id,
        Err(_) => {
            let ids = tokens.iter().map(|token| (token.id, token.name.as_str()));
            only_one("token", text, ids)?
        }
    };
    let meant = tokens.into_iter().find(|token| token.id == id);
    meant.ok_or_else(|| Refused::not_found(format!("no token `{text}`")))
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
    let ids = tasks.items.iter();
    only_one("task", text, ids.map(|task| (task.id, task.title.as_str())))
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
        _ => return Err(several("several workers are called", "worker", text)),
    }
    if let Some(gone) = all.clone().find(named) {
        return Ok(gone.id);
    }
    only_one(
        "worker",
        text,
        all.map(|worker| (worker.id, worker.name.as_str())),
    )
}

/// The question that is meant, open or not.
pub(crate) async fn question(client: &Client, text: &str) -> anyhow::Result<QuestionId> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let all = QuestionFilter::default();
    let questions = client.list_questions(&all, &most()).await?.items;
    let ids = questions.iter();
    only_one(
        "question",
        text,
        ids.map(|asked| (asked.id, asked.text.as_str())),
    )
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
        ([], Err(_)) => {
            let ids = channels.iter();
            let ids = ids.map(|channel| (channel.id, channel.name.as_str()));
            only_one("channel", text, ids)?
        }
        _ => return Err(several("several channels are called", "channel", text)),
    };
    channels.retain(|channel| channel.id == id);
    channels
        .pop()
        .ok_or_else(|| Refused::not_found(format!("no channel `{text}`")))
}

/// The file of a task that is meant, by its name or its id.
pub(crate) async fn file(client: &Client, task: TaskId, text: &str) -> anyhow::Result<Attachment> {
    let files = client
        .list_attachments(task, &List::first(100))
        .await?
        .items;
    let named = files.iter().find(|file| file.name.as_str() == text);
    let id = match (named, text.parse()) {
        (Some(named), _) => named.id,
        (None, Ok(id)) => id,
        (None, Err(_)) => {
            let ids = files.iter().map(|file| (file.id, file.name.as_str()));
            only_one("file", text, ids)?
        }
    };
    let meant = files.into_iter().find(|file| file.id == id);
    meant.ok_or_else(|| Refused::not_found("the task has no such file"))
}

/// The run that is meant.
pub(crate) async fn run(client: &Client, text: &str) -> anyhow::Result<RunId> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let runs = client.list_runs(&RunFilter::default(), &most()).await?;
    let ids = runs.items.iter();
    only_one("run", text, ids.map(|run| (run.id, run.title.as_str())))
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
fn only_one<'a, Id: ToString>(
    kind: &str,
    text: &str,
    ids: impl IntoIterator<Item = (Id, &'a str)>,
) -> anyhow::Result<Id> {
    if text.len() < FEWEST {
        let part = format!("a part of an id has at least {FEWEST} characters");
        return Err(Refused::not_found(format!("no {kind} `{text}`: {part}")));
    }
    let part = text.to_ascii_lowercase();
    let is_meant = |(id, _): &(Id, &str)| {
        let id = id.to_string();
        id.starts_with(&part) || id.ends_with(&part)
    };
    let mut meant: Vec<_> = ids.into_iter().filter(is_meant).collect();
    if meant.len() > 1 {
        return Err(Refused::invalid(candidates(kind, text, &meant)));
    }
    let newest = List::MOST;
    let none = || format!("no {kind} `{text}` among the newest {newest}, nor by a part of its id");
    let only = meant.pop().map(|(id, _)| id);
    only.ok_or_else(|| Refused::not_found(none()))
}

/// Which could be meant.
fn candidates<Id: ToString>(kind: &str, text: &str, meant: &[(Id, &str)]) -> String {
    let count = meant.len();
    let mut lines = vec![format!(
        "`{text}` means {count} {kind}s: give more of the id"
    )];
    for (id, title) in meant.iter().take(NAMED) {
        let title: String = visible(title).chars().take(60).collect();
        let first = title.lines().next().unwrap_or_default();
        lines.push(format!("  {}  {first}", id.to_string()));
    }
    if count > NAMED {
        lines.push(format!("  and {} more", count - NAMED));
    }
    lines.join("\n")
}

fn several(said: &str, kind: &str, text: &str) -> anyhow::Error {
    Refused::invalid(format!("{said} `{text}`: give the {kind}'s id"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: [(&str, &str); 2] = [("aaaa-1111", "one"), ("aaaa-2222", "two")];

    #[test]
    fn a_part_that_fits_one_id_means_it() {
        assert_eq!(only_one("run", "1111", IDS).unwrap(), "aaaa-1111");
        assert_eq!(only_one("run", "AAAA-2", IDS).unwrap(), "aaaa-2222");
    }

    #[test]
    fn a_part_that_fits_several_or_none_is_refused() {
        let refused = |text| only_one("run", text, IDS).unwrap_err().to_string();
        let several =
            "`aaaa` means 2 runs: give more of the id\n  aaaa-1111  one\n  aaaa-2222  two";
        assert_eq!(refused("aaaa"), several);
        assert!(refused("bbbb").contains("no run `bbbb`"));
        assert!(refused("a").contains("at least 4"));
    }
}
