//! The ring: recent frames in their order, without gaps, bounded by count and by bytes.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::{Frame, Topic};

/// Recent frames. The oldest give way to new ones; who still needs them reads the table.
#[derive(Debug)]
pub(crate) struct Ring<T: Topic> {
    frames: VecDeque<Arc<Frame<T>>>,
    /// The number of the last frame there ever was.
    head: i64,
    bytes: usize,
    bounds: Bounds,
}

/// How much a ring holds at most. The last frame is held always.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) frames: usize,
    pub(crate) bytes: usize,
}

/// What a subscriber finds in the ring.
#[derive(Debug)]
pub(crate) enum Found<T: Topic> {
    /// What it wants of what was looked through, and how far that was.
    Frames(Vec<Arc<Frame<T>>>, i64),
    /// It needs what the ring does not hold any more.
    Behind,
}

impl<T: Topic> Ring<T> {
    pub(crate) fn new(head: i64, bounds: Bounds) -> Self {
        Self {
            frames: VecDeque::new(),
            head,
            bytes: 0,
            bounds,
        }
    }

    pub(crate) fn head(&self) -> i64 {
        self.head
    }

    /// Takes the next frame. One that it has already is passed over; one that does not follow on
    /// the last, or changed the earlier ones, begins the ring anew.
    pub(crate) fn push(&mut self, frame: Frame<T>) {
        if frame.number() <= self.head {
            return;
        }
        if frame.number() != self.head + 1 || T::rewrites_the_past(frame.item()) {
            self.restart(frame.number() - 1);
        }
        self.head = frame.number();
        self.bytes += frame.weight();
        self.frames.push_back(Arc::new(frame));
        while self.is_too_full() {
            self.drop_first();
        }
    }

    /// Goes on after a number without what was there before.
    pub(crate) fn restart(&mut self, head: i64) {
        self.frames.clear();
        self.bytes = 0;
        self.head = head;
    }

    /// What follows on `cursor` and is wanted, at most so many.
    pub(crate) fn after(&self, cursor: i64, most: usize, filter: &T::Filter) -> Found<T> {
        if cursor >= self.head {
            return Found::Frames(Vec::new(), cursor);
        }
        let first = self.head + 1 - self.frames.len() as i64;
        let Ok(skipped) = usize::try_from(cursor + 1 - first) else {
            return Found::Behind;
        };
        let mut wanted = Vec::new();
        for frame in self.frames.range(skipped..) {
            if T::passes(filter, frame.item()) {
                wanted.push(Arc::clone(frame));
            }
            if wanted.len() == most {
                return Found::Frames(wanted, frame.number());
            }
        }
        Found::Frames(wanted, self.head)
    }

    fn is_too_full(&self) -> bool {
        let Bounds { frames, bytes } = self.bounds;
        self.frames.len() > 1 && (self.frames.len() > frames || self.bytes > bytes)
    }

    fn drop_first(&mut self) {
        if let Some(frame) = self.frames.pop_front() {
            self.bytes -= frame.weight();
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{Event, EventFilter, EventType, Fact, Principal, Severity, Text, Timestamp};

    use super::*;
    use crate::Events;

    fn frame(seq: i64, message: &str) -> Frame<Events> {
        let at = Timestamp::from_micros(seq);
        let text = Text::lossy(message);
        let kind = if seq % 2 == 0 {
            EventType::RunStarted
        } else {
            EventType::LoginFailed
        };
        Frame::new(Arc::new(
            Fact::new(kind, text, Principal::server(), at).at(seq),
        ))
    }

    fn ring(bounds: Bounds, seqs: impl IntoIterator<Item = i64>) -> Ring<Events> {
        let mut ring = Ring::new(0, bounds);
        for seq in seqs {
            ring.push(frame(seq, "hello"));
        }
        ring
    }

    fn roomy() -> Bounds {
        Bounds {
            frames: 100,
            bytes: 1_000_000,
        }
    }

    fn numbers(found: Found<Events>) -> Option<(Vec<i64>, i64)> {
        match found {
            Found::Frames(frames, cursor) => {
                Some((frames.iter().map(|frame| frame.number()).collect(), cursor))
            }
            Found::Behind => None,
        }
    }

    fn everything() -> EventFilter {
        EventFilter::default()
    }

    #[test]
    fn a_subscriber_goes_on_where_it_was() {
        let ring = ring(roomy(), 1..=5);
        let first = numbers(ring.after(0, 2, &everything()));
        assert_eq!(first, Some((vec![1, 2], 2)));
        let rest = numbers(ring.after(2, 9, &everything()));
        assert_eq!(rest, Some((vec![3, 4, 5], 5)));
        assert_eq!(numbers(ring.after(5, 9, &everything())), Some((vec![], 5)));
        assert_eq!(numbers(ring.after(8, 9, &everything())), Some((vec![], 8)));
    }

    #[test]
    fn what_is_not_wanted_is_passed_over() {
        let warnings = EventFilter {
            severity: Some(Severity::Warning),
            ..EventFilter::default()
        };
        let ring = ring(roomy(), 1..=6);
        assert_eq!(
            numbers(ring.after(0, 9, &warnings)),
            Some((vec![1, 3, 5], 6))
        );
        assert_eq!(numbers(ring.after(5, 9, &warnings)), Some((vec![], 6)));
    }

    #[test]
    fn who_is_further_behind_than_the_ring_is_told_so() {
        let small = Bounds {
            frames: 3,
            ..roomy()
        };
        let ring = ring(small, 1..=10);
        assert_eq!(numbers(ring.after(6, 9, &everything())), None);
        let near = numbers(ring.after(7, 9, &everything()));
        assert_eq!(near, Some((vec![8, 9, 10], 10)));
    }

    #[test]
    fn large_frames_leave_room_for_few() {
        let small = Bounds {
            bytes: 100_000,
            ..roomy()
        };
        let mut ring = ring(small, 1..=5);
        ring.push(frame(6, &"x".repeat(200_000)));
        let found = numbers(ring.after(5, 9, &everything()));
        assert_eq!(found, Some((vec![6], 6)));
        assert_eq!(numbers(ring.after(4, 9, &everything())), None);
    }

    #[test]
    fn a_frame_comes_once_and_a_jump_begins_anew() {
        let ring = ring(roomy(), [1, 2, 2, 1, 3, 7, 8]);
        assert_eq!(ring.head(), 8);
        assert_eq!(numbers(ring.after(2, 9, &everything())), None);
        let found = numbers(ring.after(6, 9, &everything()));
        assert_eq!(found, Some((vec![7, 8], 8)));
    }

    #[test]
    fn what_was_redacted_is_read_from_the_table() {
        let mut ring = ring(roomy(), 1..=3);
        let at = Timestamp::from_micros(0);
        let deleted = EventType::TicketDeleted;
        let fact = Fact::new(deleted, Text::default(), Principal::server(), at);
        ring.push(Frame::new(Arc::new(fact.at(4))));
        assert_eq!(numbers(ring.after(2, 9, &everything())), None);
        let found = numbers(ring.after(3, 9, &everything()));
        assert_eq!(found, Some((vec![4], 4)));
    }

    #[test]
    fn every_subscriber_gets_the_same_bytes() {
        let frame = frame(1, "hello");
        let (one, two) = (frame.json(), frame.json());
        assert_eq!(one.as_str().as_ptr(), two.as_str().as_ptr());
        let read: Event = serde_json::from_str(&one).unwrap();
        assert_eq!(&read, frame.item());
    }
}
