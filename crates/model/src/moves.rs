//! Moves: what may become what. A move that no table allows is refused with its reason.

/// A move that the table does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot {verb} a {kind} that is {state}{}", advice(hint))]
pub struct NotAllowed {
    /// What was asked, as a verb.
    pub verb: &'static str,
    /// What it was asked of.
    pub kind: &'static str,
    /// The state that stands in the way.
    pub state: &'static str,
    /// What would help, or nothing.
    pub hint: &'static str,
}

fn advice(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!(": {text}")
    }
}

impl NotAllowed {
    /// A refusal without advice.
    #[must_use]
    pub const fn new(verb: &'static str, kind: &'static str, state: &'static str) -> Self {
        Self {
            verb,
            kind,
            state,
            hint: "",
        }
    }

    /// The same refusal with a word of advice.
    #[must_use]
    pub const fn with_hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }
}
