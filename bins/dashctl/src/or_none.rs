//! A value on the command line that may also be taken away: by the word `none`, or by nothing at all.

use std::str::FromStr;

/// A value, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OrNone<T>(pub(crate) Option<T>);

impl<T: FromStr> FromStr for OrNone<T> {
    type Err = T::Err;

    fn from_str(word: &str) -> Result<Self, T::Err> {
        match word {
            "" | "none" => Ok(Self(None)),
            word => word.parse().map(|value| Self(Some(value))),
        }
    }
}

impl<T> OrNone<T> {
    /// As a patch says it.
    pub(crate) fn patch(given: Option<Self>) -> Option<Option<T>> {
        given.map(|given| given.0)
    }
}
