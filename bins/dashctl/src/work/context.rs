//! Context: what those who work on a task should know of what was done before.

use std::fmt::Write as _;

use model::{ContextKind, ContextPart, TaskContext};

/// As much of it as fits into so many characters, the most needed first, with a word about what is left out.
pub(super) fn bounded(context: &TaskContext, most: usize) -> String {
    let (mut text, mut room) = (String::new(), most);
    // The task itself stands in the prompt already.
    let parts = context.parts.iter();
    let mut parts = parts.filter(|part| part.kind != ContextKind::Task);
    let mut left_out = context.left_out;
    for part in parts.by_ref() {
        let part = shown(part);
        let length = part.chars().count();
        if length > room {
            left_out += 1;
            break;
        }
        room -= length;
        text.push_str(&part);
    }
    left_out += i64::try_from(parts.count()).unwrap_or(i64::MAX);
    if left_out > 0 {
        // Writing into a text cannot fail.
        let _ = writeln!(text, "({left_out} more were left out.)");
    }
    text
}

fn shown(part: &ContextPart) -> String {
    let more = match part.truncated {
        true => "\n(There was more of it.)",
        false => "",
    };
    let what = match part.kind {
        ContextKind::Task => "The task",
        ContextKind::Parent => "What came of the task",
        ContextKind::Answer => "What a person answered to",
        ContextKind::Attempt => "Earlier",
        ContextKind::Comment => "Said about it by",
    };
    let (title, text) = (&part.title, part.text.trim_end());
    format!("### {what}: {title}\n{text}{more}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::TaskId;

    fn check(most: usize, expected: &str) {
        let part = |kind, title: &str| ContextPart {
            kind,
            title: title.to_owned(),
            text: "text\n".to_owned(),
            truncated: false,
        };
        let context = TaskContext {
            task_id: TaskId::new(),
            budget: 0,
            used: 0,
            utilization_pct: 0.0,
            files_selected: 0,
            files_touched: 0,
            cache_hits: 0,
            parts: vec![
                part(ContextKind::Task, "the task"),
                part(ContextKind::Answer, "first"),
                part(ContextKind::Parent, "second"),
            ],
            left_out: 1,
        };
        assert_eq!(bounded(&context, most), expected);
    }

    #[test]
    fn the_most_needed_comes_first_and_what_is_left_out_is_said() {
        let first = "### What a person answered to: first\ntext\n\n";
        let second = "### What came of the task: second\ntext\n\n";
        check(1000, &format!("{first}{second}(1 more were left out.)\n"));
        check(60, &format!("{first}(2 more were left out.)\n"));
        check(0, "(3 more were left out.)\n");
    }
}
