//! Keeps what this process remembers right, by following the events that change it, whoever wrote them.

use bus::{Batch, EventSubscription};
use model::EventFilter;

use crate::app::Weakly;
use crate::{App, Error};

/// The events that change what is remembered.
const OF_INTEREST: &[&str] = &[
    "project_deleted",
    "ticket_updated",
    "ticket_deleted",
    "task_deleted",
    "run_updated",
    "run_cancel_requested",
    "run_finished",
    "clarification_answered",
    "token_revoked",
    "logged_out",
    "user_updated",
    "user_deleted",
];

/// Follows from now on.
pub(crate) async fn start(app: &App) -> Result<(), Error> {
    let event_type = OF_INTEREST.iter().map(|word| (*word).to_owned()).collect();
    let filter = EventFilter {
        event_type,
        ..EventFilter::default()
    };
    let subscription = app.bus().subscribe(None, filter).await?;
    app.spawn(|weak| follow(weak, subscription));
    Ok(())
}

async fn follow(weak: Weakly, mut subscription: EventSubscription) {
    loop {
        let batch = subscription.next_batch().await;
        let Some(app) = weak.app() else { return };
        match batch {
            Batch::Frames(frames) => {
                for frame in frames {
                    app.known().hear(frame.item());
                    app.keys().hear(frame.item());
                    app.orders().hear(frame.item());
                }
            }
            Batch::Gap(_) => {
                app.known().forget_everything();
                app.keys().forget_everything();
                app.orders().tell_everybody();
            }
            Batch::Bye => return app.orders().end(),
        }
    }
}
