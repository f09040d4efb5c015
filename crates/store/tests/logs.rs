//! Run logs: dense numbers, nothing twice, any bytes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use dashboard_store::{Error, Store, logs, projects, runs};
use model::{LogFilter, LogStream, RunId};
use testkit::{every_engine, makers};

async fn with_run(store: &Store) -> RunId {
    let project = makers::project("web");
    let run = makers::run(&project, None);
    let id = run.id;
    let unit = store.write(move |tx| {
        Box::pin(async move {
            projects::insert(tx, &project).await?;
            runs::insert(tx, &run).await
        })
    });
    unit.await.unwrap();
    id
}

fn numbered(from: i64, to: i64) -> Vec<logs::Line> {
    (from..=to)
        .map(|n| makers::line(Some(n), &format!("line {n}")))
        .collect()
}

async fn texts(store: &Store, run: RunId, filter: &LogFilter) -> Vec<String> {
    let lines = logs::page(&mut store.read().await.unwrap(), run, filter)
        .await
        .unwrap();
    lines.into_iter().map(|line| line.shown(run).text).collect()
}

every_engine! {
    async fn a_batch_that_is_sent_again_doubles_nothing(place) {
        let store = place.open().await;
        let run = with_run(&store).await;
        let first = store.append_lines(run, numbered(1, 10)).await.unwrap().unwrap();
        assert_eq!((first.appended, first.skipped, first.last_line), (10, 0, 10));
        let again = store.append_lines(run, numbered(1, 10)).await.unwrap().unwrap();
        assert_eq!((again.appended, again.skipped, again.last_line), (0, 10, 10));
        let overlapping = store.append_lines(run, numbered(6, 15)).await.unwrap().unwrap();
        assert_eq!((overlapping.appended, overlapping.skipped, overlapping.last_line), (5, 5, 15));
        let all = LogFilter { after: Some(0), limit: 100, ..LogFilter::default() };
        let expected: Vec<_> = (1..=15).map(|n| format!("line {n}")).collect();
        assert_eq!(texts(&store, run, &all).await, expected);
        store.close().await;
    }

    async fn lines_of_the_server_between_those_of_the_worker_confuse_nothing(place) {
        let store = place.open().await;
        let run = with_run(&store).await;
        store.append_lines(run, numbered(1, 2)).await.unwrap();
        store.append_lines(run, vec![makers::line(None, "the server says")]).await.unwrap();
        store.append_lines(run, numbered(3, 4)).await.unwrap();
        let again = store.append_lines(run, numbered(3, 4)).await.unwrap().unwrap();
        assert_eq!((again.appended, again.last_line), (0, 5));
        let all = LogFilter { after: Some(0), limit: 100, ..LogFilter::default() };
        let expected = ["line 1", "line 2", "the server says", "line 3", "line 4"];
        assert_eq!(texts(&store, run, &all).await, expected);
        store.close().await;
    }

    async fn writers_of_one_log_at_once_leave_no_gap(place) {
        let store = place.open().await;
        let run = with_run(&store).await;
        let writers: Vec<_> = (0..20).map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                let lines = (0..30).map(|_| makers::line(None, &format!("writer {n}"))).collect();
                store.append_lines(run, lines).await.unwrap().unwrap().last_line
            })
        }).collect();
        for writer in writers {
            writer.await.unwrap();
        }
        let mut read = store.read().await.unwrap();
        let lines = logs::after(&mut read, run, 0, 10_000).await.unwrap();
        let numbers: Vec<_> = lines.iter().map(|line| line.line).collect();
        assert_eq!(numbers, (1..=600).collect::<Vec<_>>());
        assert_eq!(runs::get(&mut read, run).await.unwrap().unwrap().log_lines, 600);
        drop(read);
        store.close().await;
    }

    async fn any_bytes_are_kept(place) {
        let store = place.open().await;
        let run = with_run(&store).await;
        let bytes = vec![0, 0xff, b'a', 0x1b, b'[', 0xc3];
        let mut line = makers::line(None, "");
        line.text.clone_from(&bytes);
        line.stream = LogStream::Stderr;
        line.continues = true;
        store.append_lines(run, vec![line]).await.unwrap();
        let mut read = store.read().await.unwrap();
        let kept = logs::after(&mut read, run, 0, 1).await.unwrap().remove(0);
        assert_eq!(kept.text, bytes);
        // A line that goes on has no end yet.
        assert_eq!(logs::extent(&mut read, run).await.unwrap(), Some((1, 6)));
        let shown = kept.shown(run);
        assert_eq!(shown.text, "\0\u{FFFD}a\u{1b}[\u{FFFD}");
        assert!(shown.continues && shown.stream == LogStream::Stderr);
        drop(read);
        store.close().await;
    }

    async fn a_log_is_read_in_pages_both_ways_and_searched(place) {
        let store = place.open().await;
        let run = with_run(&store).await;
        store.append_lines(run, numbered(1, 2500)).await.unwrap();
        let mut err = makers::line(Some(2501), "an ERRÖR");
        err.stream = LogStream::Stderr;
        store.append_lines(run, vec![err]).await.unwrap();
        let page = |before, after, q: Option<&str>| LogFilter {
            before, after, q: q.map(Into::into), limit: 2, ..LogFilter::default()
        };
        let cases = [
            (page(None, None, None), vec!["line 2500", "an ERRÖR"]),
            (page(Some(3), None, None), vec!["line 1", "line 2"]),
            (page(None, Some(2), None), vec!["line 3", "line 4"]),
            // Backwards from the end: those with the greatest numbers.
            (page(None, None, Some("LINE 1")), vec!["line 1998", "line 1999"]),
            (page(None, Some(0), Some("line 24")), vec!["line 24", "line 240"]),
            (page(None, None, Some("errör")), vec!["an ERRÖR"]),
            (page(None, None, Some("nowhere")), vec![]),
            (LogFilter { stream: vec![LogStream::Stderr], ..page(None, None, None) }, vec!["an ERRÖR"]),
        ];
        for (filter, expected) in cases {
            assert_eq!(texts(&store, run, &filter).await, expected, "{filter:?}");
        }
        store.close().await;
    }

    async fn lines_of_no_run_are_refused(place) {
        let store = place.open().await;
        assert_eq!(store.append_lines(RunId::new(), numbered(1, 2)).await.unwrap(), None);
        store.close().await;
    }

    async fn lines_and_the_deletion_of_their_run_in_one_group_leave_nothing(place) {
        let store = place.open().await;
        let run = with_run(&store).await;
        let project = runs::get(&mut store.read().await.unwrap(), run).await.unwrap().unwrap().project_id;
        let append = {
            let store = store.clone();
            tokio::spawn(async move { store.append_lines(run, numbered(1, 100)).await })
        };
        store.write(move |tx| Box::pin(async move { projects::delete(tx, project).await })).await.unwrap();
        append.await.unwrap().unwrap();
        while store.write(|tx| Box::pin(async move { logs::sweep(tx, 30).await })).await.unwrap() {}
        let left = logs::after(&mut store.read().await.unwrap(), run, 0, 10).await.unwrap();
        assert!(left.is_empty());
        store.close().await;
    }

    async fn followers_hear_how_far_a_log_reaches(place) {
        let store = place.open().await;
        let run = with_run(&store).await;
        let mut commits = store.committed();
        store.append_lines(run, numbered(1, 3)).await.unwrap();
        let heard = commits.recv().await.unwrap();
        assert_eq!(heard.logs, [dashboard_store::RunLog { run, last_line: 3 }]);
        store.close().await;
    }

    async fn a_unit_that_fails_keeps_no_lines(place) {
        let store = place.open().await;
        let run = with_run(&store).await;
        let failed = store.write(move |tx| Box::pin(async move {
            logs::append(tx, run, numbered(1, 3)).await?;
            Err::<(), _>(Error::stale())
        })).await;
        assert!(failed.is_err());
        let kept = store.append_lines(run, numbered(1, 2)).await.unwrap().unwrap();
        assert_eq!((kept.appended, kept.last_line), (2, 2));
        store.close().await;
    }
}
