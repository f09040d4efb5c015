//! Something that was asked for once or again.

/// What was asked for, and whether this call made it.
#[derive(Debug, Clone, PartialEq)]
pub struct Made<T> {
    /// The thing itself.
    pub value: T,
    /// Whether it is new; it was there already otherwise.
    pub is_new: bool,
}

impl<T> Made<T> {
    /// This call made it.
    pub(crate) const fn new(value: T) -> Self {
        Self {
            value,
            is_new: true,
        }
    }

    /// An earlier call made it.
    pub(crate) const fn found(value: T) -> Self {
        Self {
            value,
            is_new: false,
        }
    }
}

/// As the thing itself: whether it is new is told otherwise.
impl<T: serde::Serialize> serde::Serialize for Made<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}
