//! Run logs.

use futures_util::TryStreamExt as _;
use model::{LINE_BYTES, LogFilter, LogLine, NewLogLine, Outcome, RunId};

use crate::support::*;

fn line(number: impl Into<Option<i64>>, text: &str) -> NewLogLine {
    NewLogLine {
        line: number.into(),
        at: None,
        step_id: None,
        stream: None,
        text: Some(text.to_owned()),
        bytes_base64: None,
        continues: false,
    }
}

async fn lines(world: &World, run: RunId) -> Vec<LogLine> {
    let filter = LogFilter {
        limit: 1000,
        ..LogFilter::default()
    };
    world.app.read_logs(&admin(), run, filter).await.unwrap()
}

async fn raw(world: &World, run: RunId, range: std::ops::Range<u64>) -> String {
    let log = world.app.raw_log(&admin(), run).await.unwrap();
    let chunks: Vec<_> = log.read(range).try_collect().await.unwrap();
    String::from_utf8(chunks.concat()).unwrap()
}

#[tokio::test]
async fn a_batch_that_is_sent_again_doubles_nothing() {
    let world = world().await;
    let run = world.run().await;
    let long = "x".repeat(LINE_BYTES + 1);
    let batch = || vec![line(1, "one"), line(2, &long), line(3, "three")];
    let first = world
        .app
        .append_logs(&admin(), run.id, batch())
        .await
        .unwrap();
    assert_eq!((first.appended, first.last_line), (4, 4));
    let again = world
        .app
        .append_logs(&admin(), run.id, batch())
        .await
        .unwrap();
    assert_eq!((again.appended, again.skipped, again.last_line), (0, 4, 4));
}

#[tokio::test]
async fn a_line_that_is_too_long_is_split_between_characters() {
    let world = world().await;
    let run = world.run().await;
    let text = format!("{}é{}", "a".repeat(LINE_BYTES - 1), "b".repeat(9));
    world
        .app
        .append_logs(&admin(), run.id, vec![line(1, &text), line(2, "next")])
        .await
        .unwrap();
    let kept = lines(&world, run.id).await;
    let shape: Vec<_> = kept
        .iter()
        .map(|line| (line.line, line.continues))
        .collect();
    assert_eq!(shape, [(1, true), (2, false), (3, false)]);
    assert_eq!(format!("{}{}", kept[0].text, kept[1].text), text);
}

#[tokio::test]
async fn bytes_that_are_not_text_are_given_back_as_they_were() {
    let world = world().await;
    let run = world.run().await;
    let bytes = NewLogLine {
        text: None,
        bytes_base64: Some("/wBh".to_owned()),
        ..line(1, "")
    };
    world
        .app
        .append_logs(&admin(), run.id, vec![bytes])
        .await
        .unwrap();
    let kept = lines(&world, run.id).await.pop().unwrap();
    assert_eq!(
        (kept.text.as_str(), kept.bytes_base64.as_deref()),
        ("\u{FFFD}\0a", Some("/wBh"))
    );
}

#[tokio::test]
async fn one_bad_line_refuses_the_batch_and_is_named() {
    let world = world().await;
    let run = world.run().await;
    let bad = NewLogLine {
        bytes_base64: Some("!".to_owned()),
        ..line(2, "")
    };
    let bad = NewLogLine { text: None, ..bad };
    match world
        .app
        .append_logs(&admin(), run.id, vec![line(1, "good"), bad])
        .await
    {
        Err(app::Error::Invalid(errors)) => assert_eq!(errors[0].pointer, "/1/bytes_base64"),
        other => panic!("{other:?}"),
    }
    assert!(lines(&world, run.id).await.is_empty());
}

#[tokio::test]
async fn an_ended_run_still_takes_lines() {
    let world = world().await;
    let run = world.run().await;
    world.finish(&run, Outcome::Completed).await;
    world
        .app
        .append_logs(&admin(), run.id, vec![line(None, "late")])
        .await
        .unwrap();
    let page = world.app.get_run(&admin(), run.id).await.unwrap();
    assert_eq!(
        (page.run.state.as_str(), page.run.log_lines),
        ("succeeded", 1)
    );
}

#[tokio::test]
async fn a_log_is_searched_in_any_case_and_paged_both_ways() {
    let world = world().await;
    let run = world.run().await;
    let batch = (1..=9)
        .map(|n| line(n, if n % 2 == 0 { "ERROR" } else { "fine" }))
        .collect();
    world
        .app
        .append_logs(&admin(), run.id, batch)
        .await
        .unwrap();
    let numbers = |filter: LogFilter| async {
        let found = world.app.read_logs(&admin(), run.id, filter).await.unwrap();
        found.iter().map(|line| line.line).collect::<Vec<_>>()
    };
    let q = Some("error".to_owned());
    assert_eq!(
        numbers(LogFilter {
            q,
            limit: 3,
            ..LogFilter::default()
        })
        .await,
        [4, 6, 8]
    );
    let after = LogFilter {
        after: Some(2),
        limit: 2,
        ..LogFilter::default()
    };
    assert_eq!(numbers(after).await, [3, 4]);
    let before = LogFilter {
        before: Some(9),
        limit: 2,
        ..LogFilter::default()
    };
    assert_eq!(numbers(before).await, [7, 8]);
}

#[tokio::test]
async fn a_raw_log_is_one_text_of_which_any_part_can_be_read() {
    let world = world().await;
    let run = world.run().await;
    let batch = (1..=2500).map(|n| line(n, &n.to_string())).collect();
    world
        .app
        .append_logs(&admin(), run.id, batch)
        .await
        .unwrap();
    let whole: String = (1..=2500).map(|n| format!("{n}\n")).collect();
    let size = world.app.raw_log(&admin(), run.id).await.unwrap().size();
    assert_eq!(size, whole.len() as u64);
    assert_eq!(raw(&world, run.id, 0..size).await, whole);
    assert_eq!(raw(&world, run.id, 8000..9000).await, whole[8000..9000]);
    assert_eq!(raw(&world, run.id, 5..5).await, "");
}

#[tokio::test]
async fn a_log_of_no_run_is_not_found() {
    let world = world().await;
    let nothing = world
        .app
        .append_logs(&admin(), RunId::new(), vec![line(1, "x")])
        .await;
    assert_eq!(refused(nothing), "not_found");
    let filter = LogFilter {
        limit: 1,
        ..LogFilter::default()
    };
    assert_eq!(
        refused(world.app.read_logs(&admin(), RunId::new(), filter).await),
        "not_found"
    );
}
