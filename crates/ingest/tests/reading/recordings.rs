//! Reading a recording as the command line does, and adding up what came of it as the server does.

use std::collections::BTreeMap;
use std::path::Path;

use ingest::{Decoder, Ended, Fact};
use model::{CallStatus, Exactness, Name, NewLlmCall, NewStep, StepPatch, Tokens, Usd};

/// The bytes of a recording.
pub(crate) fn recording(path: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(path);
    std::fs::read(&path).unwrap()
}

/// All facts of some lines, the end's included.
pub(crate) fn read(mut decoder: Decoder, bytes: &[u8], exit_code: Option<i64>) -> Vec<Fact> {
    let mut facts = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        facts.extend(decoder.line(line));
    }
    facts.extend(decoder.finish(exit_code));
    facts
}

/// All facts of a recording that was printed by a command that nobody knows.
pub(crate) fn facts_of(path: &str) -> Vec<Fact> {
    read(Decoder::auto::<&str>(&[]), &recording(path), Some(0))
}

/// The calls as a server keeps them: one per key, the most exact report, of equal ones the last.
pub(crate) fn kept<'a>(facts: impl IntoIterator<Item = &'a Fact>) -> BTreeMap<Name, NewLlmCall> {
    let mut kept: BTreeMap<Name, NewLlmCall> = BTreeMap::new();
    for fact in facts {
        let Fact::Call { call, .. } = fact else {
            continue;
        };
        let key = call.call_key.clone().unwrap();
        let exactness = |call: &NewLlmCall| call.exactness.unwrap_or(Exactness::Exact);
        let is_better = kept
            .get(&key)
            .is_none_or(|known| exactness(call) >= exactness(known));
        assert!(call.tokens.are_possible(), "{:?}", call.tokens);
        if is_better {
            kept.insert(key, call.as_ref().clone());
        }
    }
    kept
}

/// The sum of the calls that a server keeps.
pub(crate) fn spent<'a>(facts: impl IntoIterator<Item = &'a Fact>) -> Tokens {
    let kept = kept(facts);
    kept.values()
        .fold(Tokens::default(), |sum, call| sum.plus(call.tokens))
}

/// What the agent said that its calls cost.
pub(crate) fn reported<'a>(facts: impl IntoIterator<Item = &'a Fact>) -> Usd {
    let kept = kept(facts);
    kept.values()
        .filter_map(|call| call.reported_cost_usd)
        .sum()
}

/// What calls that were not answered say.
pub(crate) fn errors(facts: &[Fact]) -> Vec<String> {
    let kept = kept(facts);
    let failed = kept
        .values()
        .filter(|call| call.status == Some(CallStatus::Error));
    failed
        .filter_map(|call| Some(call.error.clone()?.into_string()))
        .collect()
}

/// How the run ended.
pub(crate) fn end(facts: &[Fact]) -> &Ended {
    let ends: Vec<_> = facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Ended(ended) => Some(ended.as_ref()),
            _ => None,
        })
        .collect();
    let [end] = ends[..] else {
        panic!("{} ends", ends.len());
    };
    end
}

/// The types of the events, in order.
pub(crate) fn events(facts: &[Fact]) -> Vec<&str> {
    facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Event(event) => Some(event.event_type.as_str()),
            _ => None,
        })
        .collect()
}

/// A step as a server shows it.
pub(crate) struct Seen {
    pub(crate) step: NewStep,
    pub(crate) parent: Option<String>,
    pub(crate) end: Option<StepPatch>,
}

/// The steps by the agent's name for them. Each begins before it ends, once.
pub(crate) fn steps(facts: &[Fact]) -> BTreeMap<String, Seen> {
    let mut steps: BTreeMap<String, Seen> = BTreeMap::new();
    for fact in facts {
        match fact {
            Fact::StepBegan { step, parent } => {
                let seen = Seen {
                    step: step.as_ref().clone(),
                    parent: parent.clone().map(Name::into_string),
                    end: None,
                };
                let id = step.external_id.clone().unwrap().into_string();
                assert!(steps.insert(id, seen).is_none());
            }
            Fact::StepEnded { external_id, patch } => {
                let seen = steps.get_mut(external_id.as_str()).unwrap();
                assert_eq!(seen.end.replace(patch.as_ref().clone()), None);
            }
            _ => {}
        }
    }
    steps
}
