//! Following the log of a run: every line once and in order, with the same contract as events.

#![allow(clippy::unwrap_used)]

use dashboard_bus::{Batch, Bus, LineFilter, LogSubscription, Since};
use model::{LogStream, RunId};
use store::Store;
use testkit::{every_engine, makers};
use tokio::task::JoinSet;

async fn a_run(store: &Store) -> RunId {
    run_in(store, "shop").await
}

async fn run_in(store: &Store, slug: &str) -> RunId {
    let project = makers::project(slug);
    let run = makers::run(&project, None);
    let id = run.id;
    let kept: Result<(), store::Error> = store
        .write(|tx| {
            Box::pin(async move {
                store::projects::insert(tx, &project).await?;
                store::runs::insert(tx, &run).await
            })
        })
        .await;
    kept.unwrap();
    id
}

async fn print(store: &Store, run: RunId, lines: usize) {
    let lines = (0..lines)
        .map(|n| makers::line(None, &format!("line {n}")))
        .collect();
    store.append_lines(run, lines).await.unwrap().unwrap();
}

async fn follow(bus: &Bus, run: RunId, after: Option<i64>) -> LogSubscription {
    let since = after.map(|number| Since {
        number,
        epoch: None,
    });
    bus.subscribe_log(run, since, LineFilter::default())
        .await
        .unwrap()
        .unwrap()
}

async fn take(subscription: &mut LogSubscription, count: usize) -> Vec<i64> {
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

every_engine! {
    async fn history_and_live_lines_join_without_a_seam(place) {
        let store = place.open().await;
        let bus = Bus::start(store.clone());
        let run = a_run(&store).await;
        print(&store, run, 700).await;
        let mut all = follow(&bus, run, Some(0)).await;
        let mut live = follow(&bus, run, None).await;
        print(&store, run, 300).await;
        assert_eq!(take(&mut all, 1000).await, range(1, 1000));
        assert_eq!(take(&mut live, 300).await, range(701, 1000));
    }

    async fn a_log_that_nobody_followed_for_a_while_is_followed_again(place) {
        let store = place.open().await;
        let bus = Bus::start(store.clone());
        let run = a_run(&store).await;
        print(&store, run, 10).await;
        let mut first = follow(&bus, run, Some(0)).await;
        assert_eq!(take(&mut first, 10).await, range(1, 10));
        drop(first);
        print(&store, run, 10).await;
        let mut second = follow(&bus, run, Some(10)).await;
        assert_eq!(take(&mut second, 10).await, range(11, 20));
        print(&store, run, 1).await;
        assert_eq!(take(&mut second, 1).await, [21]);
    }

    async fn followers_of_several_runs_get_each_its_own(place) {
        const LINES: usize = 3000;
        let store = place.open().await;
        let bus = Bus::start(store.clone());
        let (one, two) = (a_run(&store).await, run_in(&store, "other").await);
        let mut followers = JoinSet::new();
        for run in [one, two, one, two] {
            let mut follower = follow(&bus, run, None).await;
            followers.spawn(async move { take(&mut follower, LINES).await });
        }
        let mut slow = follow(&bus, one, None).await;
        let mut writers = JoinSet::new();
        for run in [one, two] {
            let store = store.clone();
            writers.spawn(async move {
                for _ in 0..LINES / 20 {
                    print(&store, run, 20).await;
                }
            });
        }
        for numbers in followers.join_all().await {
            assert_eq!(numbers, range(1, LINES as i64));
        }
        writers.join_all().await;
        assert_eq!(take(&mut slow, LINES).await, range(1, LINES as i64));
    }

    async fn only_the_wanted_lines_come(place) {
        let store = place.open().await;
        let bus = Bus::start(store.clone());
        let run = a_run(&store).await;
        let line = |n: usize| {
            let stream = if n.is_multiple_of(3) { LogStream::Stderr } else { LogStream::Stdout };
            store::logs::Line { stream, ..makers::line(None, "x") }
        };
        store.append_lines(run, (1..=300).map(line).collect()).await.unwrap();
        let filter = LineFilter { step: None, stream: vec![LogStream::Stderr] };
        let since = Some(Since { number: 0, epoch: None });
        let mut errors = bus.subscribe_log(run, since, filter).await.unwrap().unwrap();
        store.append_lines(run, (301..=600).map(line).collect()).await.unwrap();
        let expected: Vec<i64> = (3..=600).step_by(3).collect();
        assert_eq!(take(&mut errors, 200).await, expected);
    }

    async fn a_run_that_is_not_there_has_no_log(place) {
        let bus = Bus::start(place.open().await);
        let none = bus.subscribe_log(RunId::new(), None, LineFilter::default()).await;
        assert!(none.unwrap().is_none());
    }

    async fn lines_that_another_process_wrote_are_followed(place) {
        if !place.is_shared() {
            return;
        }
        let (here, there) = (place.open().await, place.open().await);
        let bus = Bus::start(here.clone());
        let run = a_run(&here).await;
        let mut follower = follow(&bus, run, None).await;
        for _ in 0..20 {
            print(&there, run, 10).await;
        }
        assert_eq!(take(&mut follower, 200).await, range(1, 200));
    }
}
