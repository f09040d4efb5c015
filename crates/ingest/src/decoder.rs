//! The decoder: one per stream of lines, whatever agent prints them.

use model::{Name, Tokens, Totals};

use crate::agent::Agent;
use crate::claude::Claude;
use crate::codex::Codex;
use crate::fact::Fact;
use crate::json;

/// Turns the lines that an agent prints into facts.
///
/// Feed it whole lines, without their end, and then call [`Decoder::finish`]. Facts come in the order in which they are to be
/// sent. Keys of calls, names of steps and everything else depend on the bytes and the scope alone: the same lines read again
/// give the same facts, so that sending them again doubles nothing.
#[derive(Debug)]
pub struct Decoder {
    expected: Option<Agent>,
    reader: Option<Reader>,
    scope: Option<String>,
    model: Option<Name>,
    baseline: Tokens,
}

#[derive(Debug)]
enum Reader {
    Text,
    Claude(Box<Claude>),
    Codex(Box<Codex>),
}

impl Decoder {
    /// For an agent that is known.
    #[must_use]
    pub fn for_agent(agent: Agent) -> Self {
        Self {
            expected: Some(agent),
            reader: None,
            scope: None,
            model: None,
            baseline: Tokens::default(),
        }
    }

    /// For a command that may run an agent: by its name, else by the first line that an agent would print.
    #[must_use]
    pub fn auto<T: AsRef<str>>(command: &[T]) -> Self {
        let agent = Agent::detect(command, None);
        Self {
            expected: (agent != Agent::None).then_some(agent),
            ..Self::for_agent(agent).with_command(command)
        }
    }

    /// Calls get their keys within this scope, such as the run's id; within the agent's session when none is given.
    ///
    /// Within the session, the same output read twice is counted once, in whatever run; within the run, once per run.
    #[must_use]
    pub fn with_scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// The command that prints the lines. Codex' stream names no model: it is taken from `-m`, `--model` or `-c model=` here,
    /// else from the warning that Codex prints about models it does not know, else it is called `codex` and has no price.
    #[must_use]
    pub fn with_command<T: AsRef<str>>(mut self, command: &[T]) -> Self {
        self.model = model_of(command);
        self
    }

    /// What the thread had used before this stream began: see [`Decoder::set_thread_baseline`].
    #[must_use]
    pub fn with_thread_baseline(mut self, used: Tokens) -> Self {
        self.set_thread_baseline(used);
        self
    }

    /// What the thread had used before this stream began. Codex reports the total of the whole thread, so that after
    /// `codex exec resume` the earlier runs must be taken away.
    ///
    /// The thread's name comes with the first fact ([`Fact::Run`] with a session). Who sends the facts sends that one at once:
    /// the answer to `PATCH /api/runs/{id}` names the session, whose totals (`GET /api/sessions/{id}`) are what the server knows
    /// of the thread. By way of [`Decoder::used`] they are given here before the next line is fed. A thread that the server does
    /// not know has used nothing: all that Codex reports is then counted with this run.
    pub fn set_thread_baseline(&mut self, used: Tokens) {
        self.baseline = used;
        if let Some(Reader::Codex(codex)) = &mut self.reader {
            codex.set_baseline(used);
        }
    }

    /// A session's totals in the form of a baseline.
    #[must_use]
    pub fn used(totals: &Totals) -> Tokens {
        let cached = totals
            .tokens_cache_read
            .saturating_add(totals.tokens_cache_write);
        Tokens {
            input: totals.tokens_input.saturating_sub(cached).max(0),
            cache_read: totals.tokens_cache_read.max(0),
            cache_write_5m: totals.tokens_cache_write.max(0),
            cache_write_1h: 0,
            output: totals.tokens_output.max(0),
            reasoning: 0,
        }
    }

    /// Whose output is read, as far as that is known by now.
    #[must_use]
    pub fn agent(&self) -> Agent {
        match &self.reader {
            None => self.expected.unwrap_or(Agent::None),
            Some(Reader::Text) => Agent::None,
            Some(Reader::Claude(_)) => Agent::Claude,
            Some(Reader::Codex(_)) => Agent::Codex,
        }
    }

    /// What a line says. The line may hold any bytes; one that cannot be read says nothing.
    pub fn line(&mut self, line: &[u8]) -> Vec<Fact> {
        let Some(value) = json::object(line) else {
            return Vec::new();
        };
        if self.reader.is_none() {
            let agent = match self.expected {
                Some(Agent::None) => self.expected,
                expected => Agent::of_line(&value).or(expected),
            };
            self.reader = agent.map(|agent| self.reader_of(agent));
        }
        match &mut self.reader {
            Some(Reader::Claude(claude)) => claude.line(&value),
            Some(Reader::Codex(codex)) => codex.line(&value),
            Some(Reader::Text) | None => Vec::new(),
        }
    }

    /// What the end of the output says, with the command's exit code (128 and the signal's number after a signal) where it
    /// is known.
    pub fn finish(&mut self, exit_code: Option<i64>) -> Vec<Fact> {
        match &mut self.reader {
            Some(Reader::Claude(claude)) => claude.finish(exit_code),
            Some(Reader::Codex(codex)) => codex.finish(exit_code),
            Some(Reader::Text) | None => Vec::new(),
        }
    }

    fn reader_of(&self, agent: Agent) -> Reader {
        let scope = self.scope.clone();
        match agent {
            Agent::None => Reader::Text,
            Agent::Claude => Reader::Claude(Box::new(Claude::new(scope))),
            Agent::Codex => {
                let codex = Codex::new(scope, self.model.clone(), self.baseline);
                Reader::Codex(Box::new(codex))
            }
        }
    }
}

/// The model that a command asks for: `-m gpt-5`, `--model=gpt-5`, `-c model="gpt-5"`.
fn model_of<T: AsRef<str>>(command: &[T]) -> Option<Name> {
    let mut words = command.iter().map(AsRef::as_ref);
    while let Some(word) = words.next() {
        let found = match word {
            "-m" | "--model" => words.next(),
            "-c" | "--config" => words.next().and_then(|pair| pair.strip_prefix("model=")),
            _ => word.strip_prefix("--model="),
        };
        let found = found.map(|model| model.trim_matches(['"', '\'', ' ']));
        if let Some(model) = found.filter(|model| !model.is_empty()) {
            return Some(Name::lossy(model));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_is_taken_from_the_command() {
        let model = |command: &str| {
            let words: Vec<_> = command.split(' ').collect();
            model_of(&words).map(Name::into_string)
        };
        assert_eq!(
            model("codex exec -m gpt-5.5 hi").as_deref(),
            Some("gpt-5.5")
        );
        assert_eq!(
            model("codex exec --model=gpt-5.5").as_deref(),
            Some("gpt-5.5")
        );
        assert_eq!(model("codex -c model=\"o9\" exec").as_deref(), Some("o9"));
        assert_eq!(model("codex -c approval=never exec hi"), None);
        assert_eq!(model("codex exec -m"), None);
    }
}
