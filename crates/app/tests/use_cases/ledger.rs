//! Calls to models.

use model::{
    CallStatus, Exactness, LlmCall, LlmCallFilter, Name, NewLlmCall, NewTask, Outcome, Page, Run,
    Tokens, Usd,
};

use crate::support::*;

fn call(key: &str, input: i64, output: i64) -> NewLlmCall {
    NewLlmCall {
        call_key: Some(Name::lossy(key)),
        exactness: None,
        run_id: None,
        step_id: None,
        project: None,
        ticket_id: None,
        task_id: None,
        provider_session_id: None,
        role: None,
        runner: None,
        provider: Some(Name::lossy("anthropic")),
        model: Name::lossy("claude-sonnet-4-5"),
        stage: None,
        channel: None,
        attempt: None,
        tokens: Tokens {
            input,
            output,
            ..Tokens::default()
        },
        reported_cost_usd: None,
        status: None,
        error: None,
        duration_ms: None,
        provider_request_id: None,
        started_at: None,
    }
}

fn exactly(exactness: Exactness, run: &Run, call: NewLlmCall) -> NewLlmCall {
    NewLlmCall {
        exactness: Some(exactness),
        run_id: Some(run.id),
        ..call
    }
}

async fn report(world: &World, calls: Vec<NewLlmCall>) -> Vec<LlmCall> {
    world
        .app
        .report_llm_calls(&admin(), model::NewLlmCalls::Many(calls))
        .await
        .unwrap()
}

async fn run_now(world: &World, run: &Run) -> Run {
    world.app.get_run(&admin(), run.id).await.unwrap().run
}

#[tokio::test]
async fn a_call_is_priced_and_summed_up_on_everything_above_it() {
    let world = world().await;
    let ticket = world.ticket("x").await;
    let task = world
        .task(NewTask {
            ticket_id: Some(ticket.id),
            ..new_task("t")
        })
        .await;
    let run = world.claim(&task).await.unwrap().run;
    let made = report(
        &world,
        vec![exactly(Exactness::Exact, &run, call("k", 1_000_000, 0))],
    )
    .await;
    let cost = made[0].cost_usd.expect("the model has a price");
    assert_eq!(cost, Usd::from_dollars(3.0).unwrap());
    let of_run = run_now(&world, &run).await.totals;
    assert_eq!(
        (of_run.cost_usd, of_run.tokens_input, of_run.total_llm_calls),
        (cost, 1_000_000, 1)
    );
    assert_eq!(world.task_now(&task).await.totals, of_run);
    assert_eq!(world.ticket_now(&ticket).await.totals, of_run);
    let words = world.words().await;
    assert_eq!(words.last().unwrap(), "llm_call_finished");
}

#[tokio::test]
async fn the_same_call_counts_once_and_the_more_exact_report_wins() {
    let world = world().await;
    let run = world.run().await;
    let seen = |exactness, input, output| exactly(exactness, &run, call("k", input, output));
    report(&world, vec![seen(Exactness::Provisional, 100, 1)]).await;
    report(&world, vec![seen(Exactness::Exact, 100, 50)]).await;
    report(&world, vec![seen(Exactness::Provisional, 100, 1)]).await;
    let totals = run_now(&world, &run).await.totals;
    assert_eq!((totals.total_llm_calls, totals.tokens_output), (1, 50));
    let words = world.words().await;
    assert_eq!(
        words
            .iter()
            .filter(|word| *word == "llm_call_finished")
            .count(),
        1
    );
}

#[tokio::test]
async fn a_better_report_takes_its_place_in_the_settling_row() {
    let world = world().await;
    let run = world.run().await;
    let seen = |exactness, key, output| exactly(exactness, &run, call(key, 0, output));
    report(
        &world,
        vec![
            seen(Exactness::Provisional, "a", 10),
            seen(Exactness::Settling, "settle", 90),
        ],
    )
    .await;
    let output = || async { run_now(&world, &run).await.totals.tokens_output };
    assert_eq!(output().await, 100);
    report(&world, vec![seen(Exactness::Exact, "a", 60)]).await;
    assert_eq!(output().await, 100);
    report(&world, vec![seen(Exactness::Exact, "b", 40)]).await;
    assert_eq!(output().await, 100);
    let filter = LlmCallFilter {
        run: Some(run.id),
        ..LlmCallFilter::default()
    };
    let left = world
        .app
        .list_llm_calls(&admin(), filter, Page::default())
        .await
        .unwrap()
        .items;
    assert_eq!(left.len(), 2);
    assert_eq!(run_now(&world, &run).await.totals.total_llm_calls, 2);
}

#[tokio::test]
async fn a_call_that_is_under_way_is_an_active_request_and_costs_nothing_yet() {
    let world = world().await;
    let run = world.run().await;
    let begun = NewLlmCall {
        status: Some(CallStatus::Active),
        ..call("k", 0, 0)
    };
    report(&world, vec![exactly(Exactness::Exact, &run, begun)]).await;
    world.clock.advance_seconds(3);
    let active = world.app.list_active_requests(&admin()).await.unwrap();
    assert_eq!((active.len(), active[0].duration_ms), (1, 3000));
    assert_eq!(run_now(&world, &run).await.totals.total_llm_calls, 0);
    report(
        &world,
        vec![exactly(Exactness::Exact, &run, call("k", 10, 5))],
    )
    .await;
    assert!(
        world
            .app
            .list_active_requests(&admin())
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(run_now(&world, &run).await.totals.total_llm_calls, 1);
}

#[tokio::test]
async fn a_model_without_a_price_is_unpriced_and_never_free() {
    let world = world().await;
    let unknown = NewLlmCall {
        model: Name::lossy("nobody-knows-1"),
        ..call("k", 10, 5)
    };
    let run = world.run().await;
    let made = report(&world, vec![exactly(Exactness::Exact, &run, unknown)]).await;
    assert_eq!(made[0].cost_usd, None);
    assert_eq!(run_now(&world, &run).await.totals.unpriced_calls, 1);
}

#[tokio::test]
async fn an_ended_run_still_takes_calls_and_keeps_its_state() {
    let world = world().await;
    let run = world.run().await;
    let ended = world.finish(&run, Outcome::Completed).await;
    report(
        &world,
        vec![exactly(Exactness::Exact, &run, call("k", 10, 5))],
    )
    .await;
    let now = run_now(&world, &run).await;
    assert_eq!((now.state, now.totals.total_llm_calls), (ended.state, 1));
}

#[tokio::test]
async fn calls_of_one_conversation_are_one_session() {
    let world = world().await;
    let named = |key: &str| NewLlmCall {
        provider_session_id: Some(Name::lossy("s-1")),
        runner: Some(Name::lossy("claude")),
        ..call(key, 1, 1)
    };
    let made = report(&world, vec![named("a"), named("b")]).await;
    assert_eq!(made[0].session_id, made[1].session_id);
    let session = world
        .app
        .get_session(&admin(), made[0].session_id.unwrap())
        .await
        .unwrap();
    assert_eq!(session.totals.total_llm_calls, 2);
}

#[tokio::test]
async fn impossible_tokens_are_refused_with_their_place() {
    let world = world().await;
    let bad = call("b", -1, 0);
    match world
        .app
        .report_llm_calls(
            &admin(),
            model::NewLlmCalls::Many(vec![call("a", 1, 1), bad]),
        )
        .await
    {
        Err(app::Error::Invalid(errors)) => assert_eq!(errors[0].pointer, "/1/tokens"),
        other => panic!("{other:?}"),
    }
}
