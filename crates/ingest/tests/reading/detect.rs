//! Whose output it is.

use ingest::{Agent, Decoder};

use crate::recordings::{facts_of, read, recording};

const CLAUDE: &str = "claude-code-2.1.197/api-401-final/stdout.jsonl";

#[test]
fn an_unknown_command_is_known_by_what_it_prints() {
    let mut output = b"Starting the agent...\n{\"level\":\"info\"}\n".to_vec();
    output.extend(recording(CLAUDE));
    let mut decoder = Decoder::auto(&["./my-agent.sh"]);
    assert_eq!(decoder.agent(), Agent::None);
    for line in output.split(|byte| *byte == b'\n') {
        decoder.line(line);
    }
    assert_eq!(decoder.agent(), Agent::Claude);
}

#[test]
fn an_agent_that_prints_claudes_shape_with_other_numbers_is_text() {
    assert_eq!(facts_of("qwen-code-0.15.10/stdout.jsonl"), []);
}

#[test]
fn nothing_is_read_where_nobody_wants_it() {
    let facts = read(Decoder::for_agent(Agent::None), &recording(CLAUDE), Some(0));
    assert_eq!(facts, []);
}

#[test]
fn what_is_printed_counts_more_than_the_commands_name() {
    let decoder = Decoder::auto(&["codex", "exec", "--json"]);
    let facts = read(decoder, &recording(CLAUDE), Some(0));
    assert!(!facts.is_empty());
    let codex = recording("codex-0.169.0/ok-exec/stdout.jsonl");
    assert!(!read(Decoder::auto(&["claude"]), &codex, Some(0)).is_empty());
}

#[test]
fn plain_output_of_a_known_agent_says_nothing() {
    let facts = read(
        Decoder::auto(&["claude", "-p", "hi"]),
        b"Hello!\nBye.",
        Some(0),
    );
    assert_eq!(facts, []);
}
