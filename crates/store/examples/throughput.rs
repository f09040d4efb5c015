//! How fast events are kept: run with `--release`, and `sqlite:PATH` or a PostgreSQL URL.
//!
//! Prints single durable events of 64 callers, batches of 1,000 events, batches of 1,000 log lines, and the same batches
//! by rusqlite alone as the limit.

use std::time::Instant;

use dashboard_store::{Database, Error, Store, projects, runs};
use testkit::makers;

const CALLERS: usize = 64;

#[tokio::main]
async fn main() {
    let database = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "sqlite:/tmp/throughput.db".into());
    let database: Database = database.parse().expect("sqlite:PATH or postgres://…");
    // From spawned tasks, like the server does it: the main task hops between threads for every answer.
    tokio::spawn(measure(database))
        .await
        .expect("the measurement");
}

async fn measure(database: Database) {
    let store = Store::open(&database).await.expect("open the store");
    let project = makers::project(&format!("p{}", uuid::Uuid::new_v4().simple()));
    let run = makers::run(&project, None);
    let (run_id, project_id) = (run.id, project.id);
    let insert = store.write(move |tx| {
        Box::pin(async move {
            projects::insert(tx, &project).await?;
            runs::insert(tx, &run).await?;
            Ok::<_, Error>(())
        })
    });
    insert.await.expect("a project and a run");
    let fact = move || {
        let mut fact = makers::fact(&"what happened, in some words ".repeat(6));
        fact.project_id = Some(project_id);
        fact.run_id = Some(run_id);
        fact.details =
            Some(serde_json::json!({"tool": "Bash", "exit_code": 0, "files": ["a", "b"]}));
        fact
    };
    for _ in 0..3 {
        single(&store, &fact).await;
        let began = Instant::now();
        for _ in 0..50 {
            store
                .append((0..1000).map(|_| fact()).collect())
                .await
                .expect("a batch");
        }
        report("events in batches of 1,000", 50_000, began);
        let began = Instant::now();
        for _ in 0..50 {
            let lines = (0..1000).map(|_| makers::line(None, &"printed by a program ".repeat(4)));
            store
                .append_lines(run_id, lines.collect())
                .await
                .expect("lines");
        }
        report("log lines in batches of 1,000", 50_000, began);
        units(&store).await;
    }
    store.close().await;
    if let Database::File(path) = &database {
        limit(path, &fact);
    }
}

/// One thread that inserts the same rows into the same tables, and nothing else.
fn limit(path: &std::path::Path, fact: &impl Fn() -> model::Fact) {
    const INSERT: &str =
        "INSERT INTO events (seq, id, project_id, run_id, event_type, severity, source, message,
        details, actor, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    let mut database = rusqlite::Connection::open(path).expect("open the file");
    database
        .execute_batch("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -64000")
        .expect("the same settings");
    let first: i64 = database
        .query_row("SELECT max(seq) FROM events", [], |row| row.get(0))
        .expect("the head");
    for round in 0..3 {
        let began = Instant::now();
        for batch in 0..50 {
            let transaction = database.transaction().expect("a transaction");
            let mut insert = transaction.prepare_cached(INSERT).expect("a statement");
            for row in 0..1000 {
                let event = fact().at(first + 1 + round * 50_000 + batch * 1000 + row);
                let details = event.details.map(|details| details.to_string());
                insert
                    .execute((
                        event.seq,
                        event.id.0.as_bytes(),
                        event.project_id.map(|id| *id.0.as_bytes()),
                        event.run_id.map(|id| *id.0.as_bytes()),
                        event.event_type,
                        event.severity.as_str(),
                        event.source.as_str(),
                        event.message.as_str(),
                        details,
                        event.actor.to_string(),
                        event.created_at.micros(),
                    ))
                    .expect("a row");
            }
            drop(insert);
            transaction.commit().expect("a commit");
        }
        report("events in batches, rusqlite alone", 50_000, began);
    }
}

async fn single(store: &Store, fact: &(impl Fn() -> model::Fact + Clone + Send + 'static)) {
    const EACH: usize = 1500;
    let began = Instant::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (store, fact) = (store.clone(), fact.clone());
            tokio::spawn(async move {
                for _ in 0..EACH {
                    store.append(vec![fact()]).await.expect("an event");
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.expect("a caller");
    }
    report("single events of 64 callers", CALLERS * EACH, began);
}

async fn units(store: &Store) {
    const EACH: usize = 100;
    let began = Instant::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                for _ in 0..EACH {
                    let unit = store.write(|tx| {
                        Box::pin(async move {
                            tx.append(makers::fact("a unit"));
                            Ok::<_, Error>(())
                        })
                    });
                    unit.await.expect("a unit");
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.expect("a caller");
    }
    report("units of work of 64 callers", CALLERS * EACH, began);
}

fn report(what: &str, rows: usize, began: Instant) {
    let per_second = rows as f64 / began.elapsed().as_secs_f64();
    println!(
        "{what:34} {per_second:>10.0} a second, {:>6.1} s of processor so far",
        processor_seconds()
    );
}

/// On a machine that does other things too, this says more than the clock.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = |place| {
        stat.split(' ')
            .nth(place)
            .and_then(|ticks| ticks.parse::<f64>().ok())
    };
    (ticks(13).unwrap_or(0.0) + ticks(14).unwrap_or(0.0)) / 100.0
}
