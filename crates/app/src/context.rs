//! Contexts: what the next worker of a task is told: the task, what came of those before it, the answers of people, earlier
//! attempts and comments, until the budget is used up.

use auth::Caller;
use model::{
    ContextKind, ContextPart, Page, Question, Run, RunFilter, Task, TaskContext, TaskId, Text,
};
use serde_json::Value;
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
    for parent in links::of_task(read, task.id)
        .await?
        .parents
        .iter()
        .take(MOST)
    {
        if let Some(parent) = kept::get(read, *parent).await? {
            let result = parent.result.as_ref().map_or("", Text::as_str);
            parts.push(part(ContextKind::Parent, parent.title.as_str(), result));
        }
    }
    let most = i64::try_from(MOST).unwrap_or(i64::MAX);
    let answered = questions::answered_on_task(read, task.id, most).await?;
    parts.extend(answered.iter().map(answer));
    parts.extend(runs.iter().filter(|run| run.state.has_ended()).map(attempt));
    let said = comments::latest_on_task(read, task.id, most).await?;
    parts.extend(said.iter().rev().map(|comment| {
        let who = format!("{} at {}", comment.author.name, comment.created_at);
        part(ContextKind::Comment, &who, comment.body.as_str())
    }));
    Ok(parts)
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
    let kept: String = text.chars().take(LONGEST).collect();
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
