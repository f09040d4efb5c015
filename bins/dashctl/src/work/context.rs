//! Context: what those who work on a task should know of what was done before.

use std::fmt::Write as _;

use model::{ContextKind, ContextPart, TaskContext};

/// What the server tells of it, with a word about what found no place there. Each part begins with the marker, which nobody
/// who wrote one could know: none can pass itself off as another, such as a result as a reviewer's verdict.
pub(super) fn told(context: &TaskContext, marker: &str) -> String {
    // The task itself stands in the prompt already.
    let parts = context.parts.iter();
    let parts = parts.filter(|part| part.kind != ContextKind::Task);
    let mut text: String = parts.map(|part| shown(part, marker)).collect();
    if context.left_out > 0 {
        // Writing into a text cannot fail.
        let _ = writeln!(text, "({} more were left out.)", context.left_out);
    }
    text
}

fn shown(part: &ContextPart, marker: &str) -> String {
    let more = match part.truncated {
        true => "\n(There was more of it.)",
        false => "",
    };
    let what = match part.kind {
        ContextKind::Task => "The task",
        ContextKind::Verdict => "What a reviewer wants changed, by",
        ContextKind::Parent => "What came of the task",
        ContextKind::Answer => "What a person answered to",
        ContextKind::Attempt => "Earlier",
        ContextKind::Comment => "Said about it by",
    };
    // In one line: it was written by others, too.
    let title = part.title.split_whitespace().collect::<Vec<_>>();
    let (title, text) = (title.join(" "), part.text.trim_end());
    format!("===== {marker} {what}: {title} =====\n{text}{more}\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::TaskId;

    #[test]
    fn everything_is_told_in_its_order_and_what_is_left_out_is_said() {
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
                part(ContextKind::Answer, "the\nfirst"),
                part(ContextKind::Parent, "second"),
            ],
            left_out: 1,
        };
        let first = "===== m What a person answered to: the first =====\ntext\n\n";
        let second = "===== m What came of the task: second =====\ntext\n\n";
        let expected = format!("{first}{second}(1 more were left out.)\n");
        assert_eq!(told(&context, "m"), expected);
    }
}
