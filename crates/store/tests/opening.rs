//! Opening, closing, backing up, and what happens when the database goes away.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::Path;

use dashboard_store::{Database, Error, Kind, Store, backup, events, projects};
use sqlx::{Connection as _, PgConnection};
use testkit::{every_engine, makers};

async fn events_in(store: &Store) -> usize {
    events::after(&mut store.read().await.unwrap(), 0, 1000)
        .await
        .unwrap()
        .len()
}

async fn cut_connections(place: &testkit::Place) {
    let Database::Postgres(url) = place.database() else {
        panic!("only on PostgreSQL")
    };
    let mut admin = PgConnection::connect(url).await.unwrap();
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = $1 AND pid <> pg_backend_pid()",
    )
    .bind(place.schema())
    .execute(&mut admin)
    .await
    .unwrap();
}

every_engine! {
    async fn a_file_is_open_once(place) {
        if place.directory().is_none() {
            return;
        }
        let store = place.open().await;
        let refused = Store::open(place.database()).await.unwrap_err();
        assert_eq!(refused.kind, Kind::InUse);
        assert!(refused.to_string().contains("another process has the database open"), "{refused}");
        store.close().await;
        place.open().await.close().await;
    }

    async fn servers_that_start_at_once_migrate_once(place) {
        if !place.is_shared() {
            return;
        }
        let opening: Vec<_> = (0..4)
            .map(|_| {
                let database = place.database().clone();
                tokio::spawn(async move { Store::open(&database).await })
            })
            .collect();
        let mut epochs = std::collections::BTreeSet::new();
        for store in opening {
            let store = store.await.unwrap().unwrap();
            epochs.insert(store.epoch().to_owned());
            store.close().await;
        }
        assert_eq!(epochs.len(), 1);
    }

    async fn a_database_of_a_newer_version_is_refused(place) {
        if !place.lasts() {
            return;
        }
        place.open().await.close().await;
        let insert = "INSERT INTO _sqlx_migrations
            (version, description, installed_on, success, checksum, execution_time)
            VALUES (999999, 'of the future', CURRENT_TIMESTAMP, TRUE, $1, 0)";
        match place.database() {
            Database::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await.unwrap();
                sqlx::query(insert).bind(vec![0_u8]).execute(&mut connection).await.unwrap();
            }
            Database::File(path) => {
                let url = format!("sqlite:{}", path.display());
                let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
                sqlx::query(insert).bind(vec![0_u8]).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
            Database::Memory => unreachable!("memory does not last"),
        }
        assert_eq!(Store::open(place.database()).await.unwrap_err().kind, Kind::Unfit);
    }

    async fn what_is_no_database_is_refused(place) {
        let Some(directory) = place.directory() else { return };
        let path = directory.join("notes.txt");
        std::fs::write(&path, "these are notes\n".repeat(1000)).unwrap();
        let refused = Store::open(&Database::File(path.clone())).await.unwrap_err();
        assert_eq!(refused.kind, Kind::Corrupt);
        assert!(std::fs::read_to_string(path).unwrap().starts_with("these are notes"));
    }

    async fn a_backup_of_a_running_database_opens_and_has_everything(place) {
        let store = place.open().await;
        store.append(vec![makers::fact("kept")]).await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("it's a backup.db");
        let copied = backup::copy_to(&store, &file).await;
        if place.is_shared() {
            let refused = copied.unwrap_err();
            assert_eq!(refused.kind, Kind::Unsupported);
            assert!(refused.to_string().contains("pg_dump"), "{refused}");
            store.close().await;
            return;
        }
        copied.unwrap();
        store.append(vec![makers::fact("later")]).await.unwrap();
        assert_eq!(backup::copy_to(&store, &file).await.unwrap_err().kind, Kind::Conflict);
        let copy = Store::open(&Database::File(file.clone())).await.unwrap();
        assert_eq!(events_in(&copy).await, 1);
        assert_eq!(copy.epoch(), store.epoch());
        copy.close().await;
        backup::begin_new_life(&file).await.unwrap();
        let restored = Store::open(&Database::File(file)).await.unwrap();
        assert_ne!(restored.epoch(), store.epoch());
        assert_eq!(events_in(&restored).await, 1);
        restored.close().await;
        store.close().await;
    }

    async fn a_lost_connection_is_found_again(place) {
        if !place.is_shared() {
            return;
        }
        let store = place.open().await;
        store.append(vec![makers::fact("before")]).await.unwrap();
        cut_connections(&place).await;
        // Nothing was under way: the writer connects again by itself.
        assert_eq!(store.append(vec![makers::fact("after")]).await.unwrap()[0].seq, 2);
        let lost = store
            .write({
                let place = std::sync::Arc::clone(&place);
                move |tx| {
                    Box::pin(async move {
                        projects::insert(tx, &makers::project("lost")).await?;
                        cut_connections(&place).await;
                        projects::insert(tx, &makers::project("too")).await?;
                        Ok::<_, Error>(())
                    })
                }
            })
            .await
            .unwrap_err();
        assert_eq!(lost.kind, Kind::Unavailable);
        assert_eq!(store.append(vec![makers::fact("again")]).await.unwrap()[0].seq, 3);
        store.close().await;
    }

    async fn memory_leaves_nothing_behind(place) {
        if place.lasts() {
            return;
        }
        let shared = Path::new("/dev/shm");
        let directory = if shared.is_dir() { shared.to_owned() } else { std::env::temp_dir() };
        let mine = || {
            let names = std::fs::read_dir(&directory).unwrap().flatten();
            names.filter(|entry| entry.file_name().to_string_lossy().starts_with("dashboard-memory-"))
                .map(|entry| entry.path())
                .collect::<std::collections::BTreeSet<_>>()
        };
        let before = mine();
        let store = place.open().await;
        let made: Vec<_> = mine().difference(&before).cloned().collect();
        assert!(!made.is_empty());
        store.close().await;
        // Tests beside this one may have made others: only those that are gone again are judged.
        assert!(made.iter().any(|path| !path.exists()));
    }
}
