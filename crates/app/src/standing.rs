//! Offers that stand: those that this process has heard of, whichever server was asked. Each stands for so long that a
//! worker that is about to ask again gets its chance.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::{Event, EventId, EventType, ProjectId};
use tokio::time::Instant;

/// So long an offer stands.
pub(crate) const STANDS: Duration = Duration::from_secs(1);

/// An offer to those who wait.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Offer {
    /// The event that tells of it.
    pub(crate) id: EventId,
    /// Only this project's tasks.
    pub(crate) project: Option<ProjectId>,
    until: Instant,
}

/// The offers that this process has heard of.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    offers: Mutex<Vec<Offer>>,
}

impl Standing {
    /// Listens to an event. Answers whether it tells of an offer.
    pub(crate) fn hear(&self, event: &Event) -> bool {
        let is_offer = event.event_type == EventType::DispatchTriggered.as_str();
        if is_offer {
            self.lock().push(Offer {
                id: event.id,
                project: event.project_id,
                until: Instant::now() + STANDS,
            });
        }
        is_offer
    }

    /// Those that stand now.
    pub(crate) fn now(&self) -> Vec<Offer> {
        let mut offers = self.lock();
        let now = Instant::now();
        offers.retain(|offer| offer.until > now);
        offers.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Offer>> {
        self.offers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
