//! Usage: token counts as Claude writes them, in messages and in results.

use std::collections::BTreeMap;

use model::{Name, Tokens, Usd};
use serde_json::Value;

use super::model_name;
use crate::json;

/// The tokens of a message's `usage`. Its input leaves out what a cache had. Without a split, all that was written
/// to a cache counts as written for five minutes.
pub(super) fn of_message(usage: &Value) -> Tokens {
    let written = json::count(usage, "/cache_creation_input_tokens");
    let hour = json::count(usage, "/cache_creation/ephemeral_1h_input_tokens");
    let minutes = json::count(usage, "/cache_creation/ephemeral_5m_input_tokens");
    Tokens {
        input: json::count(usage, "/input_tokens"),
        cache_read: json::count(usage, "/cache_read_input_tokens"),
        cache_write_5m: minutes.max(written.saturating_sub(hour)),
        cache_write_1h: hour,
        output: json::count(usage, "/output_tokens"),
        reasoning: 0,
    }
}

/// What one model used since the process began, as a result says it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Used {
    pub(super) input: i64,
    pub(super) cache_read: i64,
    /// For five minutes and for an hour together: results do not tell them apart.
    pub(super) cache_write: i64,
    pub(super) output: i64,
    pub(super) cost: Option<Usd>,
}

impl Used {
    /// Whether this is at least those, and these tokens of input more.
    pub(super) fn continues(self, those: Self, since: Tokens) -> bool {
        let written = since.cache_write_5m.saturating_add(since.cache_write_1h);
        self.input >= those.input.saturating_add(since.input)
            && self.cache_read >= those.cache_read.saturating_add(since.cache_read)
            && self.cache_write >= those.cache_write.saturating_add(written)
            && self.output >= those.output
    }

    fn plus(self, other: Self) -> Self {
        let cost = match (self.cost, other.cost) {
            (Some(a), Some(b)) => Some(a.plus(b)),
            (a, b) => a.or(b),
        };
        Self {
            input: self.input.saturating_add(other.input),
            cache_read: self.cache_read.saturating_add(other.cache_read),
            cache_write: self.cache_write.saturating_add(other.cache_write),
            output: self.output.saturating_add(other.output),
            cost,
        }
    }
}

/// The `modelUsage` of a result, by the names under which the messages know the models.
pub(super) fn of_result(line: &Value, in_messages: &[Name]) -> BTreeMap<Name, Used> {
    let Some(models) = line.pointer("/modelUsage").and_then(Value::as_object) else {
        return BTreeMap::new();
    };
    let mut all: BTreeMap<Name, Used> = BTreeMap::new();
    for (written, usage) in models {
        let name = known_name(written, usage, in_messages);
        let used = all.entry(name).or_default();
        *used = used.plus(of_model(usage));
    }
    paired(all, in_messages)
}

fn known_name(written: &str, usage: &Value, in_messages: &[Name]) -> Name {
    let plain = model_name(written);
    let canonical = json::text(usage, "/canonicalModel").map(model_name);
    match canonical {
        Some(canonical) if !in_messages.contains(&plain) && in_messages.contains(&canonical) => {
            canonical
        }
        _ => plain,
    }
}

/// A gateway may call the model differently in its messages. Where one name is left on each side, they are the same.
fn paired(mut all: BTreeMap<Name, Used>, in_messages: &[Name]) -> BTreeMap<Name, Used> {
    let unknown: Vec<_> = all
        .keys()
        .filter(|name| !in_messages.contains(name))
        .cloned()
        .collect();
    let unsaid: Vec<_> = in_messages
        .iter()
        .filter(|name| !all.contains_key(*name))
        .collect();
    if let ([unknown], [unsaid]) = (unknown.as_slice(), unsaid.as_slice())
        && let Some(used) = all.remove(unknown)
    {
        all.insert((*unsaid).clone(), used);
    }
    all
}

fn of_model(usage: &Value) -> Used {
    Used {
        input: json::count(usage, "/inputTokens"),
        cache_read: json::count(usage, "/cacheReadInputTokens"),
        cache_write: json::count(usage, "/cacheCreationInputTokens"),
        output: json::count(usage, "/outputTokens"),
        cost: json::dollars(usage, "/costUSD"),
    }
}
