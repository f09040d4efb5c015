//! Notifications: channels without their secrets, homes, subscriptions and rules, and what becomes of what is sent.

use client::Client;
use model::{
    Channel, ChannelId, Delivery, DeliveryFilter, DeliveryState, NewTask, Page, Platform,
    ProblemKind, Scope, SubscriptionFilter, Task,
};
use serde_json::{Value, json};
use testkit::Hooks;

use crate::support::{ADMIN, Server, as_admin};
use crate::world::{SECRET, World, from, kind, pointers};

/// A channel to a server that takes webhooks.
pub(crate) async fn channel(admin: &Client, hooks: &Hooks) -> Channel {
    let target = json!({"platform": "slack", "url": hooks.url("/take")});
    let new = json!({"name": "ops", "target": target, "home": true});
    admin.create_channel(&from(new)).await.unwrap()
}

pub(crate) async fn complete(admin: &Client) -> Task {
    let new = json!({"project": "web", "title": "Mend it"});
    let task = admin.create_task(&from::<NewTask>(new)).await.unwrap().task;
    admin
        .subscribe_home(task.id, Platform::Slack)
        .await
        .unwrap();
    admin
        .complete_task(task.id, &from(json!({})))
        .await
        .unwrap();
    task
}

/// The newest delivery, once it stands so.
pub(crate) async fn delivery(admin: &Client, state: DeliveryState) -> Delivery {
    let filter = DeliveryFilter {
        state: Some(state),
        ..DeliveryFilter::default()
    };
    loop {
        let found = admin.list_deliveries(&filter, &Page::default()).await;
        if let Some(delivery) = found.unwrap().items.into_iter().next() {
            return delivery;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn no_answer_and_no_event_holds_what_opens_a_channel() {
    let world = World::new().await;
    let id = world.channel.id;
    let changed = json!({"target": {"url": format!("https://example.org/{SECRET}2")}});
    let changed = world
        .admin
        .update_channel(id, &from(changed))
        .await
        .unwrap();
    assert_eq!(
        changed.target.url.as_deref(),
        Some("https://example.org/...")
    );
    for path in [
        "/api/channels".to_owned(),
        format!("/api/channels/{id}"),
        "/api/home-channels".to_owned(),
        "/api/events?event_type=channel_created,channel_updated".to_owned(),
    ] {
        let text = world.server.get(&path).await.text;
        assert!(text.contains(&id.to_string()), "{path}: {text}");
        assert!(!text.contains(SECRET), "{path}: {text}");
    }
}

#[tokio::test]
async fn what_cannot_be_a_channel_is_pointed_at() {
    let world = World::new().await;
    let create = async |target: Value| {
        let new = json!({"name": "a", "target": target});
        let body = as_admin("POST", "/api/channels").header("content-type", "application/json");
        let request = body.body(new.to_string().into()).unwrap();
        let answer = world.server.send(request).await;
        (
            answer.status.as_u16(),
            answer.json()["errors"][0]["pointer"].clone(),
        )
    };
    for (target, status, pointer) in [
        (json!({"platform": "slack"}), 422, "/target/url"),
        (
            json!({"platform": "pigeon", "url": "https://example.org"}),
            422,
            "/target/platform",
        ),
        (
            json!({"platform": "slack", "url": "https://a.org", "chat_id": "1"}),
            422,
            "/target",
        ),
        (
            json!({"platform": "slack", "url": "mailto:a"}),
            422,
            "/target/url",
        ),
        (
            json!({"platform": "webhook", "url": "https://a.org", "secret": "a"}),
            422,
            "/target/secret",
        ),
    ] {
        assert_eq!(
            create(target.clone()).await,
            (status, json!(pointer)),
            "{target}"
        );
    }
    let patch = from(json!({"target": {"chat_id": "1"}}));
    let refused = world.admin.update_channel(world.channel.id, &patch).await;
    assert_eq!(pointers(refused), ["/target"]);
}

#[tokio::test]
async fn a_kept_secret_is_led_nowhere_else_unless_it_is_given_again() {
    let world = World::new().await;
    let telegram = json!({"platform": "telegram", "bot_token": "1:a", "chat_id": "7"});
    let mail = json!({
        "platform": "email", "host": "mail.example.org", "port": 465, "security": "tls",
        "username": "ada", "password": SECRET, "from": "a@example.org", "to": ["b@example.org"],
    });
    let unguarded = json!({
        "platform": "email", "host": "mail.example.org", "security": "tls",
        "from": "a@example.org", "to": ["b@example.org"],
    });
    for (target, change, pointer) in [
        (
            &telegram,
            json!({"base_url": "https://b.org"}),
            Some("/target/bot_token"),
        ),
        (
            &telegram,
            json!({"base_url": "https://b.org", "bot_token": "1:a"}),
            None,
        ),
        (&telegram, json!({"base_url": null, "chat_id": "8"}), None),
        (&mail, json!({"host": "b.org"}), Some("/target/password")),
        (&mail, json!({"port": 2465}), Some("/target/password")),
        (
            &mail,
            json!({"security": "starttls"}),
            Some("/target/password"),
        ),
        (&mail, json!({"host": "b.org", "password": SECRET}), None),
        (
            &mail,
            json!({"host": "b.org", "username": null, "password": null}),
            None,
        ),
        (
            &mail,
            json!({"host": "mail.example.org", "security": "tls", "from": "c@d.org"}),
            None,
        ),
        (
            &unguarded,
            json!({"host": "b.org", "security": "none"}),
            None,
        ),
    ] {
        let new = json!({"name": "a", "target": target});
        let made = world.admin.create_channel(&from(new)).await.unwrap();
        let patch = json!({"target": change});
        let answer = world.admin.update_channel(made.id, &from(patch)).await;
        match pointer {
            Some(pointer) => assert_eq!(pointers(answer), [pointer], "{change}"),
            None => assert!(answer.is_ok(), "{change}"),
        }
    }
}

#[tokio::test]
async fn private_addresses_are_refused_unless_the_server_allows_them() {
    let builder = dashboard::Dashboard::builder()
        .in_memory()
        .admin_token(ADMIN);
    let dashboard = builder.build().await.unwrap();
    let admin = Client::in_process(dashboard.router(), Some(ADMIN));
    for url in [
        "http://127.0.0.1:1/",
        "http://localhost/",
        "http://169.254.169.254/latest",
    ] {
        let new = json!({"name": "a", "target": {"platform": "discord", "url": url}});
        let refused = admin.create_channel(&from(new)).await;
        assert_eq!(pointers(refused), ["/target/url"], "{url}");
    }
    dashboard.shutdown().await;
}

#[tokio::test]
async fn there_is_one_home_on_each_platform() {
    let world = World::new().await;
    let task = world.task.id;
    let homes = async || {
        let homes = world.admin.list_home_channels(Some(task)).await.unwrap();
        let homes = homes.home_channels.into_iter();
        homes
            .map(|home| (home.channel_id, home.subscribed))
            .collect::<Vec<_>>()
    };
    let old = world.channel.id;
    assert_eq!(homes().await, [(old, false)]);
    for _ in 0..2 {
        let answer = world
            .admin
            .subscribe_home(task, Platform::Slack)
            .await
            .unwrap();
        assert!(answer.ok && answer.home_channel.subscribed);
    }
    assert_eq!(homes().await, [(old, true)]);
    let new = json!({"name": "b", "home": true, "target": {"platform": "slack", "url": "https://example.org/b"}});
    let new = world.admin.create_channel(&from(new)).await.unwrap().id;
    // The task is told to the old one still; the new one is another choice.
    assert_eq!(homes().await, [(new, false)]);
    assert!(!world.admin.get_channel(old).await.unwrap().home);
    for _ in 0..2 {
        let answer = world
            .admin
            .unsubscribe_home(task, Platform::Slack)
            .await
            .unwrap();
        assert!(!answer.home_channel.subscribed);
    }
    let (all, page) = (SubscriptionFilter::default(), Page::default());
    let left = world.admin.list_subscriptions(&all, &page).await;
    assert_eq!(left.unwrap().items[0].channel_id, old);
    let none = world.admin.subscribe_home(task, Platform::Email).await;
    assert_eq!(kind(none), ProblemKind::NotFound);
    let nobody = world
        .admin
        .subscribe_home(model::TaskId::new(), Platform::Slack)
        .await;
    assert_eq!(kind(nobody), ProblemKind::NotFound);
}

#[tokio::test]
async fn a_trial_says_what_the_other_side_says() {
    let server = Server::start().await;
    let mut hooks = Hooks::start().await;
    let admin = server.admin();
    let channel = channel(&admin, &hooks).await;
    let trial = {
        let admin = admin.clone();
        async move |id: ChannelId| admin.test_channel(id).await.unwrap()
    };
    let (tested, ()) = tokio::join!(trial(channel.id), async {
        let hook = hooks.next().await;
        assert!(
            hook.json()["text"]
                .as_str()
                .unwrap()
                .contains("trial of the channel “ops”")
        );
        hook.answer(200, "ok");
    });
    assert!(tested.ok && tested.status == Some(200) && tested.answer.as_str() == "ok");
    let (tested, ()) = tokio::join!(trial(channel.id), async {
        hooks.next().await.answer(404, "no_service");
    });
    assert!(!tested.ok && tested.status == Some(404) && tested.answer.as_str() == "no_service");
}

#[tokio::test]
async fn what_was_given_up_is_sent_again_by_hand() {
    let world = World::new().await;
    let mut hooks = Hooks::start().await;
    channel(&world.admin, &hooks).await;
    let task = complete(&world.admin).await;
    hooks.next().await.answer(404, "no_service");
    let failed = delivery(&world.admin, DeliveryState::Failed).await;
    assert_eq!(
        (failed.task_id, failed.attempts, failed.status),
        (Some(task.id), 1, Some(404))
    );
    assert_eq!(failed.answer.unwrap().as_str(), "no_service");
    let again = world.admin.retry_delivery(failed.id).await.unwrap();
    assert_eq!((again.state, again.attempts), (DeliveryState::Pending, 0));
    hooks.next().await.answer(200, "ok");
    let sent = delivery(&world.admin, DeliveryState::Sent).await;
    assert_eq!((sent.id, sent.attempts), (failed.id, 1));
    let refused = world.admin.retry_delivery(sent.id).await;
    assert_eq!(kind(refused), ProblemKind::MoveNotAllowed);
    let metrics = world.server.get("/api/metrics").await.text;
    for result in ["sent", "failed"] {
        let series =
            format!("dashboard_notifications_total{{platform=\"slack\",result=\"{result}\"}}");
        assert!(metrics.contains(&series), "{metrics}");
    }
}

#[tokio::test]
async fn a_rule_tells_what_it_names_of_its_project_alone() {
    let world = World::new().await;
    let mut hooks = Hooks::start().await;
    let channel = channel(&world.admin, &hooks).await;
    let rule = from(json!({"occasions": ["done", "blocked", "done"]}));
    let rule = world
        .admin
        .put_notification_rule("web", channel.id, &rule)
        .await
        .unwrap();
    assert_eq!(rule.occasions.len(), 2);
    let listed = world.admin.list_notification_rules("web").await.unwrap();
    assert_eq!(listed, [rule]);
    for project in ["elsewhere", "web"] {
        let new = json!({"project": project, "title": "Mend it"});
        let task = world
            .admin
            .create_task(&from::<NewTask>(new))
            .await
            .unwrap()
            .task;
        world
            .admin
            .complete_task(task.id, &from(json!({})))
            .await
            .unwrap();
    }
    let hook = hooks.next().await;
    assert!(
        hook.json()["text"]
            .as_str()
            .unwrap()
            .starts_with("[web] Done\n")
    );
    hook.answer(200, "ok");
    delivery(&world.admin, DeliveryState::Sent).await;
    assert!(hooks.is_empty());
    world
        .admin
        .delete_notification_rule("web", channel.id)
        .await
        .unwrap();
    let again = world
        .admin
        .delete_notification_rule("web", channel.id)
        .await;
    assert_eq!(kind(again), ProblemKind::NotFound);
    let empty = from(json!({"occasions": []}));
    let refused = world
        .admin
        .put_notification_rule("web", channel.id, &empty)
        .await;
    assert_eq!(pointers(refused), ["/occasions"]);
}

#[tokio::test]
async fn a_stranger_sees_no_deliveries_and_no_subscriptions() {
    let world = World::new().await;
    let hooks = Hooks::start().await;
    channel(&world.admin, &hooks).await;
    complete(&world.admin).await;
    let stranger = world
        .client(&[Scope::Operate], Some(&world.elsewhere))
        .await;
    let page = Page::default();
    let seen = stranger
        .list_deliveries(&DeliveryFilter::default(), &page)
        .await
        .unwrap();
    assert_eq!(seen.items, []);
    let seen = stranger
        .list_subscriptions(&SubscriptionFilter::default(), &page)
        .await
        .unwrap();
    assert_eq!(seen.items, []);
    assert_eq!(
        kind(stranger.list_channels(&page).await),
        ProblemKind::Forbidden
    );
    let delivery = delivery(&world.admin, DeliveryState::Pending).await;
    assert_eq!(
        kind(stranger.retry_delivery(delivery.id).await),
        ProblemKind::NotFound
    );
}

#[tokio::test]
async fn an_unknown_platform_is_said_to_be_unknown() {
    let world = World::new().await;
    let path = format!("/api/tasks/{}/home-subscribe/irc", world.task.id);
    let request = as_admin("POST", &path).body(axum::body::Body::empty());
    let answer = world.server.send(request.unwrap()).await;
    assert_eq!(answer.kind(), "not_found");
    assert!(
        answer.text.contains("irc") && answer.text.contains("slack"),
        "{}",
        answer.text
    );
}
