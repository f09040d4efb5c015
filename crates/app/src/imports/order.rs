//! An order in which each comes after what it builds on.

use std::collections::HashMap;
use std::hash::Hash;

/// The items in such an order; none where some go in a circle, or build on what is not there.
pub(super) fn sorted<T: Copy + Eq + Hash>(items: &[T], edges: &[(T, T)]) -> Option<Vec<T>> {
    let mut missing: HashMap<T, usize> = items.iter().map(|item| (*item, 0)).collect();
    let mut after: HashMap<T, Vec<T>> = HashMap::new();
    for (first, then) in edges {
        *missing.get_mut(then)? += 1;
        after.entry(*first).or_default().push(*then);
    }
    let mut sorted: Vec<T> = items
        .iter()
        .copied()
        .filter(|item| missing[item] == 0)
        .collect();
    let mut at = 0;
    while let Some(item) = sorted.get(at).copied() {
        at += 1;
        for then in after.remove(&item).unwrap_or_default() {
            let left = missing.get_mut(&then)?;
            *left -= 1;
            if *left == 0 {
                sorted.push(then);
            }
        }
    }
    (sorted.len() == items.len()).then_some(sorted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_comes_after_what_it_builds_on() {
        assert_eq!(sorted(&[1, 2, 3], &[(3, 2), (2, 1)]), Some(vec![3, 2, 1]));
        assert_eq!(sorted::<u8>(&[], &[]), Some(vec![]));
    }

    #[test]
    fn circles_and_strangers_are_found() {
        assert_eq!(sorted(&[1, 2], &[(1, 2), (2, 1)]), None);
        assert_eq!(sorted(&[1], &[(1, 1)]), None);
        assert_eq!(sorted(&[1], &[(7, 1)]), None);
        assert_eq!(sorted(&[1], &[(1, 7)]), None);
    }

    #[test]
    fn a_long_chain_takes_no_time() {
        let items: Vec<u32> = (0..20_000).rev().collect();
        let edges: Vec<_> = (1..20_000).map(|next| (next - 1, next)).collect();
        assert_eq!(sorted(&items, &edges).map(|all| all[0]), Some(0));
    }
}
