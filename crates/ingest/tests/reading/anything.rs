//! Any bytes in: no panic, and no line hides its neighbour.

use ingest::{Agent, Decoder, Fact};
use proptest::prelude::*;

use crate::recordings::{kept, read, recording, steps};

const GENUINE: [&str; 6] = [
    "claude-code-2.1.197/ok-bash-fail-subagent-write/stdout.jsonl",
    "claude-code-2.1.197/api-529-retried/stdout.jsonl",
    "claude-code-2.1.197/permission-denied/stdout.jsonl",
    "claude-code-2.1.197/sigint-during-tool/stdout.jsonl",
    "codex-0.169.0/api-429-retried/stdout.jsonl",
    "codex-0.169.0/hooks-and-notify/stdout.jsonl",
];

fn lines(path: &str) -> Vec<Vec<u8>> {
    let bytes = recording(path);
    let lines = bytes.split(|byte| *byte == b'\n');
    lines
        .filter(|line| !line.is_empty())
        .map(<[u8]>::to_vec)
        .collect()
}

fn facts(lines: &[Vec<u8>]) -> Vec<Fact> {
    read(Decoder::auto::<&str>(&[]), &lines.join(&b'\n'), None)
}

/// What facts say, without how the lines read in the log.
fn without_log(facts: Vec<Fact>) -> Vec<Fact> {
    facts
        .into_iter()
        .filter(|fact| !matches!(fact, Fact::Log(_)))
        .collect()
}

/// What is no line of any agent.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(
            any::<u8>().prop_filter("one line", |byte| *byte != b'\n'),
            0..200
        ),
        "[\\PC]{0,80}".prop_map(String::into_bytes),
        Just(b"{\"type\":\"assistant\",\"message\":".to_vec()),
        Just(b"{\"type\":\"resul\"}".to_vec()),
        Just(b"null".to_vec()),
    ]
}

/// A change to a genuine line: some bytes taken out, others put in their place.
fn damage() -> impl Strategy<Value = (usize, usize, usize, Vec<u8>)> {
    let anything = prop::collection::vec(any::<u8>(), 0..8);
    let telling = prop_oneof![
        Just(b"null".to_vec()),
        Just(b"-1".to_vec()),
        Just(b"1e308".to_vec()),
        Just(b"9223372036854775807".to_vec()),
        Just(b"\"\"".to_vec()),
        Just(b"{}".to_vec()),
        Just(b"[]".to_vec()),
    ];
    let put = prop_oneof![anything, telling];
    (any::<usize>(), any::<usize>(), 0_usize..40, put)
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        for agent in [Agent::Claude, Agent::Codex, Agent::None] {
            read(Decoder::for_agent(agent), &bytes, None);
        }
        read(Decoder::auto::<&str>(&[]), &bytes, Some(-1));
    }

    #[test]
    fn any_json_of_a_known_type_is_read_without_a_panic(json in json_line()) {
        for agent in [Agent::Claude, Agent::Codex] {
            let facts = read(Decoder::for_agent(agent), json.as_bytes(), None);
            kept(&facts);
            steps(&facts);
        }
    }

    #[test]
    fn noise_between_the_lines_changes_nothing(
        which in 0..GENUINE.len(),
        at in any::<usize>(),
        noise in noise(),
    ) {
        let genuine = lines(GENUINE[which]);
        let mut noisy = genuine.clone();
        noisy.insert(at % (genuine.len() + 1), noise);
        prop_assert_eq!(without_log(facts(&noisy)), without_log(facts(&genuine)));
    }

    #[test]
    fn a_damaged_line_hides_no_neighbour(which in 0..GENUINE.len(), damage in damage()) {
        let genuine = lines(GENUINE[which]);
        let (line, at, length, put) = damage;
        let line = line % genuine.len();
        let mut damaged = genuine.clone();
        let bytes = &mut damaged[line];
        let from = at % bytes.len();
        let to = (from + length).min(bytes.len());
        bytes.splice(from..to, put);
        let mut missing = genuine;
        missing.remove(line);
        let read = facts(&damaged);
        kept(&read);
        let read_steps = steps(&read);
        for id in steps(&facts(&missing)).keys() {
            prop_assert!(read_steps.contains_key(id), "{} is hidden", id);
        }
    }

    #[test]
    fn a_line_cut_short_is_as_good_as_a_missing_one(
        which in 0..GENUINE.len(),
        line in any::<usize>(),
        length in any::<usize>(),
    ) {
        let genuine = lines(GENUINE[which]);
        let line = line % genuine.len();
        let mut missing = genuine.clone();
        missing.remove(line);
        let mut cut = genuine;
        let length = length % cut[line].len();
        cut[line].truncate(length);
        prop_assert_eq!(without_log(facts(&cut)), without_log(facts(&missing)));
    }
}

/// Objects with the names that the readers look for, and anything below them.
fn json_line() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        "[a-z\\[\\]<>\u{0}ä]{0,12}".prop_map(Into::into),
    ];
    let tree = leaf.prop_recursive(4, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::btree_map(name(), inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    });
    (kind(), prop::collection::btree_map(name(), tree, 0..8)).prop_map(|(kind, fields)| {
        let mut object: serde_json::Map<_, _> = fields.into_iter().collect();
        object.insert("type".to_owned(), kind.into());
        serde_json::Value::Object(object).to_string()
    })
}

fn kind() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "assistant",
        "user",
        "system",
        "result",
        "stream_event",
        "rate_limit_event",
        "thread.started",
        "turn.started",
        "turn.completed",
        "turn.failed",
        "item.started",
        "item.completed",
        "error",
    ])
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "type",
        "subtype",
        "message",
        "id",
        "model",
        "usage",
        "content",
        "session_id",
        "uuid",
        "parent_tool_use_id",
        "tool_use_id",
        "tool_use_result",
        "input_tokens",
        "output_tokens",
        "cache_creation",
        "modelUsage",
        "inputTokens",
        "costUSD",
        "total_cost_usd",
        "is_error",
        "event",
        "error",
        "item",
        "thread_id",
        "status",
        "text",
        "name",
        "input",
        "result",
        "cached_input_tokens",
        "permission_denials",
        "rate_limit_info",
        "canonicalModel",
    ])
    .prop_map(str::to_owned)
}
