//! Scopes: what a caller may do, as a set in which the greater include the smaller.

use model::Scope;

/// A set of scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scopes(u8);

impl Scopes {
    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Scope::ALL.iter().copied().collect()
    }

    /// Whether this scope is in the set, by itself or inside a greater one.
    #[must_use]
    pub fn include(self, scope: Scope) -> bool {
        self.0 & (bit(scope)) != 0
    }

    /// Whether nobody would gain anything by taking `other` instead.
    #[must_use]
    pub fn cover(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Every scope that the set includes, smallest first.
    #[must_use]
    pub fn to_vec(self) -> Vec<Scope> {
        let included = |scope: &Scope| self.include(*scope);
        Scope::ALL.iter().copied().filter(included).collect()
    }
}

/// Includes what each of them includes.
impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |set, scope| set | bits(scope)))
    }
}

impl From<&[Scope]> for Scopes {
    fn from(scopes: &[Scope]) -> Self {
        scopes.iter().copied().collect()
    }
}

impl From<&Vec<Scope>> for Scopes {
    fn from(scopes: &Vec<Scope>) -> Self {
        scopes.as_slice().into()
    }
}

const fn bit(scope: Scope) -> u8 {
    match scope {
        Scope::Read => 1,
        Scope::Report => 2,
        Scope::Operate => 4,
        Scope::Admin => 8,
    }
}

/// A scope with all that it includes. Who works on something must be able to read it.
const fn bits(scope: Scope) -> u8 {
    match scope {
        Scope::Read => bit(Scope::Read),
        Scope::Report => bit(Scope::Report) | bits(Scope::Read),
        Scope::Operate => bit(Scope::Operate) | bits(Scope::Report),
        Scope::Admin => bit(Scope::Admin) | bits(Scope::Operate),
    }
}

#[cfg(test)]
mod tests {
    use model::Scope::{Admin, Operate, Read, Report};

    use super::*;

    #[test]
    fn a_greater_scope_includes_the_smaller() {
        let table = [
            (Read, [true, false, false, false]),
            (Report, [true, true, false, false]),
            (Operate, [true, true, true, false]),
            (Admin, [true, true, true, true]),
        ];
        for (held, expected) in table {
            let scopes: Scopes = [held].into_iter().collect();
            let found = [Read, Report, Operate, Admin].map(|scope| scopes.include(scope));
            assert_eq!(found, expected, "{held}");
        }
    }

    #[test]
    fn no_scope_covers_only_nothing() {
        let none = Scopes::default();
        let read: Scopes = [Read].into_iter().collect();
        assert!(none.cover(none) && none.is_empty());
        assert!(!none.cover(read));
        assert!(Scopes::all().cover(read));
        assert_eq!(Scopes::all().to_vec(), Scope::ALL);
    }
}
