//! Whole lines: pieces wait for the end of their line where an observer wants it whole.

use crate::log::{End, Piece};

/// A line that grows longer than this is recorded as it comes, observed by nobody.
const MOST_BYTES: usize = 32 << 20;

/// The pieces of the line that has not ended yet.
#[derive(Debug, Default)]
pub(super) struct Whole {
    pieces: Vec<Piece>,
    bytes: usize,
    /// A part of this line is recorded already.
    has_begun: bool,
}

/// What to do with pieces.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ready {
    /// They are a line: it can be observed.
    Line(Vec<Piece>),
    /// They are a part of a line that nobody wants whole.
    Part(Vec<Piece>),
}

impl Whole {
    /// Takes the next piece; gives what can be recorded now, if anything.
    pub(super) fn push(&mut self, piece: Piece, wants_whole: bool) -> Option<Ready> {
        let has_ended = piece.end != End::Continues;
        self.bytes += piece.bytes.len();
        self.pieces.push(piece);
        if has_ended {
            let line = std::mem::take(self);
            return Some(match line.has_begun {
                true => Ready::Part(line.pieces),
                false => Ready::Line(line.pieces),
            });
        }
        if wants_whole && self.bytes <= MOST_BYTES && !self.has_begun {
            return None;
        }
        self.has_begun = true;
        self.bytes = 0;
        Some(Ready::Part(std::mem::take(&mut self.pieces)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(bytes: &[u8], end: End) -> Piece {
        Piece {
            bytes: bytes.to_vec(),
            end,
        }
    }

    #[test]
    fn a_line_is_given_whole_where_it_is_wanted_whole() {
        let (begin, end) = (piece(b"a", End::Continues), piece(b"b", End::Newline));
        let mut whole = Whole::default();
        assert_eq!(whole.push(begin.clone(), true), None);
        let line = Ready::Line(vec![begin.clone(), end.clone()]);
        assert_eq!(whole.push(end.clone(), true), Some(line));
        assert_eq!(
            whole.push(begin.clone(), false),
            Some(Ready::Part(vec![begin]))
        );
        assert_eq!(
            whole.push(end.clone(), true),
            Some(Ready::Part(vec![end.clone()]))
        );
        assert_eq!(whole.push(end.clone(), false), Some(Ready::Line(vec![end])));
    }

    #[test]
    fn a_line_without_bounds_is_not_kept() {
        let mut whole = Whole::default();
        let megabyte = piece(&[b'x'; 1 << 20], End::Continues);
        let waits = (0..40).take_while(|_| whole.push(megabyte.clone(), true).is_none());
        assert_eq!(waits.count(), 32);
        assert!(whole.push(megabyte, true).is_some());
    }
}
