//! Claude Code: totals to the last token, and every way to end.

use ingest::{Agent, Decoder, Fact};
use model::{Outcome, SessionState, StepState, StepType, Tokens, Usd};

use crate::recordings::{
    end, errors, events, facts_of, kept, read, recording, reported, spent, steps,
};

const OK: &str = "claude-code-2.1.197/ok-bash-fail-subagent-write/stdout.jsonl";

fn tokens(input: i64, read: i64, write_5m: i64, write_1h: i64, output: i64) -> Tokens {
    Tokens {
        input,
        cache_read: read,
        cache_write_5m: write_5m,
        cache_write_1h: write_1h,
        output,
        reasoning: 0,
    }
}

#[track_caller]
fn check(scenario: &str, used: Tokens, pico: i64) {
    let facts = facts_of(&format!("claude-code-2.1.197/{scenario}"));
    assert_eq!(spent(&facts), used, "{scenario}");
    assert_eq!(reported(&facts), Usd::from_pico(pico), "{scenario}");
    let said = end(&facts).reported_cost_usd;
    assert_eq!(said, Some(Usd::from_pico(pico)), "{scenario}");
}

#[test]
fn the_sum_of_the_calls_is_what_the_agent_said() {
    let whole = tokens(81, 42_000, 12_600, 8_400, 621);
    check(
        "ok-bash-fail-subagent-write/stdout.jsonl",
        whole,
        199_680_000_000,
    );
    check("ok-otlp-protobuf/stdout.jsonl", whole, 199_680_000_000);
    check("permission-denied/stdout.jsonl", whole, 199_680_000_000);
    let retried = tokens(93, 66_000, 19_800, 13_200, 633);
    check("api-529-retried/stdout.jsonl", retried, 305_040_000_000);
    let stopped = tokens(11, 2_000, 600, 400, 101);
    check("sigint-during-tool/stdout.jsonl", stopped, 11_330_000_000);
    check("api-401-final/stdout.jsonl", Tokens::default(), 0);
    check("api-500-final/stdout.jsonl", Tokens::default(), 0);
}

#[test]
fn a_session_that_is_resumed_and_forked_counts_each_call_once() {
    let folder = "claude-code-2.1.197/resume-and-fork";
    let runs = ["stdout.jsonl", "stdout-resume.jsonl", "stdout-fork.jsonl"];
    let facts: Vec<Fact> = runs
        .iter()
        .flat_map(|run| facts_of(&format!("{folder}/{run}")))
        .collect();
    assert_eq!(spent(&facts), tokens(116, 72_000, 21_600, 14_400, 836));
    assert_eq!(reported(&facts), Usd::from_pico(336_480_000_000));
}

#[test]
fn a_script_that_runs_the_agent_three_times_spends_the_sum() {
    let folder = "claude-code-2.1.197/resume-and-fork";
    let mut output = Vec::new();
    for run in ["stdout.jsonl", "stdout-resume.jsonl", "stdout-fork.jsonl"] {
        output.extend(recording(&format!("{folder}/{run}")));
    }
    let facts = read(Decoder::auto(&["bash", "agents.sh"]), &output, Some(0));
    assert_eq!(spent(&facts), tokens(116, 72_000, 21_600, 14_400, 836));
    assert_eq!(
        end(&facts).reported_cost_usd,
        Some(Usd::from_pico(336_480_000_000))
    );
}

#[test]
fn the_same_output_read_twice_counts_once_within_its_session_and_apart_within_scopes() {
    let bytes = recording(OK);
    let once = spent(&facts_of(OK));
    let twice: Vec<Fact> = [facts_of(OK), facts_of(OK)].concat();
    assert_eq!(spent(&twice), once);
    let scoped = |run: &str| {
        let decoder = Decoder::for_agent(Agent::Claude).with_scope(run);
        read(decoder, &bytes, Some(0))
    };
    let apart: Vec<Fact> = [scoped("run-1"), scoped("run-1"), scoped("run-2")].concat();
    assert_eq!(spent(&apart), once.plus(once));
}

#[test]
fn before_the_result_calls_are_provisional_and_one_per_message() {
    let facts = facts_of("claude-code-2.1.197/sigterm-during-tool/stdout.jsonl");
    assert_eq!(spent(&facts), tokens(23, 6_000, 1_800, 1_200, 2));
    assert_eq!(kept(&facts).len(), 2);
    assert!(kept(&facts).values().all(|call| {
        call.exactness == Some(model::Exactness::Provisional)
            && call.provider_request_id.is_some()
            && call.model.as_str() == "claude-opus-4-8"
    }));
}

#[test]
fn an_api_failure_is_a_failure_although_it_is_called_success() {
    for (status, error) in [("401", "401 mock failure"), ("500", "500 mock failure")] {
        let facts = facts_of(&format!(
            "claude-code-2.1.197/api-{status}-final/stdout.jsonl"
        ));
        let end = end(&facts);
        assert_eq!(end.outcome, Outcome::Failed);
        assert!(end.error.as_ref().unwrap().as_str().contains(error));
        assert_eq!(end.summary, None);
        assert_eq!(errors(&facts).len(), 1);
        assert_eq!(events(&facts), ["agent.api_retry"]);
    }
}

#[test]
fn tries_that_the_provider_refused_are_told_and_counted() {
    let facts = facts_of("claude-code-2.1.197/api-529-retried/stdout.jsonl");
    assert_eq!(events(&facts), ["rate_limited", "rate_limited"]);
    let first = facts.iter().find_map(|fact| match fact {
        Fact::Call { call, .. } => call.attempt,
        _ => None,
    });
    assert_eq!(first, Some(3));
    assert_eq!(end(&facts).outcome, Outcome::Completed);
}

#[test]
fn a_limit_that_is_not_lifted_ends_the_run_as_rate_limited() {
    let result = br#"{"type":"result","subtype":"success","is_error":true,"api_error_status":429,"result":"limit","session_id":"s","uuid":"u"}"#;
    let facts = read(Decoder::for_agent(Agent::Claude), result, Some(1));
    assert_eq!(end(&facts).outcome, Outcome::RateLimited);
}

#[test]
fn a_refused_tool_fails_its_step_and_not_the_run() {
    let facts = facts_of("claude-code-2.1.197/permission-denied/stdout.jsonl");
    assert_eq!(events(&facts), ["agent.permission_denied"]);
    let refused = &steps(&facts)["toolu_mock000001_2"];
    let patch = refused.end.as_ref().unwrap();
    assert_eq!(patch.state, Some(StepState::Failed));
    assert_eq!(end(&facts).outcome, Outcome::Completed);
}

#[test]
fn an_interrupt_cancels_the_tool_and_the_run() {
    let facts = facts_of("claude-code-2.1.197/sigint-during-tool/stdout.jsonl");
    let steps = steps(&facts);
    let patch = steps["toolu_mock000001_1"].end.as_ref().unwrap();
    assert_eq!(patch.state, Some(StepState::Cancelled));
    assert_eq!(end(&facts).outcome, Outcome::Cancelled);
}

#[test]
fn an_end_without_a_result_is_a_crash_and_cancels_what_was_open() {
    let path = "claude-code-2.1.197/sigterm-during-tool/stdout.jsonl";
    let facts = read(Decoder::auto(&["claude"]), &recording(path), Some(143));
    assert_eq!(end(&facts).outcome, Outcome::Crashed);
    let steps = steps(&facts);
    let state = |id: &str| steps[id].end.as_ref().and_then(|patch| patch.state);
    assert_eq!(state("toolu_mock000001_1"), Some(StepState::Failed));
    assert_eq!(state("toolu_mock000002_1"), Some(StepState::Cancelled));
}

#[test]
fn sub_agents_nest() {
    let facts = facts_of(OK);
    let steps = steps(&facts);
    assert_eq!(steps["toolu_mock000002_0"].step.step_type, StepType::Agent);
    let inner = &steps["toolu_mock000003_0"];
    assert_eq!(inner.parent.as_deref(), Some("toolu_mock000002_0"));
    assert_eq!(inner.step.step_type, StepType::Tool);
    let by_sub_agent = facts.iter().filter(|fact| {
        matches!(fact, Fact::Call { step: Some(step), .. } if step.as_str() == "toolu_mock000002_0")
    });
    assert_eq!(by_sub_agent.count(), 1);
}

#[test]
fn what_tools_gave_back_is_kept() {
    let facts = facts_of(OK);
    let steps = steps(&facts);
    let end = |id: &str| steps[id].end.clone().unwrap();
    let output = |id: &str| end(id).output.flatten().unwrap().into_string();
    assert_eq!(output("toolu_mock000001_1"), "hello");
    assert_eq!(end("toolu_mock000001_1").state, Some(StepState::Succeeded));
    assert!(output("toolu_mock000001_2").contains("No such file"));
    assert_eq!(end("toolu_mock000001_2").state, Some(StepState::Failed));
    assert!(output("toolu_mock000002_0").starts_with("Subagent done."));
}

#[test]
fn a_session_is_told_once_and_ends() {
    let states: Vec<_> = facts_of(OK)
        .iter()
        .filter_map(|fact| match fact {
            Fact::Run(patch) => patch.session.clone(),
            _ => None,
        })
        .map(|session| (session.state.unwrap(), session.messages))
        .collect();
    let running = (SessionState::Running, 0);
    let waiting = (SessionState::WaitingForInput, 1);
    assert_eq!(states, [running, waiting, (SessionState::Ended, 0)]);
}

#[test]
fn the_exit_code_counts_where_the_agent_is_content() {
    let outcome = |exit_code| {
        let facts = read(Decoder::auto(&["claude"]), &recording(OK), exit_code);
        end(&facts).outcome
    };
    assert_eq!(outcome(Some(0)), Outcome::Completed);
    assert_eq!(outcome(None), Outcome::Completed);
    assert_eq!(outcome(Some(1)), Outcome::Failed);
    assert_eq!(outcome(Some(137)), Outcome::Crashed);
}
