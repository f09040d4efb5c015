//! Contexts: what the next worker of a task is told: the task, what reviewers want changed, the answers of people, what came
//! of the tasks before it, earlier attempts and comments. What does not fit into the budget is passed over, and counted.

use auth::Caller;
use model::{
    ContextKind, ContextPart, Event, EventFilter, EventType, Page, Question, Run, RunFilter, Task,
    TaskContext, TaskId, Text,
};
use serde_json::Value;
use store::events::{self, Window};
use store::{Read, comments, links, questions, runs, tasks as kept};

use crate::{App, Error, tasks};

/// In tokens.
const BUDGET: i64 = 18_000;
/// So many characters count as a token.
const TOKEN: i64 = 4;
/// No part is longer, in characters.
const LONGEST: usize = 8_000;
/// No more parents, answers and comments of each are told.
const MOST: usize = 30;
/// No more earlier attempts are told.
const ATTEMPTS: i64 = 10;
/// No more verdicts are told.
const VERDICTS: i64 = 5;
/// Parents share so many characters, so that a few long results do not keep the others out,
const PARENTS: usize = 36_000;
/// but each has as much as this.
const LEAST: usize = 1_000;

impl App {
    /// What the next worker of a task is told, and how much of the budget that takes.
    pub async fn get_task_context(
        &self,
        caller: &Caller,
        id: TaskId,
    ) -> Result<TaskContext, Error> {
        let mut read = self.read().await?;
        let task = tasks::visible(&mut read, caller, id).await?;
        let filter = RunFilter {
            task: Some(id),
            ..RunFilter::default()
        };
        let runs = runs::list(&mut read, &filter, &Page::first(ATTEMPTS)).await?;
        let parts = parts(&mut read, &task, &runs.items).await?;
        Ok(within_budget(&task, &runs.items, parts))
    }
}

/// Everything that could be told, the most needed first.
async fn parts(read: &mut Read, task: &Task, runs: &[Run]) -> Result<Vec<ContextPart>, Error> {
    let mut parts = vec![part(
        ContextKind::Task,
        task.title.as_str(),
        task.body.as_str(),
    )];
    let verdicts = verdicts(read, task.id).await?;
    parts.extend(verdicts.iter().filter_map(verdict));
    let most = i64::try_from(MOST).unwrap_or(i64::MAX);
    let answered = questions::answered_on_task(read, task.id, most).await?;
    parts.extend(answered.iter().map(answer));
    add_parents(read, task.id, &mut parts).await?;
    parts.extend(runs.iter().filter(|run| run.state.has_ended()).map(attempt));
    let said = comments::latest_on_task(read, task.id, most).await?;
    let told = |text: &str| {
        verdicts
            .iter()
            .any(|verdict| said_with(verdict) == Some(text))
    };
    let said = said.iter().rev();
    // A verdict's words are a comment, too.
    let said = said.filter(|comment| !told(comment.body.as_str()));
    parts.extend(said.map(|comment| {
        let who = format!("{} at {}", comment.author.name, comment.created_at);
        part(ContextKind::Comment, &who, comment.body.as_str())
    }));
    Ok(parts)
}

/// What reviewers wanted changed, the last first.
async fn verdicts(read: &mut Read, task: TaskId) -> Result<Vec<Event>, Error> {
    let filter = EventFilter {
        task: Some(task),
        event_type: vec![EventType::TaskChangesRequested.as_str().to_owned()],
        ..EventFilter::default()
    };
    let last = Window {
        limit: VERDICTS,
        ..Window::default()
    };
    Ok(events::page(read, &filter, &last).await?)
}

fn said_with(verdict: &Event) -> Option<&str> {
    verdict.details.as_ref()?.get("comment")?.as_str()
}

fn verdict(event: &Event) -> Option<ContextPart> {
    let who = format!("{} at {}", event.actor.name, event.created_at);
    Some(part(ContextKind::Verdict, &who, said_with(event)?))
}

async fn add_parents(
    read: &mut Read,
    task: TaskId,
    parts: &mut Vec<ContextPart>,
) -> Result<(), Error> {
    let parents = links::of_task(read, task).await?.parents;
    let share = PARENTS / parents.len().clamp(1, MOST);
    for parent in parents.iter().take(MOST) {
        if let Some(parent) = kept::get(read, *parent).await? {
            let (title, longest) = (parent.title.as_str(), share.clamp(LEAST, LONGEST));
            let what = came_of(&parent);
            parts.push(cut(ContextKind::Parent, title, &what, longest));
        }
    }
    Ok(())
}

/// What came of a task, and where that lies: first, so that a long result does not push it out.
fn came_of(task: &Task) -> String {
    let result = task.result.as_ref().map_or("", Text::as_str);
    let branch = (task.branch_name.as_ref()).map(|name| format!("branch `{name}`"));
    let commit = (task.commit_sha.as_ref()).map(|sha| format!("commit `{sha}`"));
    let places: Vec<_> = branch.into_iter().chain(commit).collect();
    match places.is_empty() {
        true => result.to_owned(),
        false => format!("Its place in git: {}.\n\n{result}", places.join(", ")),
    }
}

fn answer(question: &Question) -> ContextPart {
    let answer = question.answer.as_ref().map_or("", Text::as_str);
    part(ContextKind::Answer, question.text.as_str(), answer)
}

fn attempt(run: &Run) -> ContextPart {
    let how = run.outcome.map_or("", |outcome| outcome.as_str());
    let said = [&run.summary, &run.error];
    let said: Vec<_> = said.into_iter().flatten().map(Text::as_str).collect();
    let title = format!("attempt {}: {how}", run.number);
    part(ContextKind::Attempt, &title, &said.join("\n\n"))
}

fn part(kind: ContextKind, title: &str, text: &str) -> ContextPart {
    cut(kind, title, text, LONGEST)
}

fn cut(kind: ContextKind, title: &str, text: &str, longest: usize) -> ContextPart {
    let kept: String = text.chars().take(longest).collect();
    ContextPart {
        kind,
        title: title.chars().take(500).collect(),
        truncated: kept.len() < text.len(),
        text: kept,
    }
}

fn within_budget(task: &Task, runs: &[Run], parts: Vec<ContextPart>) -> TaskContext {
    let (mut used, mut left_out, mut told) = (0, 0, Vec::new());
    for part in parts {
        let tokens = tokens(&part);
        if used + tokens > BUDGET {
            left_out += 1;
        } else {
            used += tokens;
            told.push(part);
        }
    }
    TaskContext {
        task_id: task.id,
        budget: BUDGET,
        used,
        utilization_pct: (used * 1000 / BUDGET) as f64 / 10.0,
        files_selected: reported(runs, "files_selected"),
        files_touched: reported(runs, "files_touched"),
        cache_hits: reported(runs, "cache_hits"),
        parts: told,
        left_out,
    }
}

fn tokens(part: &ContextPart) -> i64 {
    let characters = part.title.chars().count() + part.text.chars().count();
    (i64::try_from(characters).unwrap_or(i64::MAX) + TOKEN - 1) / TOKEN
}

/// What runs report in their metadata: as a number, or as a list of what is counted.
fn reported(runs: &[Run], field: &str) -> i64 {
    let of_run = |run: &Run| match run.metadata.as_ref()?.get(field)? {
        Value::Array(listed) => i64::try_from(listed.len()).ok(),
        number => number.as_i64().filter(|number| *number >= 0),
    };
    runs.iter().filter_map(of_run).fold(0, i64::saturating_add)
}
