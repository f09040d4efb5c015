//! The writer: groups, savepoints, panics, and the order of the log.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use dashboard_store::{Error, Kind, Store, events, projects};
use model::{Event, Project};
use testkit::{every_engine, makers};

async fn all_events(store: &Store) -> Vec<Event> {
    let mut read = store.read().await.unwrap();
    events::after(&mut read, 0, 100_000).await.unwrap()
}

async fn add(store: &Store, project: Project) -> Result<i64, Error> {
    store
        .write(move |tx| {
            Box::pin(async move {
                projects::insert(tx, &project).await?;
                Ok(tx.append(makers::fact(project.slug.as_str())).seq)
            })
        })
        .await
}

fn is_dense(events: &[Event]) -> bool {
    events.iter().zip(1..).all(|(event, seq)| event.seq == seq)
}

every_engine! {
    async fn what_was_answered_is_there(place) {
        let store = place.open().await;
        let project = makers::project("web");
        assert_eq!(add(&store, project.clone()).await.unwrap(), 1);
        let kept = projects::get(&mut store.read().await.unwrap(), project.id).await.unwrap();
        assert_eq!(kept, Some(project));
        assert_eq!(all_events(&store).await.len(), 1);
        store.close().await;
    }

    async fn fifty_units_at_once_are_all_kept_in_one_dense_order(place) {
        let store = place.open().await;
        let units: Vec<_> = (0..50)
            .map(|n| {
                let store = store.clone();
                tokio::spawn(async move { add(&store, makers::project(&format!("p{n}"))).await })
            })
            .collect();
        let mut seqs = Vec::new();
        for unit in units {
            seqs.push(unit.await.unwrap().unwrap());
        }
        seqs.sort_unstable();
        assert_eq!(seqs, (1..=50).collect::<Vec<_>>());
        let events = all_events(&store).await;
        assert_eq!(events.len(), 50);
        assert!(is_dense(&events));
        store.close().await;
    }

    async fn a_failed_unit_keeps_nothing_and_gives_its_numbers_back(place) {
        let store = place.open().await;
        let failing = (0..20).map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                store
                    .write(move |tx| {
                        Box::pin(async move {
                            projects::insert(tx, &makers::project(&format!("bad{n}"))).await?;
                            tx.append(makers::fact("never"));
                            Err::<(), _>(Error::stale())
                        })
                    })
                    .await
            })
        });
        let failing: Vec<_> = failing.collect();
        for n in 0..20 {
            add(&store, makers::project(&format!("good{n}"))).await.unwrap();
        }
        for unit in failing {
            assert_eq!(unit.await.unwrap().unwrap_err().kind, Kind::Stale);
        }
        let events = all_events(&store).await;
        assert_eq!(events.len(), 20);
        assert!(is_dense(&events));
        let kept = projects::list(&mut store.read().await.unwrap(), true).await.unwrap();
        assert!(kept.iter().all(|project| project.slug.as_str().starts_with("good")));
        store.close().await;
    }

    async fn a_panic_fails_only_its_unit(place) {
        let store = place.open().await;
        let other = {
            let store = store.clone();
            tokio::spawn(async move { add(&store, makers::project("beside")).await })
        };
        let failure = store
            .write(|tx| {
                Box::pin(async move {
                    projects::insert(tx, &makers::project("panics")).await?;
                    tx.append(makers::fact("never"));
                    assert!(tx.append(makers::fact("more")).seq < 0, "a panic of the test");
                    Ok::<_, Error>(())
                })
            })
            .await
            .unwrap_err();
        assert_eq!(failure.kind, Kind::Internal);
        other.await.unwrap().unwrap();
        add(&store, makers::project("afterwards")).await.unwrap();
        let events = all_events(&store).await;
        assert_eq!(events.len(), 2);
        assert!(is_dense(&events));
        store.close().await;
    }

    async fn a_caller_that_goes_away_does_not_cancel_its_unit(place) {
        let store = place.open().await;
        let (began, begun) = tokio::sync::oneshot::channel();
        let (go, going) = tokio::sync::oneshot::channel::<()>();
        let caller = {
            let store = store.clone();
            tokio::spawn(async move {
                store.write(move |tx| Box::pin(async move {
                        began.send(()).unwrap();
                        going.await.unwrap();
                        projects::insert(tx, &makers::project("kept")).await
                    })).await
            })
        };
        begun.await.unwrap();
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
        go.send(()).unwrap();
        // The next unit is committed after the one whose caller went away.
        add(&store, makers::project("next")).await.unwrap();
        let kept = projects::list(&mut store.read().await.unwrap(), true).await.unwrap();
        assert_eq!(kept.len(), 2);
        store.close().await;
    }

    async fn a_unit_that_goes_on_after_a_failed_statement_has_failed(place) {
        let store = place.open().await;
        add(&store, makers::project("web")).await.unwrap();
        let answer = store
            .write(|tx| {
                Box::pin(async move {
                    // The slug is taken.
                    let _ = projects::insert(tx, &makers::project("web")).await;
                    let _ = projects::insert(tx, &makers::project("other")).await;
                    Ok::<_, Error>(())
                })
            })
            .await;
        assert_eq!(answer.unwrap_err().kind, Kind::Conflict);
        let kept = projects::list(&mut store.read().await.unwrap(), true).await.unwrap();
        assert_eq!(kept.len(), 1);
        store.close().await;
    }

    async fn of_two_writers_of_one_version_one_wins(place) {
        let store = place.open().await;
        let project = makers::project("web");
        add(&store, project.clone()).await.unwrap();
        let edits: Vec<_> = (0..2)
            .map(|n| {
                let (store, mut project) = (store.clone(), project.clone());
                project.name = makers::name(&format!("name {n}"));
                tokio::spawn(async move {
                    store.write(move |tx| Box::pin(async move {
                            projects::update(tx, &mut project).await?;
                            Ok::<_, Error>(project)
                        })).await
                })
            })
            .collect();
        let mut won = Vec::new();
        for edit in edits {
            match edit.await.unwrap() {
                Ok(project) => won.push(project),
                Err(failure) => assert_eq!(failure.kind, Kind::Stale),
            }
        }
        assert_eq!(won.len(), 1);
        let kept = projects::get(&mut store.read().await.unwrap(), project.id).await.unwrap();
        assert_eq!(kept, won.pop());
        store.close().await;
    }

    async fn followers_hear_of_every_commit_in_order(place) {
        let store = place.open().await;
        let mut commits = store.committed();
        for n in 0..10 {
            store.append(vec![makers::fact(&format!("{n}")), makers::fact("more")]).await.unwrap();
        }
        let mut heard: Vec<Arc<Event>> = Vec::new();
        while heard.len() < 20 {
            heard.extend(commits.recv().await.unwrap().events.iter().cloned());
        }
        let seqs: Vec<_> = heard.iter().map(|event| event.seq).collect();
        assert_eq!(seqs, (1..=20).collect::<Vec<_>>());
        assert_eq!(*store.head().borrow(), 20);
        let kept = all_events(&store).await;
        assert!(heard.iter().zip(&kept).all(|(heard, kept)| **heard == *kept));
        store.close().await;
    }

    async fn a_closed_store_writes_what_it_accepted_and_refuses_more(place) {
        let store = place.open().await;
        let accepted: Vec<_> = (0..100)
            .map(|n| {
                let store = store.clone();
                tokio::spawn(async move { store.append(vec![makers::fact(&format!("{n}"))]).await })
            })
            .collect();
        store.close().await;
        let mut kept = 0;
        for unit in accepted {
            match unit.await.unwrap() {
                Ok(_) => kept += 1,
                Err(failure) => assert_eq!(failure.kind, Kind::Unavailable),
            }
        }
        let refused = store.append(vec![makers::fact("late")]).await.unwrap_err();
        assert_eq!(refused.kind, Kind::Unavailable);
        if place.lasts() {
            let store = place.open().await;
            assert_eq!(all_events(&store).await.len(), kept);
            store.close().await;
        }
    }

    async fn the_log_goes_on_where_it_stopped(place) {
        if !place.lasts() {
            return;
        }
        let store = place.open().await;
        store.append(vec![makers::fact("one")]).await.unwrap();
        let epoch = store.epoch().to_owned();
        store.close().await;
        let store = place.open().await;
        assert_eq!(*store.head().borrow(), 1);
        assert_eq!(store.epoch(), epoch);
        assert_eq!(store.append(vec![makers::fact("two")]).await.unwrap()[0].seq, 2);
        store.close().await;
    }
}
