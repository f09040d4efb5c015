//! Following the events: whatever happens, a subscriber gets each of them once and in order.

#![allow(clippy::unwrap_used)]

use dashboard_bus::{Batch, Bus, EventSubscription, GapReason, Since};
use model::{EventFilter, EventType, Fact, Principal, ProjectId, Text, Timestamp};
use store::Store;
use testkit::every_engine;
use tokio::task::JoinSet;

fn fact(number: impl std::fmt::Display) -> Fact {
    let text = Text::lossy(&number.to_string());
    Fact::new(
        EventType::RunUpdated,
        text,
        Principal::server(),
        Timestamp::now(),
    )
}

async fn append(store: &Store, count: usize) {
    let facts = (0..count).map(fact).collect();
    store.append(facts).await.unwrap();
}

fn since(number: i64) -> Option<Since> {
    Some(Since {
        number,
        epoch: None,
    })
}

async fn follow(bus: &Bus, from: Option<Since>) -> EventSubscription {
    bus.subscribe(from, EventFilter::default()).await.unwrap()
}

/// The numbers of the next events, until there are so many.
async fn take(subscription: &mut EventSubscription, count: usize) -> Vec<i64> {
    let mut numbers = Vec::new();
    while numbers.len() < count {
        match subscription.next_batch().await {
            Batch::Frames(frames) => numbers.extend(frames.iter().map(|frame| frame.number())),
            other => panic!("wanted frames, got {other:?}"),
        }
    }
    numbers
}

fn range(from: i64, to: i64) -> Vec<i64> {
    (from..=to).collect()
}

fn text(batch: Batch<dashboard_bus::Events>) -> String {
    match batch {
        Batch::Frames(frames) => frames[0].json().to_string(),
        other => panic!("wanted frames, got {other:?}"),
    }
}

async fn yield_often(times: usize) {
    for _ in 0..times {
        tokio::task::yield_now().await;
    }
}

every_engine! {
    async fn live_events_come_in_order(place) {
        let store = place.open().await;
        let bus = Bus::start(store.clone());
        let head = bus.head();
        let mut subscription = follow(&bus, None).await;
        append(&store, 3).await;
        append(&store, 200).await;
        assert_eq!(
            take(&mut subscription, 203).await,
            range(head + 1, head + 203)
        );
        assert_eq!(bus.head(), head + 203);
    }

    async fn history_and_live_join_without_a_seam(place) {
        let store = place.open().await;
        append(&store, 1000).await;
        let bus = Bus::start(store.clone());
        let mut subscription = follow(&bus, since(10)).await;
        append(&store, 500).await;
        assert_eq!(take(&mut subscription, 1490).await, range(11, 1500));
    }

    async fn who_was_away_goes_on_after_a_restart(place) {
        let store = place.open().await;
        let bus = Bus::start(store.clone());
        append(&store, 300).await;
        let mut before = follow(&bus, since(0)).await;
        let seen = take(&mut before, 100).await;
        let (number, epoch) = (*seen.last().unwrap(), Some(bus.epoch().to_owned()));
        bus.shutdown().await;
        assert!(matches!(before.next_batch().await, Batch::Bye));

        let bus = Bus::start(store.clone());
        append(&store, 50).await;
        let mut after = follow(&bus, Some(Since { number, epoch })).await;
        assert_eq!(
            take(&mut after, (350 - number) as usize).await,
            range(number + 1, 350)
        );
    }

    async fn a_slow_reader_beside_fast_ones_loses_nothing(place) {
        const EVENTS: usize = 20_000;
        let store = place.open().await;
        let bus = Bus::start(store.clone());
        // The slow one reads nothing until the ring has long gone on.
        let mut slow = follow(&bus, None).await;
        let mut fast = JoinSet::new();
        for _ in 0..20 {
            let mut subscription = follow(&bus, None).await;
            fast.spawn(async move { take(&mut subscription, EVENTS).await });
        }
        let writer = tokio::spawn(async move {
            for _ in 0..EVENTS / 100 {
                append(&store, 100).await;
            }
        });
        let expected = range(1, EVENTS as i64);
        while let Some(numbers) = fast.join_next().await {
            assert_eq!(numbers.unwrap(), expected);
        }
        writer.await.unwrap();
        assert_eq!(take(&mut slow, EVENTS).await, expected);
    }

    async fn concurrent_writers_leave_no_hole(place) {
        const WRITERS: usize = 16;
        let store = place.open().await;
        let bus = Bus::start(store.clone());
        let mut subscription = follow(&bus, None).await;
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let store = store.clone();
            writers.spawn(async move {
                for n in 0..50 {
                    append(&store, 1 + (writer + n) % 3).await;
                }
            });
        }
        writers.join_all().await;
        let head = *store.head().borrow();
        assert_eq!(take(&mut subscription, head as usize).await, range(1, head));
    }

    async fn a_filter_passes_over_what_is_foreign_everywhere(place) {
        let store = place.open().await;
        let ours = ProjectId::new();
        let write = async |from: i64, to: i64| {
            let of = |n: i64| Fact {
                project_id: (n % 10 == 0).then_some(ours),
                ..fact(n)
            };
            store.append((from..=to).map(of).collect()).await.unwrap();
        };
        write(1, 2000).await;
        let bus = Bus::start(store.clone());
        let filter = EventFilter {
            project: Some(ours),
            ..EventFilter::default()
        };
        let mut subscription = bus.subscribe(since(5), filter).await.unwrap();
        write(2001, 2500).await;
        let expected: Vec<i64> = (10..=2500).step_by(10).collect();
        assert_eq!(take(&mut subscription, expected.len()).await, expected);
    }

    async fn live_and_replayed_frames_are_the_same_bytes(place) {
        let store = place.open().await;
        let bus = Bus::start(store.clone());
        let mut live = follow(&bus, None).await;
        let details = serde_json::json!({"z": 1, "a": [null, true, 1.5, "ä\u{7}"], "n": {}});
        let rich = Fact {
            details: Some(details),
            ..fact("ünïcode \"quoted\" \\ line\nline")
        };
        store.append(vec![rich]).await.unwrap();
        let live = text(live.next_batch().await);
        // Another bus knows only the table.
        let another = Bus::start(store.clone());
        let mut replayed = follow(&another, since(0)).await;
        assert_eq!(text(replayed.next_batch().await), live);
    }

    async fn a_cursor_of_another_life_is_a_gap(place) {
        let store = place.open().await;
        append(&store, 5).await;
        let bus = Bus::start(store.clone());
        let from_another_epoch = Since {
            number: 3,
            epoch: Some("another".into()),
        };
        for strange in [
            from_another_epoch,
            Since {
                number: 99,
                epoch: None,
            },
        ] {
            let mut subscription = follow(&bus, Some(strange)).await;
            match subscription.next_batch().await {
                Batch::Gap(gap) => assert_eq!(gap.reason, GapReason::EpochChanged),
                other => panic!("wanted a gap, got {other:?}"),
            }
            let head = bus.head();
            append(&store, 1).await;
            assert_eq!(take(&mut subscription, 1).await, [head + 1]);
        }
    }

    async fn expired_history_is_a_gap_that_is_told(place) {
        let store = place.open().await;
        append(&store, 100).await;
        let expired: Result<u64, store::Error> = store
            .write(|tx| Box::pin(store::events::expire(tx, 40, 1000)))
            .await;
        assert_eq!(expired.unwrap(), 40);
        let bus = Bus::start(store.clone());
        let mut subscription = follow(&bus, since(10)).await;
        match subscription.next_batch().await {
            Batch::Gap(gap) => {
                assert_eq!((gap.from, gap.to, gap.reason), (11, 40, GapReason::Expired));
            }
            other => panic!("wanted a gap, got {other:?}"),
        }
        assert_eq!(take(&mut subscription, 60).await, range(41, 100));
    }

    async fn everybody_is_told_when_the_server_stops(place) {
        let store = place.open().await;
        let bus = Bus::start(store.clone());
        let mut waiting = JoinSet::new();
        for _ in 0..10 {
            let mut subscription = follow(&bus, None).await;
            waiting.spawn(async move { matches!(subscription.next_batch().await, Batch::Bye) });
        }
        bus.shutdown().await;
        assert_eq!(waiting.join_all().await, vec![true; 10]);
    }

    async fn waiting_may_be_given_up_at_any_time(place) {
        let store = place.open().await;
        append(&store, 300).await;
        let bus = Bus::start(store.clone());
        let mut subscription = follow(&bus, since(0)).await;
        let mut numbers = Vec::new();
        for patience in 0.. {
            if numbers.len() >= 300 {
                break;
            }
            // Polled a few times and dropped, a little later each time.
            tokio::select! {
                biased;
                batch = subscription.next_batch() => match batch {
                    Batch::Frames(frames) => numbers.extend(frames.iter().map(|frame| frame.number())),
                    other => panic!("wanted frames, got {other:?}"),
                },
                () = yield_often(patience) => {}
            }
        }
        assert_eq!(numbers, range(1, 300));
    }
}
