//! References: which tasks a text names, so that one can see whether they are there.

use crate::TaskId;

/// The length of an id as it is written.
const ID: usize = 36;
/// So far before an id the word stands that says what it names.
const BEFORE: usize = 12;
/// No more are looked for in one text.
const MOST: usize = 20;

/// The tasks that a text names as such: `task 0190…`, `tasks/0190…`, `task_id: 0190…`.
#[must_use]
pub fn named_tasks(text: &str) -> Vec<TaskId> {
    let mut found = Vec::new();
    for (start, _) in text.match_indices("task").chain(text.match_indices("Task")) {
        let after = &text.as_bytes()[start + 4..];
        let most = after.len().min(BEFORE + ID);
        if let Some(id) = first_id(&after[..most])
            && !found.contains(&id)
            && found.len() < MOST
        {
            found.push(id);
        }
    }
    found
}

/// The first id in a piece of a text.
fn first_id(piece: &[u8]) -> Option<TaskId> {
    piece
        .windows(ID)
        .find_map(|window| std::str::from_utf8(window).ok()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "01900000-0000-7000-8000-000000000001";

    #[test]
    fn a_task_is_named_by_the_word_before_its_id() {
        let one: TaskId = ONE.parse().unwrap();
        for text in [
            format!("made task {ONE}"),
            format!("see /api/tasks/{ONE}, twice: task {ONE}"),
            format!("Task: `{ONE}`"),
            format!("task_id={ONE}"),
        ] {
            assert_eq!(named_tasks(&text), [one], "{text}");
        }
        for text in [
            format!("session {ONE}"),
            format!("a task that is far from {ONE}"),
            "task ü 0190".to_owned(),
            "task".to_owned(),
        ] {
            assert_eq!(named_tasks(&text), [], "{text}");
        }
    }
}
