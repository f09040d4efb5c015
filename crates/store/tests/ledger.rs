//! The ledger: one row per call, and sums that are always those of the rows.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use dashboard_store::{Error, Store, llm_calls, projects, runs, tasks, tickets, usage};
use model::{
    CallStatus, Exactness, LlmCall, LlmCallFilter, Name, Page, Project, Run, Task, Ticket, Tokens,
    Totals, Usd,
};
use testkit::{every_engine, makers};

struct Place {
    project: Project,
    ticket: Ticket,
    task: Task,
    run: Run,
}

async fn with_run(store: &Store) -> Place {
    let project = makers::project("web");
    let ticket = makers::ticket(&project, "Add login");
    let task = makers::task(&project, Some(&ticket), 1);
    let run = makers::run(&project, Some(&task));
    let kept = (project.clone(), ticket.clone(), task.clone(), run.clone());
    let unit = store.write(move |tx| {
        Box::pin(async move {
            projects::insert(tx, &kept.0).await?;
            tickets::insert(tx, &kept.1).await?;
            tasks::insert(tx, std::slice::from_ref(&kept.2)).await?;
            runs::insert(tx, &kept.3).await
        })
    });
    unit.await.unwrap();
    Place {
        project,
        ticket,
        task,
        run,
    }
}

async fn report(store: &Store, call: LlmCall) -> llm_calls::Reported {
    let unit = store.write(move |tx| Box::pin(async move { llm_calls::report(tx, call).await }));
    unit.await.unwrap()
}

/// The totals everywhere, which must be the same everywhere.
async fn totals(store: &Store, place: &Place) -> Totals {
    let mut read = store.read().await.unwrap();
    let of_project = projects::get(&mut read, place.project.id)
        .await
        .unwrap()
        .unwrap()
        .totals;
    let of_ticket = tickets::get(&mut read, place.ticket.id)
        .await
        .unwrap()
        .unwrap()
        .totals;
    let of_task = tasks::get(&mut read, place.task.id)
        .await
        .unwrap()
        .unwrap()
        .totals;
    let of_run = runs::get(&mut read, place.run.id)
        .await
        .unwrap()
        .unwrap()
        .totals;
    let day = usage::Span {
        from: makers::noon().plus_seconds(-86_400),
        to: makers::noon().plus_seconds(86_400),
        project: Some(place.project.id),
    };
    let sums = usage::sums(&mut read, &day, usage::By::Model)
        .await
        .unwrap();
    let hourly = sums
        .into_iter()
        .map(|sum| sum.totals)
        .fold(Totals::default(), Totals::plus);
    assert_eq!((of_project, of_ticket, of_task), (of_run, of_run, of_run));
    assert_eq!(hourly, of_run);
    of_run
}

fn dollars(totals: Totals) -> (f64, i64, i64) {
    (
        totals.cost_usd.dollars(),
        totals.total_llm_calls,
        totals.tokens_output,
    )
}

every_engine! {
    async fn a_call_is_summed_up_everywhere(place) {
        let store = place.open().await;
        let place = with_run(&store).await;
        let call = makers::call(&place.run, "msg_1");
        let reported = report(&store, call.clone()).await;
        assert_eq!((reported.call, reported.before, reported.changed), (call.clone(), None, true));
        assert_eq!(dollars(totals(&store, &place).await), (1.0, 1, 5));
        let mut read = store.read().await.unwrap();
        assert_eq!(llm_calls::get(&mut read, call.id).await.unwrap(), Some(call));
        assert_eq!(runs::get(&mut read, place.run.id).await.unwrap().unwrap().version, 1);
        drop(read);
        store.close().await;
    }

    async fn the_same_call_counts_once_and_the_more_exact_report_wins(place) {
        let store = place.open().await;
        let place = with_run(&store).await;
        let exact = makers::call(&place.run, "msg_1");
        let guess = LlmCall {
            exactness: Exactness::Provisional,
            tokens: Tokens { input: 10, output: 1, ..Tokens::default() },
            cost_usd: Usd::from_dollars(0.1),
            stage: Some(Name::lossy("plan")),
            ..makers::call(&place.run, "msg_1")
        };
        report(&store, guess.clone()).await;
        assert_eq!(dollars(totals(&store, &place).await), (0.1, 1, 1));
        let better = report(&store, exact).await;
        assert_eq!((better.call.id, better.call.stage), (guess.id, guess.stage.clone()));
        assert_eq!(dollars(totals(&store, &place).await), (1.0, 1, 5));
        assert!(!report(&store, guess).await.changed);
        assert_eq!(dollars(totals(&store, &place).await), (1.0, 1, 5));
        store.close().await;
    }

    async fn of_equally_exact_reports_the_one_with_more_tokens_wins(place) {
        let store = place.open().await;
        let place = with_run(&store).await;
        for (output, expected) in [(3, 3), (9, 9), (4, 9), (9, 9)] {
            let tokens = Tokens { input: 10, output, ..Tokens::default() };
            report(&store, LlmCall { tokens, ..makers::call(&place.run, "msg_1") }).await;
            assert_eq!(totals(&store, &place).await.tokens_output, expected);
        }
        store.close().await;
    }

    async fn of_settling_rows_the_later_one_wins(place) {
        let store = place.open().await;
        let place = with_run(&store).await;
        for output in [9, 4, 7] {
            let tokens = Tokens { input: 10, output, ..Tokens::default() };
            let settling = LlmCall { exactness: Exactness::Settling, tokens, ..makers::call(&place.run, "settle") };
            report(&store, settling).await;
            assert_eq!(totals(&store, &place).await.tokens_output, output);
        }
        store.close().await;
    }

    async fn a_call_under_way_costs_nothing_until_it_ends(place) {
        let store = place.open().await;
        let place = with_run(&store).await;
        let begun = LlmCall { status: CallStatus::Active, ..makers::call(&place.run, "msg_1") };
        report(&store, begun.clone()).await;
        assert_eq!(totals(&store, &place).await, Totals::default());
        let active = LlmCallFilter { status: Some(CallStatus::Active), ..LlmCallFilter::default() };
        let page = Page::first(10);
        let listed = llm_calls::list(&mut store.read().await.unwrap(), &active, &page).await.unwrap();
        assert_eq!(listed.items.len(), 1);
        report(&store, makers::call(&place.run, "msg_1")).await;
        assert_eq!(dollars(totals(&store, &place).await), (1.0, 1, 5));
        assert!(!report(&store, begun).await.changed, "what has ended does not begin again");
        let listed = llm_calls::list(&mut store.read().await.unwrap(), &active, &page).await.unwrap();
        assert!(listed.items.is_empty());
        store.close().await;
    }

    async fn a_model_without_a_price_is_unpriced_and_not_free(place) {
        let store = place.open().await;
        let place = with_run(&store).await;
        report(&store, LlmCall { cost_usd: None, ..makers::call(&place.run, "msg_1") }).await;
        let unpriced = totals(&store, &place).await;
        assert_eq!((unpriced.cost_usd, unpriced.unpriced_calls), (Usd::ZERO, 1));
        report(&store, makers::call(&place.run, "msg_1")).await;
        let priced = totals(&store, &place).await;
        assert_eq!((priced.cost_usd.dollars(), priced.unpriced_calls), (1.0, 0));
        store.close().await;
    }

    async fn a_withdrawn_call_is_taken_out_of_all_sums(place) {
        let store = place.open().await;
        let place = with_run(&store).await;
        let settling = LlmCall { exactness: Exactness::Settling, ..makers::call(&place.run, "settle") };
        report(&store, settling).await;
        report(&store, makers::call(&place.run, "msg_1")).await;
        let run = place.run.id;
        store.write(move |tx| Box::pin(async move {
            for call in llm_calls::of_run_up_to(tx, run, Exactness::Settling).await? {
                llm_calls::withdraw(tx, &call).await?;
            }
            Ok::<_, Error>(())
        })).await.unwrap();
        assert_eq!(dollars(totals(&store, &place).await), (1.0, 1, 5));
        store.close().await;
    }

    async fn what_was_spent_stays_spent_when_its_ticket_is_deleted(place) {
        let store = place.open().await;
        let place = with_run(&store).await;
        let call = makers::call(&place.run, "msg_1");
        report(&store, call.clone()).await;
        let ticket = place.ticket.id;
        store.write(move |tx| Box::pin(async move { tickets::delete(tx, ticket).await })).await.unwrap();
        let mut read = store.read().await.unwrap();
        assert_eq!(llm_calls::get(&mut read, call.id).await.unwrap(), Some(call));
        let project = projects::get(&mut read, place.project.id).await.unwrap().unwrap();
        assert_eq!(dollars(project.totals), (1.0, 1, 5));
        drop(read);
        store.close().await;
    }

    async fn usage_is_summed_by_hour_agent_and_role(place) {
        let store = place.open().await;
        let place = with_run(&store).await;
        for (key, seconds, runner) in [("a", 0, "claude"), ("b", 3600, "claude"), ("c", 3601, "codex")] {
            report(&store, LlmCall {
                started_at: makers::noon().plus_seconds(seconds),
                runner: Some(Name::lossy(runner)),
                status: if key == "c" { CallStatus::Error } else { CallStatus::Success },
                ..makers::call(&place.run, key)
            }).await;
        }
        let span = usage::Span { from: makers::noon(), to: makers::noon().plus_seconds(7200), project: None };
        let mut read = store.read().await.unwrap();
        let agents = usage::sums(&mut read, &span, usage::By::Agent).await.unwrap();
        let of: Vec<_> = agents.iter().map(|sum| (sum.of.as_str(), sum.totals.total_llm_calls, sum.errors)).collect();
        assert_eq!(of, [("claude", 2, 0), ("codex", 1, 1)]);
        let hours = usage::sums(&mut read, &span, usage::By::Hour).await.unwrap();
        assert_eq!(hours.iter().map(|sum| sum.totals.total_llm_calls).collect::<Vec<_>>(), [2, 1]);
        drop(read);
        store.close().await;
    }
}
