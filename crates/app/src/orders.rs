//! Orders: lets a heartbeat wait until there is something that its worker must do.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::{Event, RunId};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Who waits for news of which run.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    waiting: Mutex<HashMap<RunId, watch::Sender<()>>>,
    over: CancellationToken,
}

/// Waits for news of one run.
#[derive(Debug)]
pub(crate) struct Listener<'o> {
    orders: &'o Orders,
    run: RunId,
    news: watch::Receiver<()>,
}

impl Orders {
    /// Listens from now on.
    pub(crate) fn listen(&self, run: RunId) -> Listener<'_> {
        let news = self.waiting().entry(run).or_default().subscribe();
        Listener {
            orders: self,
            run,
            news,
        }
    }

    /// Tells whoever waits that something happened to the event's run.
    pub(crate) fn hear(&self, event: &Event) {
        let waiting = self.waiting();
        if let Some(news) = event.run_id.and_then(|run| waiting.get(&run)) {
            news.send_replace(());
        }
    }

    /// Tells everybody that something may have happened.
    pub(crate) fn tell_everybody(&self) {
        for news in self.waiting().values() {
            news.send_replace(());
        }
    }

    /// Nobody waits any more.
    pub(crate) fn end(&self) {
        self.over.cancel();
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<RunId, watch::Sender<()>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener<'_> {
    /// The run that is listened to.
    pub(crate) fn run(&self) -> RunId {
        self.run
    }

    /// Waits for news; false when there will be none.
    pub(crate) async fn news(&mut self) -> bool {
        tokio::select! {
            biased;
            () = self.orders.over.cancelled() => false,
            news = self.news.changed() => news.is_ok(),
        }
    }
}

impl Drop for Listener<'_> {
    fn drop(&mut self) {
        let mut waiting = self.orders.waiting();
        // Our own receiver is still counted.
        if waiting
            .get(&self.run)
            .is_some_and(|news| news.receiver_count() <= 1)
        {
            waiting.remove(&self.run);
        }
    }
}
