//! Calls to models: counted once, priced to the last pico-dollar; recorded agents cost what they said.

use std::collections::HashMap;
use std::path::Path;

use client::Client;
use ingest::{Agent, Decoder, Fact};
use model::{
    CallStatus, LlmCallFilter, Name, NewLlmCall, NewLlmCalls, NewStep, Page, ProblemKind, Run,
    RunId, StepId, StepState, Usd,
};
use serde_json::json;

use crate::world::{World, from, kind, pointers};

async fn run(world: &World) -> RunId {
    world.another_run().await.run.id
}

async fn totals(world: &World, run: RunId) -> Run {
    world.admin.get_run(run).await.unwrap().run
}

#[tokio::test]
async fn the_same_call_counts_once_and_the_most_exact_report_wins() {
    let world = World::new().await;
    let run = run(&world).await;
    let report = async |exactness: &str, output: i64| {
        let call = json!({
            "run_id": run, "call_key": "req_1", "model": "claude-opus-4-8",
            "exactness": exactness, "tokens": {"input": 11, "output": output},
        });
        world
            .admin
            .create_llm_calls(&from(call))
            .await
            .unwrap()
            .remove(0)
    };
    let first = report("provisional", 1).await;
    assert_eq!(first.cost_usd, Some(Usd::from_pico(80_000_000)));
    assert_eq!(report("telemetry", 101).await.id, first.id);
    assert_eq!(report("provisional", 500).await.tokens.output, 101);
    let run = totals(&world, run).await;
    assert_eq!(
        (run.totals.total_llm_calls, run.totals.tokens_output),
        (1, 101)
    );
    assert_eq!(
        run.totals.cost_usd,
        Usd::from_pico(55_000_000 + 2_525_000_000)
    );
}

#[tokio::test]
async fn a_model_without_a_price_is_unpriced() {
    let world = World::new().await;
    let run = run(&world).await;
    let call = json!({"run_id": run, "model": "my-own", "tokens": {"input": 5}});
    let call = world
        .admin
        .create_llm_calls(&from(call))
        .await
        .unwrap()
        .remove(0);
    assert_eq!((call.cost_usd, call.price_version), (None, None));
    let run = totals(&world, run).await;
    assert_eq!(
        (run.totals.cost_usd, run.totals.unpriced_calls),
        (Usd::ZERO, 1)
    );
}

#[tokio::test]
async fn a_call_under_way_is_shown_until_it_ends() {
    let world = World::new().await;
    let run = run(&world).await;
    let call = |status: &str| {
        from::<NewLlmCalls>(json!({"run_id": run, "call_key": "k", "model": "m", "status": status}))
    };
    world.admin.create_llm_calls(&call("active")).await.unwrap();
    let active = async || {
        let active = world.admin.list_active_requests().await.unwrap();
        active
            .into_iter()
            .filter(|request| request.run_id == Some(run))
            .count()
    };
    assert_eq!(active().await, 1);
    world.admin.create_llm_calls(&call("error")).await.unwrap();
    assert_eq!(active().await, 0);
    let filter = LlmCallFilter {
        run: Some(run),
        status: Some(CallStatus::Error),
        ..LlmCallFilter::default()
    };
    let failed = world
        .admin
        .list_llm_calls(&filter, &Page::default())
        .await
        .unwrap()
        .items;
    assert_eq!(failed.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_is_pointed_at() {
    let world = World::new().await;
    let head = world.head().await;
    for (more, pointer) in [
        (json!({"tokens": {"input": -1}}), "/0/tokens"),
        (
            json!({"tokens": {"output": 1, "reasoning": 2}}),
            "/0/tokens",
        ),
        (json!({"attempt": 0}), "/0/attempt"),
        (json!({"duration_ms": -1}), "/0/duration_ms"),
        (json!({"reported_cost_usd": -1.0}), "/0/reported_cost_usd"),
        (json!({"run_id": RunId::new()}), "/0/run_id"),
        (
            json!({"run_id": world.run.id, "step_id": StepId::new()}),
            "/0/step_id",
        ),
    ] {
        let mut call = json!({"model": "m"});
        call.as_object_mut()
            .unwrap()
            .extend(more.as_object().cloned().unwrap());
        let found = pointers(world.admin.create_llm_calls(&from(json!([call]))).await);
        assert!(
            found.iter().any(|found| found.starts_with(pointer)),
            "{pointer}: {found:?}"
        );
    }
    let many = vec![json!({"model": "m"}); 1001];
    assert_eq!(
        kind(world.admin.create_llm_calls(&from(json!(many))).await),
        ProblemKind::Invalid
    );
    assert_eq!(world.head().await, head, "all or nothing");
}

/// Sends what a recorded agent printed, as a worker does.
async fn replay(client: &Client, run: RunId, mut decoder: Decoder, recording: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../ingest/testdata")
        .join(recording);
    let bytes = std::fs::read(path).unwrap();
    let mut steps: HashMap<Name, StepId> = HashMap::new();
    let mut facts: Vec<Fact> = bytes
        .split(|byte| *byte == b'\n')
        .flat_map(|line| decoder.line(line))
        .collect();
    facts.extend(decoder.finish(Some(0)));
    for fact in facts {
        match fact {
            Fact::Run(patch) => drop(client.update_run(run, &patch).await.unwrap()),
            Fact::StepBegan { step, parent } => {
                let parent_step_id = parent.and_then(|parent| steps.get(&parent).copied());
                let new = NewStep {
                    parent_step_id,
                    ..*step
                };
                let made = client.create_step(run, &new).await.unwrap();
                steps.insert(made.external_id.clone().unwrap(), made.id);
            }
            Fact::StepEnded { external_id, patch } => {
                drop(
                    client
                        .update_step(run, steps[&external_id], &patch)
                        .await
                        .unwrap(),
                );
            }
            Fact::Call { call, step } => {
                let step_id = step.and_then(|step| steps.get(&step).copied());
                let call = NewLlmCall {
                    run_id: Some(run),
                    step_id,
                    ..*call
                };
                drop(
                    client
                        .create_llm_calls(&NewLlmCalls::One(Box::new(call)))
                        .await
                        .unwrap(),
                );
            }
            Fact::Event(event) => {
                let event = model::NewEvent {
                    run_id: Some(run),
                    ..*event
                };
                drop(
                    client
                        .create_events(&model::NewEvents::One(Box::new(event)))
                        .await
                        .unwrap(),
                );
            }
            Fact::Ended(end) => {
                let end = from(json!({
                    "outcome": end.outcome, "summary": end.summary, "error": end.error,
                    "reported_cost_usd": end.reported_cost_usd,
                }));
                drop(client.finish_run(run, &end).await.unwrap());
            }
            Fact::Log(_) => {}
        }
    }
}

#[tokio::test]
async fn a_recorded_claude_session_costs_what_it_said_each_time_it_is_run() {
    let world = World::new().await;
    for (recording, pico) in [
        ("ok-bash-fail-subagent-write/stdout.jsonl", 199_680_000_000),
        ("permission-denied/stdout.jsonl", 199_680_000_000),
        ("api-529-retried/stdout.jsonl", 305_040_000_000),
        ("resume-and-fork/stdout.jsonl", 199_680_000_000),
        ("resume-and-fork/stdout-resume.jsonl", 64_010_000_000),
        ("resume-and-fork/stdout-fork.jsonl", 72_790_000_000),
        ("sigint-during-tool/stdout.jsonl", 11_330_000_000),
        ("ok-bash-fail-subagent-write/stdout.jsonl", 199_680_000_000),
    ] {
        let started = world.another_run().await;
        let client = world.client_of(&started.run_token.unwrap());
        let decoder = Decoder::for_agent(Agent::Claude).with_scope(started.run.id.to_string());
        replay(
            &client,
            started.run.id,
            decoder,
            &format!("claude-code-2.1.197/{recording}"),
        )
        .await;
        let run = totals(&world, started.run.id).await;
        assert_eq!(run.totals.cost_usd, Usd::from_pico(pico), "{recording}");
        assert_eq!(
            run.reported_cost_usd,
            Some(Usd::from_pico(pico)),
            "{recording}"
        );
        assert_eq!(run.totals.unpriced_calls, 0, "{recording}");
        assert_eq!(run.model.unwrap().as_str(), "claude-opus-4-8");
    }
}

#[tokio::test]
async fn a_recorded_session_shows_its_steps_as_a_tree() {
    let world = World::new().await;
    let run = run(&world).await;
    let recording = "claude-code-2.1.197/ok-bash-fail-subagent-write/stdout.jsonl";
    replay(
        &world.admin,
        run,
        Decoder::for_agent(Agent::Claude),
        recording,
    )
    .await;
    let steps = world.admin.list_steps(run).await.unwrap();
    let named: Vec<_> = steps
        .iter()
        .map(|step| (step.name.as_str(), step.state))
        .collect();
    let (good, bad) = (StepState::Succeeded, StepState::Failed);
    assert_eq!(
        named,
        [
            ("Bash", good),
            ("Bash", bad),
            ("Agent", good),
            ("Bash", good),
            ("Write", good)
        ]
    );
    assert_eq!(steps[3].parent_step_id, Some(steps[2].id));
    assert_eq!(steps[2].tokens_input, 13 + 3_000 + 6_000);
    let session = totals(&world, run).await.session_id.unwrap();
    let session = world.admin.get_session(session).await.unwrap();
    assert_eq!(session.totals.cost_usd, Usd::from_pico(199_680_000_000));
    assert_eq!(session.messages, 1);
}

#[tokio::test]
async fn a_resumed_codex_thread_is_paid_once() {
    let world = World::new().await;
    let codex = |run: RunId| Decoder::for_agent(Agent::Codex).with_scope(run.to_string());
    let first = run(&world).await;
    replay(
        &world.admin,
        first,
        codex(first),
        "codex-0.169.0/resume/stdout.jsonl",
    )
    .await;
    let first = totals(&world, first).await;
    let session = world
        .admin
        .get_session(first.session_id.unwrap())
        .await
        .unwrap();
    let second = run(&world).await;
    let resumed = codex(second).with_thread_baseline(Decoder::used(&session.totals));
    replay(
        &world.admin,
        second,
        resumed,
        "codex-0.169.0/resume/stdout-resume.jsonl",
    )
    .await;
    let second = totals(&world, second).await;
    assert_eq!(
        first.totals.cost_usd.plus(second.totals.cost_usd),
        Usd::from_pico(20_310_000_000)
    );
    assert_eq!(second.session_id, first.session_id);
}
