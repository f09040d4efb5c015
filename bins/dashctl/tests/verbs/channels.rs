//! `dashctl channels` and `dashctl tasks subscribe`, with somebody who really listens.

use std::process::Stdio;

use testkit::Hooks;
use tokio::io::AsyncWriteExt;

use crate::server::Server;
use crate::{json, new_task, say, table};

/// Makes a channel; what opens it is given on standard input.
pub(crate) async fn create(server: &Server, words: &[&str], input: &str) {
    give(server, &[&["channels", "create"], words].concat(), input).await;
}

async fn give(server: &Server, words: &[&str], input: &str) {
    let mut child = server.dashctl(words).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).await.unwrap();
    drop(stdin);
    let done = child.wait_with_output().await.unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{words:?}: {said}");
    let out = String::from_utf8(done.stdout).unwrap();
    assert!(!out.contains("hidden-part"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_is_made_tried_subscribed_and_deleted() {
    let mut hooks = Hooks::start().await;
    let server = Server::start().await;
    let address = format!("{}\n", hooks.url("/hidden-part"));
    create(&server, &["webhook", "ops", "--home"], &address).await;
    let listed = table(&server, &["channels", "list"]).await;
    assert!(
        listed.contains("ops") && listed.contains("home"),
        "{listed}"
    );
    assert!(!listed.contains("hidden-part"), "{listed}");

    let trial = ["channels", "test", "ops"];
    let (tried, ()) = tokio::join!(json(&server, &trial), async {
        hooks.next().await.answer(200, "thanks");
    });
    assert_eq!(
        (&tried["ok"], &tried["status"]),
        (&true.into(), &200.into())
    );
    let (refused, ()) = tokio::join!(say(&server, &trial), async {
        hooks.next().await.answer(410, "gone for good");
    });
    assert_eq!(refused.code, 1);
    assert!(refused.out.contains("gone for good"), "{}", refused.out);

    let task = new_task(&server, "Mend it").await;
    table(&server, &["tasks", "subscribe", &task, "webhook"]).await;
    let other = new_task(&server, "Mend another").await;
    let told = table(&server, &["tasks", "subscribe", &other, "ops"]).await;
    assert!(told.contains("Told to") && told.contains("ops"), "{told}");
    table(&server, &["tasks", "unsubscribe", &other, "ops"]).await;
    let homes = json(&server, &["tasks", "homes", &task]).await;
    assert_eq!(homes[0]["subscribed"], true, "{homes}");
    json(&server, &["tasks", "complete", &task]).await;
    let told = hooks.next().await;
    assert_eq!(told.json()["type"], "task_completed", "{}", told.body);
    told.answer(200, "");
    let sent = ["channels", "deliveries", "--state", "sent"];
    server
        .look(async || {
            let sent = json(&server, &sent).await;
            (sent[0]["task_id"] == task.as_str()).then_some(())
        })
        .await;

    let told = table(&server, &["channels", "deliveries"]).await;
    assert!(told.contains("ops") && told.contains(&task), "{told}");
    give(
        &server,
        &["channels", "update", "ops", "--secret"],
        &format!("{}\n", hooks.url("/another-hidden-part")),
    )
    .await;
    let (_, path) = tokio::join!(json(&server, &trial), async {
        let told = hooks.next().await;
        let path = told.path.clone();
        told.answer(200, "");
        path
    });
    assert_eq!(path, "/another-hidden-part");

    table(
        &server,
        &["channels", "update", "ops", "--disabled", "true"],
    )
    .await;
    let listed = table(&server, &["channels", "list"]).await;
    assert!(listed.contains("disabled"), "{listed}");
    table(&server, &["channels", "delete", "ops", "--yes"]).await;
    assert_eq!(
        json(&server, &["channels", "list"]).await,
        serde_json::json!([])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_is_changed_only_with_its_password() {
    let server = Server::start().await;
    let mail = [
        "email",
        "mail",
        "--host",
        "a.example.org",
        "--username",
        "u",
    ];
    let from = ["--from", "a@example.org", "--to", "b@example.org"];
    create(&server, &[&mail[..], &from].concat(), "hidden-part\n").await;
    let change = ["channels", "update", "mail", "--host", "b.example.org"];
    let refused = say(&server, &change).await;
    assert_eq!(refused.code, 6, "{}", refused.err);
    assert!(refused.err.contains("given again"), "{}", refused.err);
    assert!(refused.err.contains("--secret"), "{}", refused.err);
    let change = [&change[..], &["--secret"]].concat();
    give(&server, &change, "hidden-part\n").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_of_a_project_say_what_is_told_where() {
    let server = Server::start().await;
    table(&server, &["projects", "create", "web"]).await;
    create(
        &server,
        &["slack", "team"],
        "http://127.0.0.1:9/hidden-part\n",
    )
    .await;
    let rules = ["channels", "rules", "web"];
    let put = [
        &rules[..],
        &["--channel", "team", "--occasions", "done,gave_up"],
    ]
    .concat();
    let told = json(&server, &put).await;
    assert_eq!(told[0]["occasions"], serde_json::json!(["done", "gave_up"]));
    let wrong = [&rules[..], &["--channel", "team", "--occasions", "often"]].concat();
    let wrong = say(&server, &wrong).await;
    assert!(
        wrong.code == 2 && wrong.err.contains("often"),
        "{}",
        wrong.err
    );
    let none = [&rules[..], &["--channel", "team", "--occasions", ""]].concat();
    assert_eq!(json(&server, &none).await, serde_json::json!([]));
}
