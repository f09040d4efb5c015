//! Bodies of PATCH: a field that is absent stays as it is, `null` clears it.

use serde::{Deserialize, Deserializer};

/// Tells `null` (`Some(None)`) from an absent field (`None`, by `#[serde(default)]`).
pub fn double<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

/// Puts a new value over the old one where there is a new one; says whether anything changed.
pub fn set<T: PartialEq>(field: &mut T, new: Option<T>) -> bool {
    match new {
        Some(value) if *field != value => {
            *field = value;
            true
        }
        _ => false,
    }
}
