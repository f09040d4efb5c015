//! Bytes cut into lines: of any length, of any bytes, nothing added and nothing lost.

use model::LINE_BYTES;

/// What followed a line's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// A line feed.
    Newline,
    /// A carriage return and a line feed: what a terminal makes of a line feed.
    CrLf,
    /// More of the same line: it was too long for one piece, or shows progress.
    Continues,
    /// Nothing: the output ended.
    Nothing,
}

/// A line without its end, or a piece of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Its bytes, ANSI sequences and lone carriage returns included.
    pub bytes: Vec<u8>,
    /// What followed them.
    pub end: End,
}

/// Cuts one stream into lines. It holds less than one piece at any time.
#[derive(Debug, Default)]
pub struct Splitter {
    rest: Vec<u8>,
    is_terminal: bool,
}

impl Splitter {
    /// For what a terminal wrote, which puts a carriage return before each line feed. Anywhere else the command
    /// itself wrote it, and it belongs to the line.
    #[must_use]
    pub fn of_terminal() -> Self {
        Self {
            is_terminal: true,
            ..Self::default()
        }
    }

    /// Takes the next bytes and gives the pieces that they complete.
    pub fn push(&mut self, mut chunk: &[u8]) -> Vec<Piece> {
        let mut pieces = Vec::new();
        while let Some(at) = chunk.iter().position(|byte| *byte == b'\n') {
            self.rest.extend_from_slice(&chunk[..at]);
            chunk = &chunk[at + 1..];
            self.end_line(&mut pieces);
        }
        self.rest.extend_from_slice(chunk);
        // One byte more than a piece may be the carriage return of a line that just fits.
        self.cut_while_longer(LINE_BYTES + 1, &mut pieces);
        pieces
    }

    /// Gives what a progress bar has shown so far, up to its last carriage return.
    ///
    /// Such a line ends late or never; without this nobody could watch it.
    pub fn progress(&mut self) -> Option<Piece> {
        // The very last byte may be the first half of a line's end.
        let shown = self.rest.len().checked_sub(1)?;
        let last = self.rest[..shown].iter().rposition(|byte| *byte == b'\r')?;
        let after = self.rest.split_off(last + 1);
        let bytes = std::mem::replace(&mut self.rest, after);
        Some(Piece {
            bytes,
            end: End::Continues,
        })
    }

    /// Gives the last line when no line feed followed it.
    pub fn finish(&mut self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        self.cut_while_longer(LINE_BYTES, &mut pieces);
        if !self.rest.is_empty() {
            pieces.push(Piece {
                bytes: std::mem::take(&mut self.rest),
                end: End::Nothing,
            });
        }
        pieces
    }

    fn end_line(&mut self, pieces: &mut Vec<Piece>) {
        let end = match self.rest.last() {
            Some(b'\r') if self.is_terminal => End::CrLf,
            _ => End::Newline,
        };
        if end == End::CrLf {
            self.rest.pop();
        }
        self.cut_while_longer(LINE_BYTES, pieces);
        pieces.push(Piece {
            bytes: std::mem::take(&mut self.rest),
            end,
        });
    }

    fn cut_while_longer(&mut self, most: usize, pieces: &mut Vec<Piece>) {
        let mut start = 0;
        while self.rest.len() - start > most {
            let end = start + character_boundary(&self.rest[start..], LINE_BYTES);
            let bytes = self.rest[start..end].to_vec();
            pieces.push(Piece {
                bytes,
                end: End::Continues,
            });
            start = end;
        }
        self.rest.drain(..start);
    }
}

/// The greatest index up to `most` that does not cut a UTF-8 character in two.
fn character_boundary(bytes: &[u8], most: usize) -> usize {
    let is_inside = |at: usize| bytes[at] & 0b1100_0000 == 0b1000_0000;
    // A character has at most three bytes after its first; more of them are no UTF-8 at all.
    (most - 3..=most)
        .rev()
        .find(|at| !is_inside(*at))
        .unwrap_or(most)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(chunks: &[&[u8]]) -> Vec<Piece> {
        split_by(Splitter::default(), chunks)
    }

    fn split_by(mut splitter: Splitter, chunks: &[&[u8]]) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = chunks
            .iter()
            .flat_map(|chunk| splitter.push(chunk))
            .collect();
        pieces.extend(splitter.finish());
        pieces
    }

    fn join(pieces: &[Piece]) -> Vec<u8> {
        let mut joined = Vec::new();
        for piece in pieces {
            joined.extend_from_slice(&piece.bytes);
            joined.extend_from_slice(match piece.end {
                End::Newline => b"\n",
                End::CrLf => b"\r\n",
                End::Continues | End::Nothing => b"",
            });
        }
        joined
    }

    fn check(chunks: &[&[u8]], expected: &[(&[u8], End)]) {
        check_by(Splitter::default(), chunks, expected);
    }

    fn check_by(splitter: Splitter, chunks: &[&[u8]], expected: &[(&[u8], End)]) {
        let pieces = split_by(splitter, chunks);
        let seen: Vec<_> = pieces
            .iter()
            .map(|piece| (piece.bytes.as_slice(), piece.end))
            .collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn lines_end_where_they_end() {
        check(&[b"a\nb\n"], &[(b"a", End::Newline), (b"b", End::Newline)]);
        check(
            &[b"a", b"b\n\n"],
            &[(b"ab", End::Newline), (b"", End::Newline)],
        );
        check(&[b"", b""], &[]);
    }

    #[test]
    fn a_carriage_return_belongs_to_the_line_but_not_from_a_terminal() {
        check(&[b"a\r", b"\n"], &[(b"a\r", End::Newline)]);
        check_by(
            Splitter::of_terminal(),
            &[b"a\r", b"\nb"],
            &[(b"a", End::CrLf), (b"b", End::Nothing)],
        );
        check_by(
            Splitter::of_terminal(),
            &[b"10%\r20%\r\n"],
            &[(b"10%\r20%", End::CrLf)],
        );
    }

    #[test]
    fn a_line_that_just_fits_is_not_cut() {
        let mut line = vec![b'x'; LINE_BYTES];
        line.extend_from_slice(b"\r\n");
        let halves = [&line[..LINE_BYTES + 1], &line[LINE_BYTES + 1..]];
        let pieces = split_by(Splitter::of_terminal(), &halves);
        assert_eq!(pieces.len(), 1);
        assert_eq!(pieces[0].end, End::CrLf);
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        let text = "ü".repeat(LINE_BYTES) + "\n";
        let pieces = split(&[b"x", text.as_bytes()]);
        assert_eq!(pieces.len(), 3);
        assert_eq!(pieces[0].end, End::Continues);
        assert!(
            pieces
                .iter()
                .all(|piece| std::str::from_utf8(&piece.bytes).is_ok())
        );
    }

    #[test]
    fn ten_megabytes_without_an_end_are_cut_into_pieces() {
        let long = vec![0xff; 10 << 20];
        let pieces = split(&[&long]);
        assert_eq!(pieces.len(), (10 << 20) / LINE_BYTES);
        assert_eq!(join(&pieces), long);
    }

    #[test]
    fn progress_is_shown_up_to_the_last_carriage_return() {
        let mut splitter = Splitter::default();
        assert_eq!(splitter.push(b"10%\r20%\r30"), []);
        let shown = Piece {
            bytes: b"10%\r20%\r".to_vec(),
            end: End::Continues,
        };
        assert_eq!(splitter.progress(), Some(shown));
        assert_eq!(splitter.progress(), None);
        assert_eq!(splitter.push(b"%\r"), []);
        assert_eq!(splitter.progress(), None);
        let last = Piece {
            bytes: b"30%\r".to_vec(),
            end: End::Newline,
        };
        assert_eq!(splitter.push(b"\n"), [last]);
    }

    fn any_output() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let byte = prop_oneof![Just(b'\n'), Just(b'\r'), Just(b'a'), any::<u8>()];
        let short = prop::collection::vec(byte, 0..40);
        let long = (LINE_BYTES - 3..2 * LINE_BYTES + 3, any::<u8>())
            .prop_map(|(length, byte)| vec![byte; length]);
        prop::collection::vec(prop_oneof![4 => short, 1 => long], 0..12)
    }

    proptest! {
        #[test]
        fn lines_and_their_ends_give_the_input_back(
            chunks in any_output(),
            shown in 0..12usize,
            is_terminal in any::<bool>(),
        ) {
            let mut splitter = Splitter { is_terminal, ..Splitter::default() };
            let mut pieces = Vec::new();
            for (n, chunk) in chunks.iter().enumerate() {
                pieces.extend(splitter.push(chunk));
                if n == shown {
                    pieces.extend(splitter.progress());
                }
            }
            pieces.extend(splitter.finish());
            prop_assert_eq!(join(&pieces), chunks.concat());
            prop_assert!(pieces.iter().all(|piece| piece.bytes.len() <= LINE_BYTES));
        }
    }
}
