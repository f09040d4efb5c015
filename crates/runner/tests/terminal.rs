//! A command with a terminal of its own.
#![allow(clippy::unwrap_used)]

mod support;

use model::{LogStream, Outcome};
use support::{Server, Trial};

fn with_terminal(server: &std::sync::Arc<Server>, script: &str) -> Trial {
    let mut trial = Trial::sh(server, script);
    trial.plan.command.tty = true;
    trial
}

#[tokio::test]
async fn it_sees_a_terminal_everywhere_and_controls_it() {
    let server = Server::new();
    let script = "[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo terminal; echo same > /dev/tty
        echo err >&2; ps -o sid= -p $$ | tr -d ' '; echo $$";
    let trial = with_terminal(&server, script);
    let out = trial.out.clone();
    let report = trial.run().await;
    assert_eq!(report.outcome, Outcome::Completed);
    let texts = server.texts(LogStream::Stdout);
    assert_eq!(texts[..3], ["terminal", "same", "err"]);
    assert_eq!(texts[3], texts[4], "it leads a session");
    assert!(
        out.bytes().starts_with(b"terminal\r\nsame\r\nerr\r\n"),
        "it is shown as it is"
    );
}

#[tokio::test]
async fn the_last_words_before_the_end_are_heard() {
    let server = Server::new();
    with_terminal(&server, "seq 20000; printf end; exit 7")
        .run()
        .await;
    let texts = server.texts(LogStream::Stdout);
    assert_eq!((texts.len(), texts[20_000].as_str()), (20_001, "end"));
    assert_eq!(server.finish().exit_code, Some(7));
}

#[tokio::test]
async fn cancel_ends_its_whole_session() {
    let server = Server::new();
    let trial = with_terminal(&server, "trap '' HUP; sleep 1000 & echo ready; wait");
    let cancel = async {
        server
            .until(|state| format!("{:?}", state.records).contains("ready"))
            .await;
        server.set(|state| state.cancel = true);
    };
    let (report, ()) = tokio::join!(trial.run(), cancel);
    assert_eq!(
        (report.exit_code, report.outcome),
        (143, Outcome::Cancelled)
    );
}
