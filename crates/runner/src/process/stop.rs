//! Stopping: everything that a command started is asked to end, and after a while made to.

use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::time::{Instant, sleep, timeout};

use super::tree::Tree;

/// How often the processes are looked at while they are to end.
const LOOK: Duration = Duration::from_millis(20);
/// How long a process may take to die of SIGKILL. Longer means that the kernel cannot end it.
const DEATH: Duration = Duration::from_secs(10);
/// How long what a command left behind may go on by itself after it: a `tee` writes its last lines.
const LEFT_BEHIND: Duration = Duration::from_secs(2);

/// Sends SIGTERM to all of it, and SIGKILL to what is left when `grace` has passed. Says how many
/// processes even that could not end.
pub(crate) async fn stop(tree: &mut Tree, grace: Duration) -> usize {
    let mut told = tree.tell(Signal::SIGTERM);
    // A stopped process ends only when it goes on.
    tree.tell(Signal::SIGCONT);
    let gently = async {
        // What was told may start others to clean up: they are left in peace. An orphan is nobody's
        // helper any more; it was started while we told the others.
        while tree.tell_orphans(Signal::SIGTERM, &mut told) > 0 {
            sleep(LOOK).await;
        }
    };
    if timeout(grace, gently).await.is_ok() {
        return 0;
    }
    let deadline = Instant::now() + DEATH;
    loop {
        let alive = tree.tell(Signal::SIGKILL).len();
        if alive == 0 || Instant::now() > deadline {
            return alive;
        }
        sleep(LOOK).await;
    }
}

/// Waits until what the command left behind has ended by itself; says how many are there still.
pub(crate) async fn settle(tree: &mut Tree) -> usize {
    let deadline = Instant::now() + LEFT_BEHIND;
    loop {
        let alive = tree.reap();
        if alive == 0 || Instant::now() > deadline {
            return alive;
        }
        sleep(LOOK).await;
    }
}
