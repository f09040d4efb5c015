//! Claims that nobody heard of: the answer was lost on its way, and the worker says so by naming what it has.

use model::{Outcome, RunId, Worker};
use store::workers;

use crate::{App, Error, run_ends};

/// What is said of a run whose worker never heard of it.
const UNHEARD: &str = "its worker never heard of it";

impl App {
    /// Gives back what a worker was given and does not know of. Nothing had begun, so the task does not rest, and keeps its
    /// tries.
    pub(crate) async fn take_back_unheard(
        &self,
        worker: &Worker,
        holding: Vec<RunId>,
    ) -> Result<(), Error> {
        // A question of its that still seems to wait is one that it has given up.
        self.waiting().dismiss_worker(worker.id);
        let unheard = workers::unheard_runs(&mut self.read().await?, worker).await?;
        if unheard.iter().all(|run| holding.contains(&run.id)) {
            return Ok(());
        }
        let (worker, at) = (worker.clone(), self.clock().now());
        self.write_as_server(at, move |tx, deed| {
            Box::pin(async move {
                // Looked at again: it may have been heard of in between.
                let unheard = workers::unheard_runs(tx, &worker).await?;
                for run in unheard.into_iter().filter(|run| !holding.contains(&run.id)) {
                    let end = run_ends::without_worker(Outcome::Interrupted, UNHEARD);
                    run_ends::end_run(tx, &deed, run, end).await?;
                }
                Ok(())
            })
        })
        .await
    }
}
