//! The outbox: put down with the event or not at all, once for each channel, sent by one at a time.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

extern crate dashboard_store as store;

use model::{
    Channel, ChannelId, Delivery, DeliveryFilter, DeliveryState, EventType, Fact, Occasion, Page,
    Project, Subscription, SubscriptionFilter, SubscriptionId, Task, Text,
};
use store::{
    Error, Store, channels, deliveries, notification_rules, projects, subscriptions, tasks,
};
use testkit::every_engine;
use testkit::makers::{ada, channel, noon, project, task};
use uuid::Uuid;

struct Kept {
    store: Store,
    project: Project,
    task: Task,
    channel: Channel,
}

/// A project with a task and a channel, and no word yet about what is told.
async fn kept(store: Store) -> Kept {
    let project = project("web");
    let task = task(&project, None, 1);
    let (channel, target) = channel("ops", "https://example.org/xyzzy");
    let (p, t, c) = (project.clone(), task.clone(), channel.clone());
    let unit = store.write(move |tx| {
        Box::pin(async move {
            projects::insert(tx, &p).await?;
            tasks::insert(tx, std::slice::from_ref(&t)).await?;
            channels::insert(tx, &c, &target).await
        })
    });
    unit.await.unwrap();
    Kept {
        store,
        project,
        task,
        channel,
    }
}

impl Kept {
    async fn rule(&self, occasions: Vec<Occasion>) {
        let (project, channel) = (self.project.id, self.channel.id);
        let unit = self.store.write(move |tx| {
            Box::pin(async move {
                notification_rules::put(tx, project, channel, &occasions, noon()).await
            })
        });
        unit.await.unwrap();
    }

    async fn subscribe(&self) -> Result<(), Error> {
        let subscription = Subscription {
            id: SubscriptionId::new(),
            task_id: self.task.id,
            project_id: self.project.id,
            channel_id: self.channel.id,
            created_by: ada(),
            created_at: noon(),
        };
        let unit = self.store.write(move |tx| {
            Box::pin(async move { subscriptions::insert(tx, &subscription).await })
        });
        unit.await
    }

    fn fact(&self, event: EventType) -> Fact {
        let mut fact = Fact::new(event, Text::lossy("it happened"), ada(), noon());
        fact.project_id = Some(self.project.id);
        fact.task_id = Some(self.task.id);
        fact
    }

    async fn happens(&self, event: EventType) {
        self.store.append(vec![self.fact(event)]).await.unwrap();
    }

    async fn deliveries(&self) -> Vec<Delivery> {
        let mut read = self.store.read().await.unwrap();
        let all = DeliveryFilter::default();
        let page = deliveries::list(&mut read, &all, &Page::default()).await;
        page.unwrap().items
    }

    async fn take(&self, delivery: &Delivery, lease: Uuid, seconds: i64) -> Option<Delivery> {
        let (id, now) = (delivery.id, noon().plus_seconds(seconds));
        let unit = self.store.write(move |tx| {
            Box::pin(
                async move { deliveries::take(tx, id, lease, now, now.plus_seconds(60)).await },
            )
        });
        unit.await.unwrap()
    }

    async fn settle(&self, delivery: Delivery, lease: Uuid) -> bool {
        let unit = self.store.write(move |tx| {
            Box::pin(async move { deliveries::settle(tx, &delivery, lease).await })
        });
        unit.await.unwrap()
    }

    async fn due(&self, seconds: i64, but: &[ChannelId]) -> usize {
        let mut read = self.store.read().await.unwrap();
        let now = noon().plus_seconds(seconds);
        deliveries::due(&mut read, now, but, 10)
            .await
            .unwrap()
            .len()
    }
}

every_engine! {
    async fn an_occasion_is_put_down_with_its_event(place) {
        let kept = kept(place.open().await).await;
        kept.rule(vec![Occasion::Done, Occasion::Budget]).await;
        kept.happens(EventType::TaskCreated).await;
        kept.happens(EventType::TaskBlocked).await;
        kept.happens(EventType::TaskCompleted).await;
        let found = kept.deliveries().await;
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].event_seq, found[0].occasion), (3, Occasion::Done));
        assert_eq!((found[0].state, found[0].attempts), (DeliveryState::Pending, 0));
        kept.store.close().await;
    }

    async fn a_rule_and_a_subscription_tell_once(place) {
        let kept = kept(place.open().await).await;
        kept.rule(vec![Occasion::Done]).await;
        kept.subscribe().await.unwrap();
        kept.happens(EventType::TaskCompleted).await;
        kept.happens(EventType::TaskGaveUp).await;
        let occasions: Vec<_> = kept.deliveries().await.iter().map(|one| one.occasion).collect();
        assert_eq!(occasions.len(), 2);
        assert!(occasions.contains(&Occasion::GaveUp));
        kept.store.close().await;
    }

    async fn what_did_not_happen_is_not_told(place) {
        let kept = kept(place.open().await).await;
        kept.rule(vec![Occasion::Done]).await;
        let fact = kept.fact(EventType::TaskCompleted);
        let unit = kept.store.write(move |tx| {
            Box::pin(async move {
                tx.append(fact);
                Err::<(), _>(Error::stale())
            })
        });
        unit.await.unwrap_err();
        assert_eq!(kept.deliveries().await, []);
        kept.store.close().await;
    }

    async fn a_budget_of_everything_concerns_each_project(place) {
        let kept = kept(place.open().await).await;
        kept.rule(vec![Occasion::Budget]).await;
        let mut fact = kept.fact(EventType::BudgetExceeded);
        (fact.project_id, fact.task_id) = (None, None);
        kept.store.append(vec![fact]).await.unwrap();
        assert_eq!(kept.deliveries().await.len(), 1);
        kept.store.close().await;
    }

    async fn one_at_a_time_sends_and_only_that_one_says_how_it_went(place) {
        let kept = kept(place.open().await).await;
        kept.subscribe().await.unwrap();
        kept.happens(EventType::TaskCompleted).await;
        let delivery = kept.deliveries().await.remove(0);
        let (one, other) = (Uuid::new_v4(), Uuid::new_v4());
        let taken = kept.take(&delivery, one, 0).await.unwrap();
        assert_eq!(taken.attempts, 1);
        assert_eq!(kept.take(&delivery, other, 0).await, None);
        assert_eq!(kept.due(59, &[]).await, 0);
        assert_eq!((kept.due(60, &[]).await, kept.due(60, &[kept.channel.id]).await), (1, 0));
        let again = kept.take(&delivery, other, 60).await.unwrap();
        assert_eq!((again.id, again.attempts), (delivery.id, 2));
        let sent = Delivery { state: DeliveryState::Sent, due_at: None, ..again };
        assert!(!kept.settle(sent.clone(), one).await);
        assert!(kept.settle(sent, other).await);
        assert_eq!(kept.deliveries().await[0].state, DeliveryState::Sent);
        kept.store.close().await;
    }

    async fn what_was_given_up_is_tried_again_by_hand(place) {
        let kept = kept(place.open().await).await;
        kept.subscribe().await.unwrap();
        kept.happens(EventType::TaskCompleted).await;
        let delivery = kept.deliveries().await.remove(0);
        let lease = Uuid::new_v4();
        let taken = kept.take(&delivery, lease, 0).await.unwrap();
        let reached = vec!["ada@example.org".to_owned()];
        let failed = Delivery { state: DeliveryState::Failed, due_at: None, reached: reached.clone(), ..taken };
        kept.settle(failed, lease).await;
        assert_eq!(kept.due(1000, &[]).await, 0);
        let retry = |id| kept.store.write(move |tx| {
            Box::pin(async move { deliveries::retry(tx, id, noon()).await })
        });
        assert!(retry(delivery.id).await.unwrap());
        assert!(!retry(delivery.id).await.unwrap());
        // Who has it already stays known.
        assert_eq!(kept.deliveries().await, [Delivery { reached, ..delivery }]);
        kept.store.close().await;
    }

    async fn a_channel_is_reached_as_long_as_it_takes_what_is_sent(place) {
        let kept = kept(place.open().await).await;
        kept.subscribe().await.unwrap();
        let reached = async || deliveries::reached(&mut kept.store.read().await.unwrap()).await.unwrap();
        let platform = kept.channel.platform;
        assert_eq!(reached().await, [(platform, true)]);
        for (hour, state, is_reached) in [
            (1, DeliveryState::Failed, false),
            (2, DeliveryState::Sent, true),
            (3, DeliveryState::Failed, false),
        ] {
            let mut fact = kept.fact(EventType::TaskCompleted);
            fact.created_at = noon().plus_seconds(3600 * hour);
            kept.store.append(vec![fact]).await.unwrap();
            let (delivery, lease) = (kept.deliveries().await.remove(0), Uuid::new_v4());
            let taken = kept.take(&delivery, lease, 3600 * hour).await.unwrap();
            kept.settle(Delivery { state, due_at: None, ..taken }, lease).await;
            assert_eq!(reached().await, [(platform, is_reached)], "{state}");
        }
        kept.store.close().await;
    }

    async fn a_channel_goes_with_all_that_hangs_on_it(place) {
        let kept = kept(place.open().await).await;
        kept.rule(vec![Occasion::Done]).await;
        kept.subscribe().await.unwrap();
        assert!(kept.subscribe().await.is_err());
        kept.happens(EventType::TaskCompleted).await;
        let id = kept.channel.id;
        let unit = kept.store.write(move |tx| {
            Box::pin(async move { channels::delete(tx, id).await })
        });
        unit.await.unwrap();
        kept.happens(EventType::TaskCompleted).await;
        assert_eq!(kept.deliveries().await, []);
        let mut read = kept.store.read().await.unwrap();
        let all = SubscriptionFilter::default();
        let left = subscriptions::list(&mut read, &all, &Page::default()).await.unwrap();
        assert_eq!(left.items, []);
        let rules = notification_rules::list(&mut read, kept.project.id).await.unwrap();
        assert_eq!(rules, []);
        drop(read);
        kept.store.close().await;
    }

    async fn a_secret_is_kept_and_read_only_where_it_is_asked_for(place) {
        let kept = kept(place.open().await).await;
        let mut read = kept.store.read().await.unwrap();
        let found = channels::get(&mut read, kept.channel.id).await.unwrap().unwrap();
        assert_eq!(found, kept.channel);
        assert!(!format!("{found:?}").contains("xyzzy"));
        let target = channels::target(&mut read, kept.channel.id).await.unwrap().unwrap();
        assert_eq!(target.secrets()[0], "https://example.org/xyzzy");
        drop(read);
        kept.store.close().await;
    }

    async fn old_deliveries_are_forgotten_in_steps(place) {
        let kept = kept(place.open().await).await;
        kept.subscribe().await.unwrap();
        for _ in 0..3 {
            kept.happens(EventType::TaskCompleted).await;
        }
        let sweep = |before| kept.store.write(move |tx| {
            Box::pin(async move { deliveries::sweep(tx, before, 2).await })
        });
        assert!(!sweep(noon()).await.unwrap());
        let later = noon().plus_seconds(1);
        assert!(sweep(later).await.unwrap());
        assert!(!sweep(later).await.unwrap());
        assert_eq!(kept.deliveries().await, []);
        kept.store.close().await;
    }
}
