//! What a command prints becomes lines, and is shown as it is.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dashboard_runner::{Conclusion, Line, LogAs, Observer, Record, Seen, Shown};
use model::{LINE_BYTES, LogStream, Outcome, Tokens};
use support::{Server, Trial};

#[tokio::test]
async fn both_streams_are_recorded_and_shown() {
    let server = Server::new();
    let trial = Trial::sh(&server, r"echo one; echo two >&2; printf '\033[31mred'");
    let (out, err) = (trial.out.clone(), trial.err.clone());
    let report = trial.run().await;
    assert_eq!(
        (report.exit_code, report.outcome, report.waiting),
        (0, Outcome::Completed, 0)
    );
    assert_eq!(server.texts(LogStream::Stdout), ["one", "\u{1b}[31mred"]);
    assert_eq!(server.texts(LogStream::Stderr), ["two"]);
    assert_eq!(out.bytes(), b"one\n\x1b[31mred");
    assert_eq!(err.bytes(), b"two\n");
    assert!(server.lines().iter().all(|line| line.at.is_some()));
}

#[tokio::test]
async fn a_hundred_thousand_lines_all_arrive_in_order() {
    let server = Server::new();
    Trial::of(&server, &["seq", "100000"]).run().await;
    let texts = server.texts(LogStream::Stdout);
    assert_eq!(texts.len(), 100_000);
    assert!(
        texts
            .iter()
            .enumerate()
            .all(|(at, text)| *text == (at + 1).to_string())
    );
}

#[tokio::test]
async fn any_bytes_come_back_as_they_were() {
    let server = Server::new();
    let script = r#"i=0; while [ $i -lt 256 ]; do printf "\\$(printf %03o $i)"; i=$((i+1)); done
        printf '\r\n\377'"#;
    let trial = Trial::sh(&server, script);
    let out = trial.out.clone();
    trial.run().await;
    let bytes: Vec<u8> = (0..=255).chain(*b"\r\n\xff").collect();
    assert_eq!(out.bytes(), bytes);
    let lines = server.lines();
    let decoded: Vec<Vec<u8>> = lines
        .iter()
        .map(|line| {
            STANDARD
                .decode(line.bytes_base64.as_ref().expect("bytes"))
                .unwrap()
        })
        .collect();
    assert_eq!(decoded.join(&b'\n'), bytes);
}

#[tokio::test]
async fn a_line_of_ten_megabytes_is_split_and_marked() {
    let server = Server::new();
    Trial::sh(
        &server,
        "head -c 10000000 /dev/zero | tr '\\0' x; echo; echo next",
    )
    .run()
    .await;
    let lines = server.lines();
    let pieces = 10_000_000_usize.div_ceil(LINE_BYTES);
    assert_eq!(lines.len(), pieces + 1);
    assert!(lines[..pieces - 1].iter().all(|line| line.continues));
    assert!(!lines[pieces - 1].continues);
    let length: usize = lines[..pieces]
        .iter()
        .map(|line| line.text.as_ref().unwrap().len())
        .sum();
    assert_eq!(length, 10_000_000);
    assert_eq!(lines[pieces].text.as_deref(), Some("next"));
}

#[tokio::test]
async fn progress_is_seen_before_its_line_ends() {
    let server = Server::new();
    let trial = Trial::sh(
        &server,
        r"printf '10%%\r20%%\r30'; read go < gate; echo '%'",
    );
    let gate = trial.home.path().join("gate");
    nix::unistd::mkfifo(&gate, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let watch = async {
        server.until(|state| !state.records.is_empty()).await;
        tokio::fs::write(&gate, "go\n").await.unwrap();
    };
    tokio::join!(trial.run(), watch);
    let lines = server.lines();
    let shown = lines
        .iter()
        .map(|line| (line.text.as_deref().unwrap(), line.continues));
    assert_eq!(
        shown.collect::<Vec<_>>(),
        [("10%\r20%\r", true), ("30%", false)]
    );
}

/// Remembers the length of every line, and understands a few words.
struct Witness(Arc<Mutex<Vec<usize>>>);

impl Observer for Witness {
    fn wants_whole_lines(&self) -> bool {
        true
    }

    fn line(&mut self, line: Line<'_>) -> Seen {
        self.0.lock().unwrap().push(line.bytes.len());
        let call = serde_json::json!({"model": "a", "tokens": Tokens::default()});
        let (records, shown) = match line.bytes {
            b"call" => (
                vec![Record::Call(serde_json::from_value(call).unwrap())],
                Shown::Text("a call\nto a model".to_owned()),
            ),
            b"hide" => (Vec::new(), Shown::Nothing),
            _ => return Seen::default(),
        };
        let (stream, step) = (LogStream::Llm, None);
        let log = Some(LogAs {
            stream,
            step,
            shown,
        });
        Seen { records, log }
    }

    fn finish(&mut self, exit_code: i32) -> Conclusion {
        assert_eq!(exit_code, 5);
        let outcome = Some(Outcome::RateLimited);
        Conclusion {
            outcome,
            ..Conclusion::default()
        }
    }
}

#[tokio::test]
async fn an_observer_sees_whole_lines_and_decides_how_they_are_shown() {
    let server = Server::new();
    let script = "head -c 70000 /dev/zero | tr '\\0' x; echo; echo hide; echo call; exit 5";
    let mut trial = Trial::sh(&server, script);
    let seen: Arc<Mutex<Vec<_>>> = Arc::default();
    trial.observer = Box::new(Witness(Arc::clone(&seen)));
    trial.run().await;
    assert_eq!(*seen.lock().unwrap(), [70_000, 4, 4]);
    assert_eq!(server.texts(LogStream::Llm), ["a call", "to a model"]);
    assert_eq!(server.texts(LogStream::Stdout).concat().len(), 70_000);
    let kinds = server.see(|state| {
        let kinds = state.records.iter().map(Record::describe);
        kinds.collect::<Vec<_>>()
    });
    // How many lines share a batch is a matter of time; that the call comes before its lines is not.
    let call = kinds.iter().position(|kind| kind == "a call to a");
    assert!(
        call.is_some_and(|at| kinds[at + 1].ends_with("log lines")),
        "{kinds:?}"
    );
    assert_eq!(server.finish().outcome, Outcome::RateLimited);
}

#[tokio::test]
async fn a_usage_command_tells_what_was_used() {
    let server = Server::new();
    let mut trial = Trial::sh(&server, "true");
    trial.plan.usage_command = Some(r#"echo '{"input_tokens": 7, "output_tokens": 3}'"#.to_owned());
    trial.run().await;
    let call = server.see(|state| match &state.records[0] {
        Record::Call(call) => call.clone(),
        other => panic!("{other:?}"),
    });
    assert_eq!((call.tokens.input, call.tokens.output), (7, 3));
}

#[tokio::test]
async fn a_usage_command_that_fails_is_only_a_note() {
    let server = Server::new();
    let mut trial = Trial::sh(&server, "true");
    trial.plan.usage_command = Some("exit 3".to_owned());
    let notices = Arc::clone(&trial.notices);
    let report = trial.run().await;
    assert_eq!(report.outcome, Outcome::Completed);
    let notices = notices.lock().unwrap().join("\n");
    assert!(notices.contains("usage is not tracked"), "{notices}");
}
