//! Settling: from what was printed to what was used.

use model::{Name, Tokens};

use super::ledger::Row;
use super::usage::Used;

/// Takes from the latest calls of a model what they count too much, and answers those that changed: a message that was
/// broken off may be printed and not be paid.
pub(super) fn lower(rows: &mut [Row], model: &Name, used: Used) -> Vec<Row> {
    let sum = sum(rows, model, |_| true);
    let mut surplus = Tokens {
        input: (sum.input - used.input).max(0),
        cache_read: (sum.cache_read - used.cache_read).max(0),
        cache_write_5m: (written(sum) - used.cache_write).max(0),
        cache_write_1h: 0,
        output: (sum.output - used.output).max(0),
        reasoning: 0,
    };
    let mut lowered = Vec::new();
    for row in rows.iter_mut().rev().filter(|row| row.model == *model) {
        let before = row.tokens;
        take(&mut row.tokens.input, &mut surplus.input);
        take(&mut row.tokens.cache_read, &mut surplus.cache_read);
        take(&mut row.tokens.cache_write_5m, &mut surplus.cache_write_5m);
        take(&mut row.tokens.cache_write_1h, &mut surplus.cache_write_5m);
        take(&mut row.tokens.output, &mut surplus.output);
        if row.tokens != before {
            lowered.push(row.clone());
        }
    }
    lowered
}

/// What the calls of a model lack. What was written to a cache is split as in those that were printed: sub-agents' where
/// there are any, because theirs are the calls that are not printed.
pub(super) fn rest(rows: &[Row], model: &Name, used: Used) -> Tokens {
    let sum = sum(rows, model, |_| true);
    let cache_write = (used.cache_write - written(sum)).max(0);
    let by_sub_agents = self::sum(rows, model, |row| row.step.is_some());
    let like = if written(by_sub_agents) > 0 {
        by_sub_agents
    } else {
        sum
    };
    let cache_write_1h = share(cache_write, like.cache_write_1h, written(like));
    Tokens {
        input: (used.input - sum.input).max(0),
        cache_read: (used.cache_read - sum.cache_read).max(0),
        cache_write_5m: cache_write - cache_write_1h,
        cache_write_1h,
        output: (used.output - sum.output).max(0),
        reasoning: 0,
    }
}

fn sum(rows: &[Row], model: &Name, which: impl Fn(&Row) -> bool) -> Tokens {
    rows.iter()
        .filter(|row| row.model == *model && which(row))
        .fold(Tokens::default(), |sum, row| sum.plus(row.tokens))
}

fn written(tokens: Tokens) -> i64 {
    tokens.cache_write_5m.saturating_add(tokens.cache_write_1h)
}

fn take(from: &mut i64, surplus: &mut i64) {
    let taken = (*from).min(*surplus);
    *from -= taken;
    *surplus -= taken;
}

/// `part` of `whole`, of `amount`, rounded; nothing of nothing.
fn share(amount: i64, part: i64, whole: i64) -> i64 {
    if whole == 0 {
        return 0;
    }
    let (amount, part, whole) = (i128::from(amount), i128::from(part), i128::from(whole));
    i64::try_from((amount * part + whole / 2) / whole).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_and_complete() {
        assert_eq!(share(4000, 8, 20), 1600);
        assert_eq!(share(3, 1, 2), 2);
        assert_eq!(share(7, 0, 0), 0);
        assert_eq!(share(i64::MAX, 1, 1), i64::MAX);
    }
}
