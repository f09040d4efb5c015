//! Logs: every byte, every line, under its number.

use client::LogQuery;
use model::{LogStream, NewLogLine, RunId};
use serde_json::json;

use crate::world::{World, from};

async fn with_lines(count: i64) -> (World, RunId) {
    let world = World::new().await;
    let run = world.another_run().await.run.id;
    let lines: Vec<_> = (1..=count)
        .map(|line| json!({"line": line, "text": format!("line {line}")}))
        .collect();
    let lines: Vec<NewLogLine> = from(json!(lines));
    world.admin.append_logs(run, &lines).await.unwrap();
    (world, run)
}

async fn numbers(world: &World, run: RunId, query: &LogQuery) -> Vec<i64> {
    let lines = world.admin.list_logs(run, query).await.unwrap();
    lines.into_iter().map(|line| line.line).collect()
}

#[tokio::test]
async fn a_repeated_batch_doubles_nothing() {
    let (world, run) = with_lines(10).await;
    let lines: Vec<NewLogLine> =
        from(json!([{"line": 9, "text": "other"}, {"line": 11, "text": "new"}]));
    let appended = world.admin.append_logs(run, &lines).await.unwrap();
    assert_eq!(
        (appended.appended, appended.skipped, appended.last_line),
        (1, 1, 11)
    );
    let lines = world
        .admin
        .list_logs(run, &LogQuery::default())
        .await
        .unwrap();
    assert_eq!(lines[8].text, "line 9");
    assert_eq!(world.admin.get_run(run).await.unwrap().run.log_lines, 11);
}

#[tokio::test]
async fn a_log_is_read_from_both_ends() {
    let (world, run) = with_lines(10).await;
    let last = LogQuery {
        limit: 3,
        ..LogQuery::default()
    };
    assert_eq!(numbers(&world, run, &last).await, [8, 9, 10]);
    let before = LogQuery {
        before: Some(8),
        limit: 2,
        ..LogQuery::default()
    };
    assert_eq!(numbers(&world, run, &before).await, [6, 7]);
    let after = LogQuery {
        after: Some(2),
        limit: 2,
        ..LogQuery::default()
    };
    assert_eq!(numbers(&world, run, &after).await, [3, 4]);
}

#[tokio::test]
async fn a_log_is_searched_and_filtered() {
    let (world, run) = with_lines(12).await;
    let more = json!([{"text": "LINE of Ärger", "stream": "stderr"}]);
    world
        .admin
        .append_logs(run, &from::<Vec<NewLogLine>>(more))
        .await
        .unwrap();
    let search = |q: &str| LogQuery {
        q: Some(q.to_owned()),
        limit: 100,
        ..LogQuery::default()
    };
    assert_eq!(
        numbers(&world, run, &search("line 1")).await,
        [1, 10, 11, 12]
    );
    assert_eq!(numbers(&world, run, &search("äRGER")).await, [13]);
    assert!(numbers(&world, run, &search("%")).await.is_empty());
    let stderr = LogQuery {
        stream: vec![LogStream::Stderr],
        limit: 100,
        ..LogQuery::default()
    };
    assert_eq!(numbers(&world, run, &stderr).await, [13]);
}

#[tokio::test]
async fn bytes_that_are_no_text_are_kept() {
    let (world, run) = with_lines(1).await;
    // The bytes ff 00 1b 5b 31 6d.
    let lines = json!([{"bytes_base64": "/wAbWzFt"}, {"text": "a\u{0}\u{1b}[1mb"}]);
    world
        .admin
        .append_logs(run, &from::<Vec<NewLogLine>>(lines))
        .await
        .unwrap();
    let raw = world.admin.get_raw_logs(run, 0).await.unwrap();
    assert_eq!(&raw[..], b"line 1\n\xff\x00\x1b[1m\na\x00\x1b[1mb\n");
    assert_eq!(
        &world.admin.get_raw_logs(run, 7).await.unwrap()[..],
        &raw[7..]
    );
    let lines = world
        .admin
        .list_logs(run, &LogQuery::default())
        .await
        .unwrap();
    assert_eq!(lines[1].text, "\u{fffd}\u{0}\u{1b}[1m");
}

#[tokio::test]
async fn a_line_of_any_length_comes_back_whole() {
    let (world, run) = with_lines(1).await;
    let long = "0123456789".repeat(20_000);
    let lines = json!([{"text": long}]);
    let answer = world
        .admin
        .append_logs(run, &from::<Vec<NewLogLine>>(lines))
        .await;
    let Ok(_) = answer else {
        // A line that is too long for one is refused as such: its sender splits it.
        return assert!(matches!(answer, Err(client::Error::Problem(_))));
    };
    let raw = world.admin.get_raw_logs(run, 0).await.unwrap();
    let digits = raw.iter().filter(|byte| byte.is_ascii_digit()).count();
    assert_eq!(digits, long.len() + "1".len());
}

#[tokio::test]
async fn one_bad_line_keeps_the_whole_batch_out_and_is_named() {
    let (world, run) = with_lines(1).await;
    let body = "{\"text\": \"good\"}\n{\"text\": 7}\n{\"text\": \"good\"}\n";
    let request = crate::support::as_admin("POST", &format!("/api/runs/{run}/logs"))
        .header("content-type", "application/x-ndjson");
    let request = request.body(axum::body::Body::from(body)).unwrap();
    let answer = world.server.send(request).await;
    assert!(answer.status.is_client_error());
    let problem = answer.json();
    assert!(
        problem["errors"][0]["pointer"]
            .as_str()
            .unwrap()
            .starts_with("/1"),
        "{problem}"
    );
    assert_eq!(numbers(&world, run, &LogQuery::default()).await, [1]);
}
