//! What earlier processes could not deliver.

use std::io;
use std::path::Path;

use crate::deliver::{Delivered, Progress, deliver};
use crate::notice::Notices;
use crate::sink::Sink;
use crate::spool::leftovers;

/// Delivers every spool below `root` whose process died; says how many runs that were.
pub async fn deliver_leftovers<S: Sink>(
    sink: &S,
    root: &Path,
    notices: &Notices,
) -> io::Result<usize> {
    let mut delivered = 0;
    for left in leftovers(root)? {
        let spool = match left.open(notices.clone()) {
            Ok(spool) => spool,
            // Another process was faster, and delivers it now.
            Err(error) => {
                tracing::debug!(%error, run.id = %left.run(), "take a leftover over");
                continue;
            }
        };
        notices.say(&format!(
            "delivering {} records of run {}",
            spool.waiting(),
            left.run()
        ));
        let told = deliver(sink, &spool, &Progress::new(None, None), notices).await?;
        delivered += usize::from(told == Delivered::All);
    }
    Ok(delivered)
}
