//! The outbox is emptied here. One task per process looks for what is due, takes it under a lease, and sends it; what was taken
//! and not settled, because the process ended in between, is due again when the lease ends, under the same id.
//!
//! At most one message at a time goes from a process to a channel: they arrive in order, and a channel that hangs holds up no other.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use bus::{Batch, EventSubscription};
use model::{
    ChannelId, Delivery, DeliveryId, DeliveryState, EventFilter, EventType, Occasion, Text,
    Timestamp,
};
use notify::{Failure, Hope, Receipt};
use serde_json::json;
use store::{Engine, Tx, deliveries as kept};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::app::Weakly;
use crate::deed::Deed;
use crate::facts::About;
use crate::{App, Error, notices};

/// Messages that are under way at once.
const AT_ONCE: usize = 16;
/// Deliveries that are looked at in one round.
const ROUND: i64 = 64;
/// So long nobody else tries what somebody is trying: longer than any attempt may take.
const LEASE_SECONDS: i64 = 60;
/// So often something is tried.
const MOST_ATTEMPTS: i64 = 8;
/// The pause after the first attempt, and by how much each one after it is longer: eight attempts take some five hours.
const FIRST_PAUSE_SECONDS: f64 = 15.0;
const LONGER: f64 = 3.0;
/// Pauses differ by so much, lest everything come back at once.
const JITTER: f64 = 0.2;

/// What the outbox of this process is at.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    news: Notify,
    /// Channels to which something is under way.
    busy: Mutex<BTreeSet<ChannelId>>,
}

impl Outbox {
    /// Says that something may be due.
    pub(crate) fn look(&self) {
        self.news.notify_one();
    }

    fn busy(&self) -> std::sync::MutexGuard<'_, BTreeSet<ChannelId>> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends from now on.
pub(crate) async fn start(app: &App) -> Result<(), Error> {
    let words = EventType::ALL.iter().map(|event| event.as_str());
    let told = words.filter(|word| Occasion::of(word).is_some());
    let filter = EventFilter {
        event_type: told.map(str::to_owned).collect(),
        ..EventFilter::default()
    };
    let subscription = app.bus().subscribe(None, filter).await?;
    // Only one process has a SQLite database, so nobody can be sending what its last one was.
    if app.store().engine() == Engine::Sqlite {
        let now = app.clock().now();
        app.write_as_server(now, |tx, deed| {
            Box::pin(async move { Ok(kept::end_leases(tx, deed.at).await?) })
        })
        .await?;
    }
    app.spawn(|weak| listen(weak, subscription));
    app.spawn(rounds);
    Ok(())
}

async fn listen(weak: Weakly, mut subscription: EventSubscription) {
    loop {
        let batch = subscription.next_batch().await;
        let Some(app) = weak.app() else { return };
        if matches!(batch, Batch::Bye) {
            return;
        }
        app.outbox().look();
    }
}

async fn rounds(weak: Weakly) {
    loop {
        let Some(app) = weak.app() else { return };
        if let Err(error) = app.send_due().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the outbox cannot be emptied for now"
            );
        }
        let outbox = app.outbox().clone();
        drop(app);
        // Housekeeping looks every few seconds, too, so that what is due by itself waits no longer than that.
        outbox.news.notified().await;
    }
}

impl App {
    /// Begins to send what is due, as much as may be under way at once.
    async fn send_due(&self) -> Result<(), Error> {
        loop {
            let now = self.clock().now();
            let busy: Vec<_> = self.outbox().busy().iter().copied().collect();
            if busy.len() >= AT_ONCE {
                return Ok(());
            }
            let due = kept::due(&mut self.read().await?, now, &busy, ROUND).await?;
            let mut taken: BTreeSet<ChannelId> = BTreeSet::new();
            for delivery in due {
                if busy.len() + taken.len() < AT_ONCE && taken.insert(delivery.channel_id) {
                    self.begin_delivery(delivery.id, delivery.channel_id, now)
                        .await?;
                }
            }
            if taken.is_empty() {
                return Ok(());
            }
        }
    }

    async fn begin_delivery(
        &self,
        id: DeliveryId,
        channel: ChannelId,
        now: Timestamp,
    ) -> Result<(), Error> {
        let lease = Uuid::new_v4();
        let until = now.plus_seconds(LEASE_SECONDS);
        let taken = self.write_as_server(now, move |tx, _| {
            Box::pin(async move { Ok(kept::take(tx, id, lease, now, until).await?) })
        });
        if let Some(delivery) = taken.await? {
            self.outbox().busy().insert(channel);
            self.spawn(move |weak| carry(weak, delivery, lease));
        }
        Ok(())
    }

    async fn deliver(&self, delivery: Delivery, lease: Uuid) -> Result<(), Error> {
        let sent = match notices::read(self, &delivery).await? {
            Ok((target, message)) => {
                let now = self.clock().now();
                self.sender().send(&target, &message, now).await
            }
            Err(hopeless) => Err(hopeless),
        };
        let platform = notices::platform(self, &delivery).await?;
        let now = self.clock().now();
        let settled = settled(delivery, sent, now);
        count(platform, settled.0.state);
        self.write_as_server(now, move |tx, deed| {
            Box::pin(async move { settle(tx, &deed, settled, lease).await })
        })
        .await
    }
}

/// Sends one delivery, and lets go of its channel however that went.
async fn carry(weak: Weakly, delivery: Delivery, lease: Uuid) {
    let Some(app) = weak.app() else { return };
    let (id, channel) = (delivery.id, delivery.channel_id);
    if let Err(error) = app.deliver(delivery, lease).await {
        // It is due again when the lease ends.
        tracing::warn!(
            delivery.id = %id,
            error = &error as &dyn std::error::Error,
            "a delivery cannot be settled"
        );
    }
    app.outbox().busy().remove(&channel);
    app.outbox().look();
}

/// The delivery as it stands after an attempt, and until when its channel asks to be left alone.
fn settled(
    delivery: Delivery,
    sent: Result<Receipt, Failure>,
    now: Timestamp,
) -> (Delivery, Option<Timestamp>) {
    let (status, answer, hope, more) = match sent {
        Ok(receipt) => (receipt.status, receipt.answer, None, Vec::new()),
        Err(failure) => {
            let Failure { hope, reached, .. } = failure;
            (failure.status, failure.answer, Some(hope), reached)
        }
    };
    let mut reached = delivery.reached;
    reached.extend(more);
    let rest = match hope {
        Some(Hope::After(wait)) => Some(later(now, wait.as_secs_f64())),
        _ => None,
    };
    let again = match hope {
        None | Some(Hope::None) => None,
        Some(_) if delivery.attempts >= MOST_ATTEMPTS => None,
        // Not sooner than it asks for, and not so soon that all attempts are used up while it goes on asking.
        Some(Hope::After(_) | Hope::Later) => rest.max(Some(later(now, pause(delivery.attempts)))),
    };
    let state = match (hope, again) {
        (None, _) => DeliveryState::Sent,
        (Some(_), Some(_)) => DeliveryState::Pending,
        (Some(_), None) => DeliveryState::Failed,
    };
    let delivery = Delivery {
        state,
        due_at: again,
        status: status.map(i64::from),
        answer: Some(Text::lossy(&answer)),
        ended_at: again.is_none().then_some(now),
        reached,
        ..delivery
    };
    (delivery, rest)
}

/// Seconds to the next attempt after so many.
fn pause(attempts: i64) -> f64 {
    let exponent = i32::try_from(attempts - 1).unwrap_or(0);
    let swing = f64::from(Uuid::new_v4().as_bytes()[0]) / 127.5 - 1.0;
    FIRST_PAUSE_SECONDS * LONGER.powi(exponent) * (1.0 + JITTER * swing)
}

fn later(now: Timestamp, seconds: f64) -> Timestamp {
    Timestamp::from_micros(now.micros() + (seconds * 1e6) as i64)
}

async fn settle(
    tx: &mut Tx,
    deed: &Deed,
    (delivery, rest): (Delivery, Option<Timestamp>),
    lease: Uuid,
) -> Result<(), Error> {
    if !kept::settle(tx, &delivery, lease).await? {
        // The channel is gone, or another was given the lease: that one says how it went.
        return Ok(());
    }
    if let Some(rest) = rest {
        kept::postpone(tx, delivery.channel_id, rest).await?;
    }
    let (event, message) = match delivery.state {
        DeliveryState::Sent => (EventType::DeliverySent, "a notification was sent"),
        DeliveryState::Failed => (
            EventType::DeliveryFailed,
            "a notification could not be sent",
        ),
        DeliveryState::Pending => return Ok(()),
    };
    let mut fact = deed.fact(event, message);
    fact.project_id = delivery.project_id;
    fact.task_id = delivery.task_id;
    tx.append(fact.with(json!({
        "delivery_id": delivery.id,
        "channel_id": delivery.channel_id,
        "occasion": delivery.occasion,
        "attempts": delivery.attempts,
        "status": delivery.status,
    })));
    Ok(())
}

fn count(platform: &'static str, state: DeliveryState) {
    let result = match state {
        DeliveryState::Sent => "sent",
        DeliveryState::Failed => "failed",
        DeliveryState::Pending => "again",
    };
    metrics::counter!("dashboard_notifications_total", "platform" => platform, "result" => result)
        .increment(1);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use model::DeliveryId;

    use super::*;

    #[test]
    fn pauses_grow_and_differ_by_a_fifth() {
        for (attempts, seconds) in [(1, 15.0), (2, 45.0), (7, 10_935.0)] {
            for _ in 0..100 {
                let pause = pause(attempts);
                assert!(
                    (seconds * 0.79..=seconds * 1.21).contains(&pause),
                    "{pause}"
                );
            }
        }
    }

    #[test]
    fn a_server_that_goes_on_asking_to_wait_does_not_use_up_all_attempts() {
        let now = Timestamp::from_micros(0);
        let mut waited = 0;
        for attempts in 1..MOST_ATTEMPTS {
            let asks = Failure {
                status: Some(429),
                answer: String::new(),
                hope: Hope::After(Duration::from_secs(1)),
                reached: Vec::new(),
            };
            let (delivery, rest) = settled(tried(attempts), Err(asks), now);
            assert_eq!(rest, Some(now.plus_seconds(1)));
            waited += delivery.due_at.unwrap().millis_since(now);
        }
        // Four and a half hours, each pause a fifth longer or shorter.
        assert!(waited > 3 * 3600 * 1000, "{waited}");
    }

    fn tried(attempts: i64) -> Delivery {
        Delivery {
            id: DeliveryId::new(),
            channel_id: ChannelId::new(),
            project_id: None,
            task_id: None,
            event_seq: 1,
            event_type: "task_completed".to_owned(),
            occasion: Occasion::Done,
            created_at: Timestamp::from_micros(0),
            state: DeliveryState::Pending,
            attempts,
            due_at: None,
            status: None,
            answer: None,
            ended_at: None,
            reached: Vec::new(),
        }
    }
}
