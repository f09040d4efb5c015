//! Steps: tool calls, each begun once and ended once, however often the agent mentions them.

use std::collections::{BTreeSet, HashSet};

use model::{Name, NewStep, StepPatch, StepState, StepType, Text, Title};

use crate::fact::Fact;

/// The longest end of an output that is kept, in characters.
const EXCERPT: usize = 4000;

/// The steps of one stream.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    seen: HashSet<Name>,
    open: BTreeSet<Name>,
}

impl Steps {
    /// A step began, unless it is known already.
    pub(crate) fn begin(&mut self, new: Begun<'_>) -> Option<Fact> {
        let external_id = Name::lossy(new.id);
        if !self.seen.insert(external_id.clone()) {
            return None;
        }
        self.open.insert(external_id.clone());
        let step = NewStep {
            id: None,
            parent_step_id: None,
            step_type: new.step_type,
            name: Name::lossy(new.name),
            title: new.title.as_deref().map(Title::lossy),
            external_id: Some(external_id),
            attempt: None,
            child_run_id: None,
            first_line: None,
            started_at: None,
        };
        Some(Fact::StepBegan {
            step: Box::new(step),
            parent: new.parent.map(Name::lossy),
        })
    }

    /// A step ended. One whose beginning was never printed, or could not be read, begins now.
    pub(crate) fn end(&mut self, id: &str, state: StepState, output: &str) -> Vec<Fact> {
        let external_id = Name::lossy(id);
        let begun = self.begin(Begun {
            id,
            step_type: StepType::Tool,
            name: "tool",
            title: None,
            parent: None,
        });
        let mut facts: Vec<_> = begun.into_iter().collect();
        if self.open.remove(&external_id) {
            facts.push(ended(external_id, state, output));
        }
        facts
    }

    /// The agent is gone: what it had begun did not come to its end.
    pub(crate) fn cancel_open(&mut self) -> Vec<Fact> {
        let open = std::mem::take(&mut self.open);
        open.into_iter()
            .map(|id| ended(id, StepState::Cancelled, ""))
            .collect()
    }
}

/// A step that begins.
pub(crate) struct Begun<'a> {
    pub(crate) id: &'a str,
    pub(crate) step_type: StepType,
    pub(crate) name: &'a str,
    pub(crate) title: Option<String>,
    pub(crate) parent: Option<&'a str>,
}

fn ended(external_id: Name, state: StepState, output: &str) -> Fact {
    let result = match state {
        StepState::Succeeded => Some("success"),
        StepState::Failed => Some("fail"),
        StepState::Running | StepState::Cancelled => None,
    };
    let patch = StepPatch {
        state: Some(state),
        result: result.map(Name::lossy),
        output: (!output.is_empty()).then(|| Some(Text::lossy(excerpt(output)))),
        ..StepPatch::default()
    };
    Fact::StepEnded {
        external_id,
        patch: Box::new(patch),
    }
}

fn excerpt(output: &str) -> &str {
    let surplus = output.chars().count().saturating_sub(EXCERPT);
    let start = output.char_indices().nth(surplus);
    &output[start.map_or(0, |(at, _)| at)..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_long_output_is_kept() {
        let output = "a".repeat(10) + &"ä".repeat(EXCERPT);
        assert_eq!(excerpt(&output), "ä".repeat(EXCERPT));
        assert_eq!(excerpt("short"), "short");
    }

    #[test]
    fn a_step_begins_once_and_ends_once() {
        let mut steps = Steps::default();
        assert_eq!(steps.end("a", StepState::Succeeded, "x").len(), 2);
        assert_eq!(steps.end("a", StepState::Failed, "x").len(), 0);
        assert_eq!(steps.cancel_open().len(), 0);
    }
}
