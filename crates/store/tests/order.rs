//! The order of the log where several processes write: on PostgreSQL, because SQLite has one.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::Duration;

use dashboard_store::{Database, Error, Store, events};
use sqlx::{Connection as _, Executor as _, PgConnection, Row as _};
use testkit::{every_engine, makers};

async fn connect(place: &testkit::Place) -> PgConnection {
    let Database::Postgres(url) = place.database() else {
        panic!("only on PostgreSQL")
    };
    PgConnection::connect(url).await.unwrap()
}

async fn numbers_after(reader: &mut PgConnection, cursor: i64) -> Vec<i64> {
    let rows = sqlx::query("SELECT seq FROM plain WHERE seq > $1 ORDER BY seq").bind(cursor);
    rows.fetch_all(reader)
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect()
}

async fn read_after(store: &Store, seq: i64) -> Vec<i64> {
    let events = events::after(&mut store.read().await.unwrap(), seq, 10_000)
        .await
        .unwrap();
    events.iter().map(|event| event.seq).collect()
}

every_engine! {
    async fn a_plain_sequence_lets_a_reader_step_over_a_row(place) {
        if !place.is_shared() {
            return;
        }
        let (mut slow, mut fast, mut reader) =
            (connect(&place).await, connect(&place).await, connect(&place).await);
        slow.execute("CREATE TABLE plain (seq BIGSERIAL PRIMARY KEY)").await.unwrap();
        let mut slow = slow.begin().await.unwrap();
        slow.execute("INSERT INTO plain DEFAULT VALUES").await.unwrap();
        fast.execute("INSERT INTO plain DEFAULT VALUES").await.unwrap();
        assert_eq!(numbers_after(&mut reader, 0).await, [2], "the first is not committed yet");
        slow.commit().await.unwrap();
        assert!(numbers_after(&mut reader, 2).await.is_empty(), "the first is lost to this reader");
    }

    async fn our_log_shows_no_number_before_a_smaller_one(place) {
        if !place.is_shared() {
            return;
        }
        let (slow, fast) = (place.open().await, place.open().await);
        let (began, begun) = tokio::sync::oneshot::channel();
        let (go, going) = tokio::sync::oneshot::channel::<()>();
        let first = {
            let slow = slow.clone();
            tokio::spawn(async move {
                slow.write(move |tx| {
                    Box::pin(async move {
                        let seq = tx.append(makers::fact("slow")).seq;
                        began.send(()).unwrap();
                        going.await.unwrap();
                        Ok::<_, Error>(seq)
                    })
                })
                .await
            })
        };
        begun.await.unwrap();
        let second = {
            let fast = fast.clone();
            tokio::spawn(async move { fast.append(vec![makers::fact("fast")]).await })
        };
        // The second waits for the append lock: as long as the first is not committed nothing is to be seen.
        while !waits_for_a_lock(&place).await {
            tokio::task::yield_now().await;
        }
        assert!(read_after(&fast, 0).await.is_empty());
        go.send(()).unwrap();
        assert_eq!(first.await.unwrap().unwrap(), 1);
        assert_eq!(second.await.unwrap().unwrap()[0].seq, 2);
        assert_eq!(read_after(&fast, 0).await, [1, 2]);
        slow.close().await;
        fast.close().await;
    }

    async fn a_reader_beside_two_processes_that_write_misses_nothing(place) {
        let stores = if place.is_shared() {
            vec![place.open().await, place.open().await]
        } else {
            vec![place.open().await]
        };
        let writers: Vec<_> = (0..8)
            .map(|n| {
                let store = stores[n % stores.len()].clone();
                tokio::spawn(async move {
                    for _ in 0..50 {
                        store.append(vec![makers::fact("a"), makers::fact("b")]).await.unwrap();
                    }
                })
            })
            .collect();
        let mut seen = Vec::new();
        while seen.len() < 800 {
            let cursor = seen.last().copied().unwrap_or(0);
            seen.extend(read_after(&stores[0], cursor).await);
        }
        assert_eq!(seen, (1..=800).collect::<Vec<_>>());
        for writer in writers {
            writer.await.unwrap();
        }
        for store in stores {
            store.close().await;
        }
    }

    async fn a_process_hears_what_another_wrote(place) {
        if !place.is_shared() {
            return;
        }
        let (here, there) = (place.open().await, place.open().await);
        let mut commits = here.committed();
        there.append(vec![makers::fact("there")]).await.unwrap();
        let heard = tokio::time::timeout(Duration::from_secs(10), commits.recv()).await;
        let heard = heard.expect("a hint or a look").unwrap();
        assert_eq!((heard.head, heard.events.len()), (1, 0));
        assert_eq!(*here.head().borrow(), 1);
        here.close().await;
        there.close().await;
    }
}

async fn waits_for_a_lock(place: &testkit::Place) -> bool {
    let mut connection = connect(place).await;
    let waiting = sqlx::query(
        "SELECT count(*) FROM pg_stat_activity
         WHERE application_name = $1 AND wait_event_type = 'Lock'",
    );
    let waiting: i64 = waiting
        .bind(place.schema())
        .fetch_one(&mut connection)
        .await
        .unwrap()
        .get(0);
    connection.close().await.unwrap();
    waiting > 0
}
