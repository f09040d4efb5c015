//! Bells: what seldom happens is looked at when it may have happened, and not whenever its task is woken by something
//! else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;

/// Remembers that it rang until somebody has looked.
pub(super) struct Bell {
    rope: Arc<Rope>,
    waker: Waker,
}

/// What others pull.
struct Rope {
    rung: AtomicBool,
    task: AtomicWaker,
}

impl Wake for Rope {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        self.task.wake();
    }
}

impl Default for Bell {
    /// It has rung: nobody has looked yet.
    fn default() -> Self {
        let rope = Arc::new(Rope {
            rung: AtomicBool::new(true),
            task: AtomicWaker::new(),
        });
        Self {
            waker: Waker::from(Arc::clone(&rope)),
            rope,
        }
    }
}

impl Bell {
    /// Looks if it rang; what is looked at is to ring it again.
    pub(super) fn poll<T>(
        &self,
        context: &mut Context<'_>,
        look: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        // Before it is asked: who rings in between wakes the task again.
        self.rope.task.register(context.waker());
        if !self.rope.rung.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        let found = look(&mut Context::from_waker(&self.waker));
        if found.is_ready() {
            // There may be more, of which nobody says a word.
            self.rope.rung.store(true, Ordering::Release);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_looks_before_the_bell_has_rung_again() {
        let bell = Bell::default();
        let context = &mut Context::from_waker(Waker::noop());
        let mut given = None;
        let waiting = bell.poll(context, |context| {
            given = Some(context.waker().clone());
            Poll::<()>::Pending
        });
        assert!(waiting.is_pending());
        let unseen = bell.poll(context, |_| Poll::Ready("it was looked at"));
        assert!(unseen.is_pending());
        given.unwrap().wake();
        assert!(bell.poll(context, |_| Poll::Ready(())).is_ready());
        let more = bell.poll(context, |_| Poll::Ready(()));
        assert!(more.is_ready(), "what was found once may be there twice");
    }
}
