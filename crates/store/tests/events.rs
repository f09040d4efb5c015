//! Events: the same ones pass a filter here as on a stream, both ways and in pieces.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use dashboard_store::{Store, events};
use model::{Event, EventFilter, Fact, ProjectId, RunId, Severity, TaskId, TicketId};
use testkit::{every_engine, makers};

const TYPES: [&str; 5] = [
    "task_created",
    "task_done",
    "agent.thought",
    "run_started",
    "taskless",
];

struct Ids {
    project: ProjectId,
    ticket: TicketId,
    task: TaskId,
    run: RunId,
}

/// Two hundred events about different things.
async fn with_events(store: &Store) -> (Ids, Vec<Event>) {
    let ids = Ids {
        project: ProjectId::new(),
        ticket: TicketId::new(),
        task: TaskId::new(),
        run: RunId::new(),
    };
    let fact = |n: usize| Fact {
        event_type: TYPES[n % 5].to_owned(),
        severity: Severity::ALL[n % 4],
        project_id: n.is_multiple_of(2).then_some(ids.project),
        ticket_id: n.is_multiple_of(3).then_some(ids.ticket),
        task_id: n.is_multiple_of(7).then_some(ids.task),
        run_id: n.is_multiple_of(11).then_some(ids.run),
        details: Some(serde_json::json!({"n": n, "ü": [1.5, null]})),
        ticket_title: Some(model::Title::lossy("Add login")),
        submitter: Some(makers::name("ada")),
        runner: Some(makers::name("claude")),
        model: Some(makers::name("opus")),
        ..makers::fact(&format!("event {n}"))
    };
    let appended = store.append((0..200).map(fact).collect()).await.unwrap();
    (
        ids,
        appended.iter().map(|event| (**event).clone()).collect(),
    )
}

fn filters(ids: &Ids) -> Vec<EventFilter> {
    let all = EventFilter::default;
    let types = |words: &[&str]| {
        words
            .iter()
            .map(|word| (*word).to_owned())
            .collect::<Vec<_>>()
    };
    vec![
        all(),
        EventFilter {
            project: Some(ids.project),
            ..all()
        },
        EventFilter {
            ticket: Some(ids.ticket),
            ..all()
        },
        EventFilter {
            task: Some(ids.task),
            ..all()
        },
        EventFilter {
            run: Some(ids.run),
            ..all()
        },
        EventFilter {
            severity: Some(Severity::Success),
            ..all()
        },
        EventFilter {
            severity: Some(Severity::Warning),
            ..all()
        },
        EventFilter {
            severity: Some(Severity::Error),
            project: Some(ids.project),
            ..all()
        },
        EventFilter {
            event_type: types(&["task_created"]),
            ..all()
        },
        EventFilter {
            event_type: types(&["task_created", "agent.thought"]),
            ..all()
        },
        EventFilter {
            event_type: types(&["task_*", "run_started"]),
            ..all()
        },
        EventFilter {
            event_type: types(&["agent.*"]),
            ticket: Some(ids.ticket),
            ..all()
        },
        EventFilter {
            event_type: types(&["Task_*"]),
            ..all()
        },
        EventFilter {
            event_type: types(&["*"]),
            run: Some(ids.run),
            ..all()
        },
    ]
}

every_engine! {
    async fn an_event_comes_back_as_it_was_told(place) {
        let store = place.open().await;
        let (_, appended) = with_events(&store).await;
        let kept = events::after(&mut store.read().await.unwrap(), 0, 1000).await.unwrap();
        assert_eq!(kept, appended);
        // The frame of a stream is made from the event alone, so it is the same live and from the table.
        for (kept, appended) in kept.iter().zip(&appended) {
            assert_eq!(serde_json::to_vec(kept).unwrap(), serde_json::to_vec(appended).unwrap());
        }
        store.close().await;
    }

    async fn the_table_lets_pass_what_a_stream_lets_pass(place) {
        let store = place.open().await;
        let (ids, appended) = with_events(&store).await;
        let mut read = store.read().await.unwrap();
        for filter in filters(&ids) {
            let expected: Vec<_> =
                appended.iter().filter(|event| filter.lets_pass(event)).map(|event| event.seq).collect();
            let mut forward = Vec::new();
            let mut window = events::Window { after: Some(0), limit: 7, ..events::Window::default() };
            loop {
                let page = events::page(&mut read, &filter, &window).await.unwrap();
                let Some(last) = page.last() else { break };
                window.after = Some(last.seq);
                forward.extend(page.iter().map(|event| event.seq));
            }
            assert_eq!(forward, expected, "{filter:?}");
            let mut backward = Vec::new();
            let mut window = events::Window { limit: 7, ..events::Window::default() };
            loop {
                let page = events::page(&mut read, &filter, &window).await.unwrap();
                if page.is_empty() { break }
                window.offset += 7;
                backward.extend(page.iter().map(|event| event.seq));
            }
            backward.reverse();
            assert_eq!(backward, expected, "{filter:?}");
        }
        drop(read);
        store.close().await;
    }

    async fn what_expires_leaves_a_gap_and_its_numbers(place) {
        let store = place.open().await;
        with_events(&store).await;
        let removed = store
            .write(|tx| Box::pin(async move {
                let first = events::expire(tx, 150, 100).await?;
                let second = events::expire(tx, 150, 100).await?;
                Ok::<_, dashboard_store::Error>((first, second, events::expire(tx, 150, 100).await?))
            }))
            .await
            .unwrap();
        assert_eq!(removed, (100, 50, 0));
        assert_eq!(events::first(&mut store.read().await.unwrap()).await.unwrap(), 151);
        assert_eq!(store.append(vec![makers::fact("next")]).await.unwrap()[0].seq, 201);
        store.close().await;
    }

    async fn a_log_from_which_all_expired_still_counts_on(place) {
        let store = place.open().await;
        store.append(vec![makers::fact("one"), makers::fact("two")]).await.unwrap();
        store.write(|tx| Box::pin(async move { events::expire(tx, 2, 10).await })).await.unwrap();
        assert_eq!(events::first(&mut store.read().await.unwrap()).await.unwrap(), 3);
        let store = if place.lasts() {
            store.close().await;
            place.open().await
        } else {
            store
        };
        assert_eq!(store.append(vec![makers::fact("three")]).await.unwrap()[0].seq, 3);
        store.close().await;
    }
}
