//! Pieces put together again: an observer reads whole lines, however long.

use crate::log::{End, Piece};

/// The longest line that is put together. The part beyond it is recorded, but not observed.
const MOST_BYTES: usize = 32 << 20;

/// Puts the pieces of one stream's lines together.
#[derive(Debug, Default)]
pub(crate) struct Whole {
    bytes: Vec<u8>,
    first: i64,
}

impl Whole {
    /// Takes the piece that was given `number`; answers the line that it ends and its first number.
    pub(crate) fn push(&mut self, number: i64, piece: &Piece) -> Option<(i64, Vec<u8>)> {
        if self.first == 0 {
            self.first = number;
        }
        if self.bytes.len() + piece.bytes.len() <= MOST_BYTES {
            self.bytes.extend_from_slice(&piece.bytes);
        }
        if piece.end == End::Continues {
            return None;
        }
        let first = std::mem::take(&mut self.first);
        Some((first, std::mem::take(&mut self.bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_become_the_line_that_they_were() {
        let mut whole = Whole::default();
        let piece = |bytes: &[u8], end| Piece {
            bytes: bytes.to_vec(),
            end,
        };
        assert_eq!(whole.push(7, &piece(b"a", End::Continues)), None);
        assert_eq!(
            whole.push(9, &piece(b"b", End::Newline)),
            Some((7, b"ab".to_vec()))
        );
        assert_eq!(
            whole.push(10, &piece(b"", End::CrLf)),
            Some((10, Vec::new()))
        );
    }
}
