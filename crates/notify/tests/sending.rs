//! Every platform against a real server: what is sent, what is said of the answer, and where nothing may go.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

use std::time::Duration;

use dashboard_notify::{Failure, Hope, Message, Receipt, Sender};
use model::{DeliveryId, Event, EventType, Fact, Occasion, Principal, Target, Text, Timestamp};
use serde_json::{Value, json};
use testkit::makers::noon;
use testkit::{Hooks, Mailbox, Refusals};

/// Stands in every secret.
const SECRET: &str = "xyzzy";

fn event() -> Event {
    let message = Text::lossy("task “Mend <the> parser” went from running to done");
    Fact::new(
        EventType::TaskCompleted,
        message,
        Principal::server(),
        noon(),
    )
    .at(7)
}

fn message() -> Message {
    Message {
        id: DeliveryId::new(),
        occasion: Some(Occasion::Done),
        project: Some("web".to_owned()),
        task: Some("Parse an empty list".to_owned()),
        text: event().message.into_string(),
        link: Some("https://dash.example.org/tasks/1".to_owned()),
        event: Some(event()),
        run: None,
        at: noon(),
        reached: Vec::new(),
    }
}

fn target(value: Value) -> Target {
    serde_json::from_value(value).unwrap()
}

async fn send(value: Value, message: Message) -> Result<Receipt, Failure> {
    let later = Timestamp::from_micros(noon().micros() + 5_000_000);
    let sender = Sender::to_all_addresses();
    sender.send(&target(value), &message, later).await
}

#[tokio::test]
async fn slack_gets_a_text_in_which_nobody_is_called() {
    let mut hooks = Hooks::start().await;
    let slack = json!({"platform": "slack", "url": hooks.url("/services/xyzzy")});
    let sent = tokio::spawn(send(slack, message()));
    let hook = hooks.next().await;
    assert_eq!(hook.path, "/services/xyzzy");
    assert_eq!(
        hook.json()["text"],
        "[web] Done\ntask “Mend &lt;the&gt; parser” went from running to done\nhttps://dash.example.org/tasks/1"
    );
    hook.answer(200, "ok");
    let receipt = Receipt {
        status: Some(200),
        answer: "ok".to_owned(),
    };
    assert_eq!(sent.await.unwrap(), Ok(receipt));
}

#[tokio::test]
async fn discord_calls_nobody_either() {
    let mut hooks = Hooks::start().await;
    let discord = json!({"platform": "discord", "url": hooks.url("/api/webhooks/1/xyzzy")});
    let sent = tokio::spawn(send(discord, message()));
    let hook = hooks.next().await;
    let body = hook.json();
    assert!(
        body["content"]
            .as_str()
            .unwrap()
            .contains("Mend <the> parser")
    );
    assert_eq!(body["allowed_mentions"], json!({"parse": []}));
    hook.answer(204, "");
    assert_eq!(sent.await.unwrap().unwrap().status, Some(204));
}

#[tokio::test]
async fn discord_says_in_the_body_how_long_to_wait() {
    let mut hooks = Hooks::start().await;
    let discord = json!({"platform": "discord", "url": hooks.url("/api/webhooks/1/xyzzy")});
    let sent = tokio::spawn(send(discord, message()));
    let answer =
        json!({"message": "You are being rate limited.", "retry_after": 27.5, "global": false});
    hooks.next().await.answer(429, &answer.to_string());
    let failure = sent.await.unwrap().unwrap_err();
    assert_eq!(failure.hope, Hope::After(Duration::from_millis(27_500)));
}

#[tokio::test]
async fn who_names_a_date_is_waited_for_until_then() {
    let mut hooks = Hooks::start().await;
    let slack = json!({"platform": "slack", "url": hooks.url("/services/xyzzy")});
    // It is sent at five seconds past ten.
    for (asked, hope) in [
        (
            "Thu, 05 Mar 2026 10:00:45 GMT",
            Hope::After(Duration::from_secs(40)),
        ),
        (
            "Thursday, 05-Mar-26 10:00:45 GMT",
            Hope::After(Duration::from_secs(40)),
        ),
        (
            "Fri, 06 Mar 2026 10:00:45 GMT",
            Hope::After(Duration::from_secs(3600)),
        ),
        ("Thu, 05 Mar 2026 10:00:04 GMT", Hope::Later),
        ("soon", Hope::Later),
    ] {
        let sent = tokio::spawn(send(slack.clone(), message()));
        let headers = [("retry-after", asked)];
        hooks.next().await.answer_with(429, &headers, "slow down");
        assert_eq!(sent.await.unwrap().unwrap_err().hope, hope, "{asked}");
    }
}

#[tokio::test]
async fn telegram_says_in_the_body_how_long_to_wait() {
    let mut hooks = Hooks::start().await;
    let telegram = json!({
        "platform": "telegram", "bot_token": "7:xyzzy", "chat_id": "-100", "thread_id": 3,
        "base_url": hooks.url(""),
    });
    let sent = tokio::spawn(send(telegram, message()));
    let hook = hooks.next().await;
    assert_eq!(hook.path, "/bot7:xyzzy/sendMessage");
    let body = hook.json();
    assert_eq!(
        (&body["chat_id"], &body["message_thread_id"]),
        (&json!("-100"), &json!(3))
    );
    let answer = json!({
        "ok": false, "error_code": 429, "description": "Too Many Requests: retry after 12",
        "parameters": {"retry_after": 12},
    });
    hook.answer(429, &answer.to_string());
    let failure = sent.await.unwrap().unwrap_err();
    assert_eq!(failure.hope, Hope::After(Duration::from_secs(12)));
    assert_eq!(failure.answer, "Too Many Requests: retry after 12");
}

#[tokio::test]
async fn a_webhook_is_signed_and_the_same_each_time_but_for_the_time() {
    let mut hooks = Hooks::start().await;
    let webhook = json!({
        "platform": "webhook", "url": hooks.url("/take?me=1"),
        "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    });
    let message = message();
    let sent = tokio::spawn(send(webhook.clone(), message.clone()));
    let first = hooks.next().await;
    assert_eq!(first.path, "/take?me=1");
    let id = format!("msg_{}", message.id.0.simple());
    assert_eq!(first.header("webhook-id"), id);
    assert_eq!(first.header("webhook-timestamp"), "1772704805");
    assert!(first.header("webhook-signature").starts_with("v1,"));
    assert_eq!(first.json()["type"], "task_completed");
    assert_eq!(first.json()["data"]["event"]["seq"], 7);
    let (signature, body) = (
        first.header("webhook-signature").to_owned(),
        first.body.clone(),
    );
    first.answer(500, "not now");
    let failure = sent.await.unwrap().unwrap_err();
    assert_eq!((failure.status, failure.hope), (Some(500), Hope::Later));
    let sent = tokio::spawn(send(webhook, message));
    let second = hooks.next().await;
    assert_eq!(
        (second.header("webhook-id"), &second.body),
        (id.as_str(), &body)
    );
    assert_eq!(second.header("webhook-signature"), signature);
    second.answer(200, "");
    assert!(sent.await.unwrap().is_ok());
}

fn mail(port: u16, security: &str) -> Value {
    json!({
        "platform": "email", "host": "localhost", "port": port, "security": security,
        "from": "Dashboard <dash@example.org>", "to": ["ada@example.org", "Bea <bea@example.org>"],
    })
}

#[tokio::test]
async fn mail_is_handed_over_under_the_deliverys_id() {
    let mut mailbox = Mailbox::start("250 queued as 1").await;
    let message = message();
    let id = message.id;
    let sent = send(mail(mailbox.port(), "none"), message).await.unwrap();
    assert_eq!(
        (sent.status, sent.answer.as_str()),
        (Some(250), "queued as 1")
    );
    let letter = mailbox.next().await;
    assert_eq!(letter.from, "dash@example.org");
    assert_eq!(letter.to, ["ada@example.org", "bea@example.org"]);
    assert!(
        letter
            .data
            .contains(&format!("Message-ID: <{id}@example.org>")),
        "{letter:?}"
    );
    assert!(
        letter
            .data
            .contains("Subject: [web] Done: Parse an empty list\r\n"),
        "{letter:?}"
    );
}

#[tokio::test]
async fn mail_that_is_refused_for_good_is_not_tried_again() {
    let mut mailbox = Mailbox::start("554 no spam here").await;
    let failure = send(mail(mailbox.port(), "none"), message())
        .await
        .unwrap_err();
    assert_eq!((failure.status, failure.hope), (Some(554), Hope::None));
    assert!(failure.answer.contains("no spam here"), "{failure:?}");
    mailbox.next().await;
    let mailbox = Mailbox::start("451 later").await;
    let failure = send(mail(mailbox.port(), "none"), message())
        .await
        .unwrap_err();
    assert_eq!((failure.status, failure.hope), (Some(451), Hope::Later));
}

#[tokio::test]
async fn who_is_refused_keeps_the_mail_from_nobody_else() {
    for (refusal, hope) in [
        ("550 no such user", Hope::None),
        ("452 the mailbox is full", Hope::Later),
    ] {
        let refusals: Refusals = Box::leak(Box::new([("ada@example.org", refusal)]));
        let mut mailbox = Mailbox::refusing("250 ok", refusals).await;
        let mail = mail(mailbox.port(), "none");
        let failure = send(mail.clone(), message()).await.unwrap_err();
        assert_eq!(mailbox.next().await.to, ["bea@example.org"]);
        assert_eq!(failure.hope, hope);
        let (code, words) = refusal.split_once(' ').unwrap();
        assert_eq!(failure.status, code.parse().ok());
        assert_eq!(failure.answer, format!("ada@example.org: {words}"));
        assert_eq!(failure.reached, ["bea@example.org"]);
        // Tried again, it goes to nobody twice.
        let message = Message {
            reached: failure.reached,
            ..message()
        };
        let failure = send(mail, message).await.unwrap_err();
        assert_eq!((failure.hope, failure.reached.len()), (hope, 0));
        assert!(mailbox.is_empty());
    }
}

#[tokio::test]
async fn mail_that_everybody_has_is_sent() {
    let mailbox = Mailbox::start("250 ok").await;
    let reached = ["ada@example.org", "bea@example.org"].map(str::to_owned);
    let message = Message {
        reached: reached.to_vec(),
        ..message()
    };
    assert!(send(mail(mailbox.port(), "none"), message).await.is_ok());
    assert!(mailbox.is_empty());
}

#[tokio::test]
async fn mail_does_not_go_unguarded_where_tls_was_asked_for() {
    let mailbox = Mailbox::start("250 ok").await;
    assert!(
        send(mail(mailbox.port(), "starttls"), message())
            .await
            .is_err()
    );
    assert!(mailbox.is_empty());
}

#[tokio::test]
async fn nothing_goes_to_private_addresses_whatever_they_are_called() {
    let hooks = Hooks::start().await;
    let mailbox = Mailbox::start("250 ok").await;
    let named = format!("http://localhost:{}/", hooks.port());
    let sender = Sender::to_public_addresses();
    for target in [
        json!({"platform": "slack", "url": hooks.url("/")}),
        json!({"platform": "discord", "url": named}),
        json!({"platform": "telegram", "bot_token": "7:a", "chat_id": "1", "base_url": named}),
        mail(mailbox.port(), "none"),
    ] {
        let target = self::target(target);
        let failure = sender.send(&target, &message(), noon()).await.unwrap_err();
        assert_eq!(failure.hope, Hope::None, "{failure:?}");
        assert!(failure.answer.contains("private address"), "{failure:?}");
    }
    assert!(hooks.is_empty() && mailbox.is_empty());
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let mut hooks = Hooks::start().await;
    let elsewhere = hooks.url("/elsewhere");
    let sent = tokio::spawn(send(
        json!({"platform": "slack", "url": hooks.url("/")}),
        message(),
    ));
    hooks
        .next()
        .await
        .answer_with(307, &[("location", &elsewhere)], "");
    let failure = sent.await.unwrap().unwrap_err();
    assert_eq!((failure.status, failure.hope), (Some(307), Hope::None));
    assert!(hooks.is_empty());
}

#[tokio::test]
async fn what_is_said_of_a_failure_holds_no_secret() {
    let mut hooks = Hooks::start().await;
    let url = hooks.url("/services/xyzzy");
    let sent = tokio::spawn(send(json!({"platform": "slack", "url": url}), message()));
    hooks.next().await.answer(404, &format!("no hook at {url}"));
    let answered = sent.await.unwrap().unwrap_err();
    assert_eq!(answered.answer, "no hook at ****");
    // A port that nobody listens on any more.
    let gone = {
        std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
    };
    let url = format!("http://{gone}/{SECRET}");
    let unreached = send(json!({"platform": "slack", "url": url}), message())
        .await
        .unwrap_err();
    assert_eq!(unreached.hope, Hope::Later);
    assert!(!unreached.answer.contains(SECRET), "{unreached:?}");
    assert!(
        unreached.answer.to_lowercase().contains("refused"),
        "{unreached:?}"
    );
}
