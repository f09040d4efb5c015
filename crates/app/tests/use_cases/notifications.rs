//! The outbox under way: sent once by one, again under the same id after a crash, given up after so many attempts.

use std::collections::BTreeSet;
use std::sync::Arc;

use app::{App, Options};
use bus::Bus;
use model::{
    Clock, Delivery, DeliveryFilter, DeliveryState, NewChannel, Outcome, Page, Platform, Task,
    TaskOrder,
};
use serde_json::json;
use store::Store;
use testkit::makers::noon;
use testkit::{Hook, Hooks, Place};

use crate::support::{World, admin, new_task};

/// One server over a database.
struct Server {
    world: World,
    bus: Bus,
    store: Store,
}

impl Server {
    async fn open(place: &Place, clock: &Clock) -> Self {
        let store = place.open().await;
        let bus = Bus::start(store.clone());
        let options = Options {
            clock: clock.clone(),
            allow_private_addresses: true,
            ..Options::new(store.clone(), bus.clone())
        };
        let world = World {
            app: App::open(options).await.unwrap(),
            clock: clock.clone(),
        };
        Self { world, bus, store }
    }

    /// Ends whatever is under way where it is; nothing more is written.
    async fn stop(self) {
        self.world.app.close().await;
        self.bus.shutdown().await;
        self.store.close().await;
    }

    /// Makes a channel that is home.
    async fn home(&self, hooks: &Hooks) {
        let target = json!({
            "platform": "webhook", "url": hooks.url("/"),
            "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        });
        let new = json!({"name": "ops", "target": target, "home": true});
        let new: NewChannel = serde_json::from_value(new).unwrap();
        self.world.app.create_channel(&admin(), new).await.unwrap();
    }

    /// A task that is done, and told home.
    async fn done(&self, title: &str) -> Task {
        let task = self.world.task(new_task(title)).await;
        let app = &self.world.app;
        app.subscribe_home(&admin(), task.id, Platform::Webhook)
            .await
            .unwrap();
        let order = TaskOrder::Complete(Default::default());
        app.move_task(&admin(), task.id, order, Default::default())
            .await
            .unwrap();
        task
    }

    /// Lets time pass, and looks after what is due then.
    async fn later(&self, seconds: i64) {
        self.world.clock.advance_seconds(seconds);
        self.world.app.keep_house().await.unwrap();
    }

    /// Whether nobody tries it now: a lease ends after just a minute, a pause does not.
    fn is_settled(&self, delivery: &Delivery) -> bool {
        delivery.due_at != Some(self.world.clock.now().plus_seconds(60))
    }

    async fn deliveries(&self) -> Vec<Delivery> {
        let all = DeliveryFilter::default();
        let app = &self.world.app;
        let page = app.list_deliveries(&admin(), all, Page::default()).await;
        page.unwrap().items
    }

    /// The only delivery, once it is as it should be.
    async fn only(&self, is_so: impl Fn(&Delivery) -> bool) -> Delivery {
        loop {
            let mut found = self.deliveries().await;
            assert_eq!(found.len(), 1);
            match found.pop().filter(&is_so) {
                Some(delivery) => return delivery,
                None => tokio::task::yield_now().await,
            }
        }
    }
}

fn id(hook: &Hook) -> String {
    hook.header("webhook-id").to_owned()
}

async fn stopped_between_sending_and_noting_it(place: Arc<Place>) {
    let mut hooks = Hooks::start().await;
    let clock = Clock::manual(noon());
    let server = Server::open(&place, &clock).await;
    server.home(&hooks).await;
    server.done("Mend it").await;
    // The other side has it, and the server ends before it hears so.
    let first = hooks.next().await;
    server.stop().await;
    let server = Server::open(&place, &clock).await;
    server.later(61).await;
    let second = hooks.next().await;
    assert_eq!((id(&second), &second.body), (id(&first), &first.body));
    second.answer(200, "");
    let delivery = server.only(|one| one.state == DeliveryState::Sent).await;
    assert_eq!(delivery.attempts, 2);
    assert!(hooks.is_empty());
    server.stop().await;
}

#[test]
fn nothing_is_lost_in_a_crash_and_the_id_stays_in_a_file() {
    testkit::run(Place::file, stopped_between_sending_and_noting_it);
}

#[test]
fn nothing_is_lost_in_a_crash_and_the_id_stays_on_postgres() {
    testkit::run(Place::postgres, stopped_between_sending_and_noting_it);
}

async fn the_run_that_did_it(place: Arc<Place>) {
    let mut hooks = Hooks::start().await;
    let server = Server::open(&place, &Clock::manual(noon())).await;
    server.home(&hooks).await;
    let task = server.world.task(new_task("Mend it")).await;
    let app = &server.world.app;
    app.subscribe_home(&admin(), task.id, Platform::Webhook)
        .await
        .unwrap();
    let run = server.world.claim(&task).await.unwrap().run;
    server.world.finish(&run, Outcome::Completed).await;
    let hook = hooks.next().await;
    assert_eq!(hook.json()["data"]["run_id"], json!(run.id));
    hook.answer(200, "");
    server.only(|one| one.state == DeliveryState::Sent).await;
    server.stop().await;
}

#[test]
fn a_webhook_names_the_run_that_did_it() {
    testkit::run(Place::memory, the_run_that_did_it);
}

async fn two_servers_send_each_once(place: Arc<Place>) {
    let mut hooks = Hooks::start().await;
    let clock = Clock::manual(noon());
    let one = Server::open(&place, &clock).await;
    let other = Server::open(&place, &clock).await;
    one.home(&hooks).await;
    for number in 0..10 {
        one.done(&format!("a {number}")).await;
        other.done(&format!("b {number}")).await;
    }
    let mut ids = BTreeSet::new();
    while one
        .deliveries()
        .await
        .iter()
        .any(|it| it.state != DeliveryState::Sent)
    {
        other.world.app.keep_house().await.unwrap();
        while !hooks.is_empty() {
            let hook = hooks.next().await;
            assert!(ids.insert(id(&hook)), "sent twice");
            hook.answer(200, "");
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(ids.len(), 20);
    one.stop().await;
    other.stop().await;
}

#[test]
fn two_servers_over_one_database_send_each_once() {
    testkit::run(Place::postgres, two_servers_send_each_once);
}

async fn a_question_that_stops_a_task(place: Arc<Place>) {
    let mut hooks = Hooks::start().await;
    let server = Server::open(&place, &Clock::manual(noon())).await;
    server.home(&hooks).await;
    let task = server.world.task(new_task("Choose")).await;
    let app = &server.world.app;
    let platform = Platform::Webhook;
    app.subscribe_home(&admin(), task.id, platform)
        .await
        .unwrap();
    let question = serde_json::from_value(json!({ "text": "Which one?" })).unwrap();
    app.create_question(&admin(), task.id, question)
        .await
        .unwrap();
    hooks.next().await.answer(200, "");
    // Blocked by it, too: that is no second message.
    let told = server.only(|one| one.state == DeliveryState::Sent).await;
    assert_eq!(told.event_type, "clarification_requested");
    server.stop().await;
}

#[test]
fn a_question_that_stops_a_task_is_told_once() {
    testkit::run(Place::memory, a_question_that_stops_a_task);
}

async fn given_up_after_eight(place: Arc<Place>) {
    let mut hooks = Hooks::start().await;
    let server = Server::open(&place, &Clock::manual(noon())).await;
    server.home(&hooks).await;
    server.done("Mend it").await;
    let mut ids = BTreeSet::new();
    for attempt in 1..=8 {
        let hook = hooks.next().await;
        ids.insert(id(&hook));
        hook.answer(500, "not now");
        server
            .only(|one| one.attempts == attempt && server.is_settled(one))
            .await;
        // Longer than the longest pause.
        server.later(4 * 3600).await;
    }
    let failed = server.only(|one| one.state == DeliveryState::Failed).await;
    assert_eq!((failed.attempts, failed.status), (8, Some(500)));
    assert_eq!(failed.answer.unwrap().as_str(), "not now");
    assert_eq!(ids.len(), 1);
    let words = server.world.words().await;
    assert_eq!(
        words
            .iter()
            .filter(|word| *word == "delivery_failed")
            .count(),
        1
    );
    assert!(hooks.is_empty());
    server.stop().await;
}

#[test]
fn what_nobody_takes_is_given_up_after_eight_attempts() {
    testkit::run(Place::memory, given_up_after_eight);
}

async fn left_alone(place: Arc<Place>) {
    let mut hooks = Hooks::start().await;
    let server = Server::open(&place, &Clock::manual(noon())).await;
    server.home(&hooks).await;
    server.done("first").await;
    let hook = hooks.next().await;
    // It waits for the first: one at a time goes to a channel.
    server.done("second").await;
    let first = id(&hook);
    hook.answer_with(429, &[("retry-after", "30")], "slow down");
    while server
        .deliveries()
        .await
        .iter()
        .all(|one| one.status != Some(429))
    {
        tokio::task::yield_now().await;
    }
    server.later(29).await;
    assert!(hooks.is_empty());
    server.later(2).await;
    let mut ids = BTreeSet::new();
    for _ in 0..2 {
        let hook = hooks.next().await;
        ids.insert(id(&hook));
        hook.answer(200, "");
    }
    assert!(ids.len() == 2 && ids.contains(&first));
    server.stop().await;
}

#[test]
fn a_channel_that_asks_for_it_is_left_alone_for_so_long() {
    testkit::run(Place::memory, left_alone);
}

async fn nothing_of_what_is_gone(place: Arc<Place>) {
    let mut hooks = Hooks::start().await;
    let server = Server::open(&place, &Clock::manual(noon())).await;
    server.home(&hooks).await;
    let task = server.done("Mend it").await;
    hooks.next().await.answer(500, "not now");
    server.only(|one| one.status == Some(500)).await;
    server
        .world
        .app
        .delete_task(&admin(), task.id)
        .await
        .unwrap();
    server.later(3600).await;
    let failed = server.only(|one| one.state == DeliveryState::Failed).await;
    assert_eq!(
        failed.answer.unwrap().as_str(),
        "what it tells of was deleted"
    );
    assert!(hooks.is_empty());
    server.stop().await;
}

#[test]
fn what_was_deleted_is_not_told() {
    testkit::run(Place::memory, nothing_of_what_is_gone);
}
