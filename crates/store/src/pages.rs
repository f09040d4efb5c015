//! Keyset pages: a page begins after the key of the last row seen, so that any page costs what the first one does.

use model::{BadCursor, Page, Paged};
use uuid::Uuid;

use crate::column::Column;
use crate::query::Query;

/// Where a page ended: the numbers that its rows are sorted by, and the id that tells equals apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) first: i64,
    pub(crate) second: i64,
    pub(crate) id: Uuid,
}

impl Key {
    /// The key of rows that are sorted by one number.
    pub(crate) const fn one(first: i64, id: Uuid) -> Self {
        Self {
            first,
            second: 0,
            id,
        }
    }

    pub(crate) fn write(self) -> String {
        format!("{:x}.{:x}.{}", self.first, self.second, self.id.simple())
    }

    pub(crate) fn read(cursor: &str) -> Result<Self, BadCursor> {
        let mut parts = cursor.split('.');
        let mut number = || {
            let part = parts
                .next()
                .filter(|part| !part.starts_with('+'))
                .ok_or(BadCursor)?;
            // Negative numbers are written as the bits of unsigned ones.
            u64::from_str_radix(part, 16)
                .map(u64::cast_signed)
                .map_err(|_| BadCursor)
        };
        let (first, second) = (number()?, number()?);
        let id = parts
            .next()
            .ok_or(BadCursor)?
            .parse()
            .map_err(|_| BadCursor)?;
        if parts.next().is_some() {
            Err(BadCursor)
        } else {
            Ok(Self { first, second, id })
        }
    }
}

/// How a list is sorted. Every order has an index that ends with exactly these columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// By one column and the id, smallest first.
    Up(&'static str),
    /// By one column and the id, greatest first.
    Down(&'static str),
    /// By one column greatest first, then by another and the id smallest first.
    DownUp(&'static str, &'static str),
}

impl Order {
    /// Narrows a statement to one page. One row more is asked for, to know whether there is a next page.
    pub(crate) fn page(self, select: &mut Query, page: &Page) -> Result<(), BadCursor> {
        if let Some(cursor) = &page.cursor {
            self.continue_after(select, Key::read(cursor)?);
        }
        select
            .push(" ORDER BY ")
            .push(&self.text())
            .push_limit(page.limit + 1);
        Ok(())
    }

    fn continue_after(self, select: &mut Query, key: Key) {
        match self {
            Self::Up(column) => after(select, &format!("({column}, id) > ("), &[key.first], key.id),
            Self::Down(column) => {
                after(select, &format!("({column}, id) < ("), &[key.first], key.id);
            }
            // Row values compare in one direction only. The first comparison bounds what the index is read from.
            Self::DownUp(first, second) => {
                select
                    .push(&format!(" AND {first} <= "))
                    .push_bind(&key.first);
                select
                    .push(&format!(" AND ({first} < "))
                    .push_bind(&key.first);
                select
                    .push(&format!(" OR ({second}, id) > ("))
                    .push_bind(&key.second);
                select.push(", ").push_bind(&key.id).push("))");
            }
        }
    }

    fn text(self) -> String {
        match self {
            Self::Up(column) => format!("{column}, id"),
            Self::Down(column) => format!("{column} DESC, id DESC"),
            Self::DownUp(first, second) => format!("{first} DESC, {second}, id"),
        }
    }

    /// Which of two keys comes first.
    pub(crate) fn compare(self, a: Key, b: Key) -> std::cmp::Ordering {
        match self {
            Self::Up(_) => (a.first, a.id).cmp(&(b.first, b.id)),
            Self::Down(_) => (b.first, b.id).cmp(&(a.first, a.id)),
            Self::DownUp(..) => (b.first, a.second, a.id).cmp(&(a.first, b.second, b.id)),
        }
    }
}

fn after(select: &mut Query, comparison: &str, numbers: &[i64], id: Uuid) {
    select.push(" AND ").push(comparison);
    for number in numbers {
        select.push_bind(number).push(", ");
    }
    select.push_bind(&id).push(")");
}

/// Cuts the row that was asked for in excess, and says where the next page begins.
pub(crate) fn cut<T>(mut items: Vec<T>, page: &Page, key: impl Fn(&T) -> Key) -> Paged<T> {
    let limit = usize::try_from(page.limit).unwrap_or(0);
    if items.len() <= limit {
        return Paged { items, next: None };
    }
    items.truncate(limit);
    let next = items.last().map(|last| key(last).write());
    Paged { items, next }
}

/// Rows of several statements, each in order, as one page of the whole in order.
pub(crate) fn merge<T>(
    mut items: Vec<T>,
    order: Order,
    page: &Page,
    key: impl Fn(&T) -> Key,
) -> Paged<T> {
    items.sort_by(|a, b| order.compare(key(a), key(b)));
    cut(items, page, key)
}

/// A value for each statement of a choice, or one statement without it where nothing is chosen.
pub(crate) fn choices<C: Column + Clone>(chosen: &[C]) -> Vec<Option<C>> {
    if chosen.is_empty() {
        vec![None]
    } else {
        chosen.iter().cloned().map(Some).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_as_it_is_written() {
        for (first, second) in [(0, 0), (-1, i64::MAX), (i64::MIN, 7)] {
            let key = Key {
                first,
                second,
                id: Uuid::now_v7(),
            };
            assert_eq!(Key::read(&key.write()), Ok(key));
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for bad in [
            "",
            "x",
            "1.2",
            "1.2.3",
            "1.+2.0",
            "1.2.00000000000000000000000000000000.4",
        ] {
            assert_eq!(Key::read(bad), Err(BadCursor), "{bad}");
        }
    }

    #[test]
    fn the_row_in_excess_tells_of_a_next_page() {
        let key = |n: &i64| Key::one(*n, Uuid::nil());
        assert_eq!(cut(vec![1, 2], &Page::first(2), key).next, None);
        let paged = cut(vec![1, 2, 3], &Page::first(2), key);
        assert_eq!((paged.items.len(), paged.next.is_some()), (2, true));
    }
}
