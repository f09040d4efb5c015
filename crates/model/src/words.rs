//! Enums that are kept and sent as their snake_case word.

/// A word that is not one of those known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not a known {kind}: {known}")]
pub struct UnknownWord {
    /// What was read.
    pub word: String,
    /// What it should have named.
    pub kind: &'static str,
    /// The words that are known, separated by blanks.
    pub known: String,
}

/// Declares an enum whose variants are words: one list for code, tables, wire and documents. A variant may have another
/// word, which is read and never written.
// A word is a `tt`: derives that read attributes themselves do not see into a `literal`.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident ($kind:literal) { $($(#[$variant_doc:meta])* $variant:ident = $word:tt $(or $other:tt)?,)* }) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize, utoipa::ToSchema,
        )]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word $(, alias = $other)?)] $variant,)*
        }

        impl $name {
            /// Every one there is, in the order in which they are shown.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word that is kept and sent.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::words::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word $(| $other)? => Ok(Self::$variant),)*
                    _ => Err($crate::words::UnknownWord {
                        word: word.chars().take(80).collect(),
                        kind: $kind,
                        known: [$($word),*].join(" "),
                    }),
                }
            }
        }
    };
}
pub(crate) use words;
