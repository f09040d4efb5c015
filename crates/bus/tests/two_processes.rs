//! Two servers over one PostgreSQL: what either writes, the followers of both get once and in order.

#![allow(clippy::unwrap_used)]

use dashboard_bus::{Batch, Bus, EventSubscription, Since};
use model::{EventFilter, EventType, Fact, Principal, Text, Timestamp};
use store::Store;
use testkit::Place;
use tokio::task::JoinSet;

async fn append(store: &Store, count: usize) {
    let fact = || {
        let at = Timestamp::now();
        Fact::new(
            EventType::RunUpdated,
            Text::default(),
            Principal::server(),
            at,
        )
    };
    store
        .append((0..count).map(|_| fact()).collect())
        .await
        .unwrap();
}

async fn take(subscription: &mut EventSubscription, count: i64) -> Vec<i64> {
    let mut numbers = Vec::new();
    while (numbers.len() as i64) < count {
        match subscription.next_batch().await {
            Batch::Frames(frames) => numbers.extend(frames.iter().map(|frame| frame.number())),
            other => panic!("wanted frames, got {other:?}"),
        }
    }
    numbers
}

#[test]
fn followers_of_both_see_what_both_write() {
    testkit::run(Place::postgres, |place| async move {
        const COMMITS: usize = 150;
        let stores = [place.open().await, place.open().await];
        let buses = stores.clone().map(Bus::start);
        let total = (2 * 4 * COMMITS * 3) as i64;
        let mut followers = JoinSet::new();
        for bus in &buses {
            for _ in 0..3 {
                let mut follower = bus.subscribe(None, EventFilter::default()).await.unwrap();
                followers.spawn(async move { take(&mut follower, total).await });
            }
        }
        let mut writers = JoinSet::new();
        for writer in 0..8 {
            let store = stores[writer % 2].clone();
            writers.spawn(async move {
                for _ in 0..COMMITS {
                    append(&store, 3).await;
                }
            });
        }
        writers.join_all().await;
        for numbers in followers.join_all().await {
            assert_eq!(numbers, (1..=total).collect::<Vec<_>>());
        }
    });
}

#[test]
fn a_follower_moves_from_one_server_to_the_other() {
    testkit::run(Place::postgres, |place| async move {
        let here = place.open().await;
        let there = place.open().await;
        let (bus, other) = (Bus::start(here.clone()), Bus::start(there.clone()));
        append(&here, 20).await;
        // The other server may not have heard of these yet; its followers must not be told of a gap.
        let since = Since {
            number: 15,
            epoch: Some(bus.epoch().to_owned()),
        };
        let mut follower = other
            .subscribe(Some(since), EventFilter::default())
            .await
            .unwrap();
        append(&here, 5).await;
        append(&there, 5).await;
        assert_eq!(take(&mut follower, 15).await, (16..=30).collect::<Vec<_>>());
    });
}
