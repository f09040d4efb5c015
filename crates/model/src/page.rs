//! Pages: lists are read in pieces, by the key of the last row seen, so that page 1,000 costs what page 1 does.

/// Which piece of a list to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// At most so many rows.
    pub limit: i64,
    /// Where the last piece ended, as the list itself said.
    pub cursor: Option<String>,
}

impl Page {
    /// So many rows when nobody says how many.
    pub const DEFAULT_LIMIT: i64 = 100;
    /// No more rows than that at once.
    pub const MOST: i64 = 1000;

    /// The first piece.
    #[must_use]
    pub const fn first(limit: i64) -> Self {
        Self {
            limit,
            cursor: None,
        }
    }
}

impl Default for Page {
    fn default() -> Self {
        Self::first(Self::DEFAULT_LIMIT)
    }
}

/// A piece of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Paged<T> {
    /// The rows.
    pub items: Vec<T>,
    /// What to ask for the next piece with; none at the end.
    pub next: Option<String>,
}

impl<T> Paged<T> {
    /// The same piece with every row turned into something else.
    pub fn map<U>(self, turn: impl FnMut(T) -> U) -> Paged<U> {
        Paged {
            items: self.items.into_iter().map(turn).collect(),
            next: self.next,
        }
    }
}

/// A cursor that no list of ours gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cursor is not one that this list gave")]
pub struct BadCursor;
