//! Context: what those who work on a task should know of what was done before.

use std::fmt::Write as _;

use client::{Client, Error};
use model::{Comment, Run, RunId, Task, TaskDetail, Timestamp};

/// One thing to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    at: Timestamp,
    text: String,
}

/// What came of the tasks that it waited for, of earlier attempts, and what was said about it, oldest first.
pub(super) async fn gather(
    client: &Client,
    detail: &TaskDetail,
    own: RunId,
) -> Result<Vec<Entry>, Error> {
    let mut entries = Vec::new();
    for parent in &detail.links.parents {
        let parent = client.get_task(*parent).await?;
        entries.extend(of_parent(&parent));
    }
    let earlier = detail.runs.iter();
    let earlier = earlier.filter(|run| run.id != own && run.parent_run_id.is_none());
    entries.extend(earlier.filter_map(of_attempt));
    entries.extend(detail.comments.iter().map(of_comment));
    entries.sort_by_key(|entry| entry.at);
    Ok(entries)
}

/// As much of it as fits into so many characters: the oldest is left out first, with a word about it.
pub(super) fn bounded(entries: &[Entry], most: usize) -> String {
    let mut room = most;
    let mut kept = Vec::new();
    for entry in entries.iter().rev() {
        let length = entry.text.chars().count();
        if length > room {
            kept.extend(cut(&entry.text, room));
            break;
        }
        room -= length;
        kept.push(entry.text.clone());
    }
    let left_out = entries.len() - kept.len();
    if left_out > 0 {
        kept.push(format!("({left_out} older entries were left out.)\n"));
    }
    kept.reverse();
    kept.join("\n")
}

/// The beginning of an entry, where enough fits to be of use.
fn cut(text: &str, room: usize) -> Option<String> {
    const OF_USE: usize = 200;
    let beginning: String = text.chars().take(room).collect();
    (room >= OF_USE).then(|| format!("{beginning}\n(The rest of it was left out.)\n"))
}

fn of_parent(detail: &TaskDetail) -> Option<Entry> {
    let task: &Task = &detail.task;
    let summary = detail.runs.iter().find_map(|run| run.summary.as_ref());
    if task.result.is_none() && summary.is_none() {
        return None;
    }
    let mut text = format!(
        "### What came of the task “{}” ({}, {})\n",
        task.title, task.id, task.status
    );
    for said in [
        task.result.as_ref(),
        summary.filter(|said| task.result.as_ref() != Some(*said)),
    ] {
        push(&mut text, "", said);
    }
    let at = task.finished_at.unwrap_or(task.updated_at);
    Some(Entry { at, text })
}

fn of_attempt(run: &Run) -> Option<Entry> {
    let outcome = run.outcome?;
    let agent = run
        .agent
        .as_ref()
        .map_or("an agent", |agent| agent.as_str());
    let mut text = format!(
        "### Attempt {} at this task, by {agent}: {outcome}\n",
        run.number
    );
    push(&mut text, "It went wrong: ", run.error.as_ref());
    push(&mut text, "", run.summary.as_ref());
    let at = run.ended_at.unwrap_or(run.created_at);
    Some(Entry { at, text })
}

fn of_comment(comment: &Comment) -> Entry {
    let mut text = format!("### {} said about this task\n", comment.author);
    push(&mut text, "", Some(&comment.body));
    let at = comment.created_at;
    Entry { at, text }
}

fn push(text: &mut String, before: &str, said: Option<&model::Text>) {
    if let Some(said) = said {
        // Writing into a text cannot fail.
        let _ = writeln!(text, "{before}{}", said.as_str().trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &str) -> Entry {
        let at = Timestamp::default();
        let text = format!("{text}\n");
        Entry { at, text }
    }

    #[test]
    fn what_fits_is_whole() {
        let entries = [entry("one"), entry("two")];
        assert_eq!(bounded(&entries, 100), "one\n\ntwo\n");
        assert_eq!(bounded(&[], 100), "");
    }

    #[test]
    fn the_oldest_is_left_out_first() {
        let entries = [entry("one"), entry("two"), entry("three")];
        let expected = "(2 older entries were left out.)\n\nthree\n";
        assert_eq!(bounded(&entries, 9), expected);
    }

    #[test]
    fn the_newest_is_cut_where_it_is_too_long() {
        let long = entry(&"ä".repeat(1000));
        let text = bounded(&[entry("old"), long], 300);
        assert_eq!(text.matches('ä').count(), 300);
        assert!(text.starts_with("(1 older entries"), "{text}");
        assert!(text.contains("The rest of it was left out"), "{text}");
    }
}
