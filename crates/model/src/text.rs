//! Text from outside: each kind says how long it may be and what it may hold, once, at the edge.

use serde::{Deserialize, Deserializer, Serialize};

/// Why a text was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    /// Nothing but blanks where something is needed.
    #[error("must not be empty")]
    Empty,
    /// Longer than this kind of text may be.
    #[error("must not be longer than {0} characters")]
    TooLong(usize),
    /// A character that has no place in this kind of text.
    #[error("must not hold the character U+{0:04X}")]
    Character(u32),
    /// A name that means a directory.
    #[error("must be the name of a file")]
    Directory,
    /// A slug that is none.
    #[error("must be 1 to 64 of a-z, 0-9, `-`, `_`, beginning with a letter or a digit")]
    Slug,
    /// A colour that is none.
    #[error("must be a colour such as #1f6feb")]
    Color,
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident = $parse:ident $schema:tt $($derive:ident)?;)*) => {$(
        $(#[$doc])*
        #[derive(
            Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, utoipa::ToSchema,
            $($derive)?
        )]
        #[serde(transparent)]
        #[schema $schema]
        pub struct $name(String);

        impl $name {
            /// Checks a text from outside.
            pub fn parse(text: impl Into<String>) -> Result<Self, BadText> {
                $parse(text.into()).map(Self)
            }

            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text itself, owned.
            #[must_use]
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = BadText;

            fn from_str(text: &str) -> Result<Self, BadText> {
                Self::parse(text)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::parse(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
            }
        }
    )*};
}

texts! {
    /// What a list shows of something: one line, not empty, at most 500 characters.
    Title = title (value_type = String, min_length = 1, max_length = 500, pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000][^\x00-\x1f\x7f-\x9f]*$");
    /// A short name: one line, not empty, at most 200 characters.
    Name = name (value_type = String, min_length = 1, max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000][^\x00-\x1f\x7f-\x9f]*$");
    /// What a file is called: a name that shows what it is, without slashes and marks that turn the direction of letters or are not seen; neither `.` nor `..`.
    FileName = file_name (value_type = String, min_length = 1, max_length = 200, pattern = r"^(?!\s*\.{1,2}\s*$)[^\x00-\x1f\x7f-\x9f\xad/\\\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]*[^\x00-\x20\x7f-\xa0\xad/\\\u061c\u1680\u180e\u2000-\u200b\u200e\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ufff9-\ufffb][^\x00-\x1f\x7f-\x9f\xad/\\\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]*$");
    /// Free text of any number of lines, possibly empty, at most 1,000,000 characters, without U+0000.
    Text = text (value_type = String, max_length = 1_000_000, pattern = r"^[^\x00]*$") Default;
    /// The immutable short name of a project, as it stands in addresses.
    Slug = slug (value_type = String, min_length = 1, max_length = 64, pattern = "^[a-z0-9][a-z0-9_-]{0,63}$");
    /// A colour as `#rrggbb`.
    Color = color (value_type = String, pattern = "^#[0-9a-fA-F]{6}$");
}

/// A text in which something stands, as requests ask for it.
pub(crate) fn not_blank() -> utoipa::openapi::schema::Object {
    use utoipa::openapi::schema::{ObjectBuilder, Type};
    const SOMETHING: &str = r"^[^\x00]*[^\x00\x09-\x0d\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000][^\x00]*$";
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("A text in Markdown; not empty."))
        .min_length(Some(1))
        .max_length(Some(TEXT_LENGTH))
        .pattern(Some(SOMETHING))
        .build()
}

impl Text {
    /// Text from inside that may be anything: U+0000 becomes U+FFFD, and what is too long is cut.
    #[must_use]
    pub fn lossy(text: &str) -> Self {
        Self(first(&text.replace('\0', "\u{FFFD}"), TEXT_LENGTH).to_owned())
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Name {
    /// A name from inside that may be anything: control characters become blanks, and what is too
    /// long is cut. An empty one becomes `?`.
    #[must_use]
    pub fn lossy(text: &str) -> Self {
        Self(one_line(text, NAME_LENGTH))
    }
}

impl FileName {
    /// A name from inside that may be anything, such as one that was taken before the rules were what they are now: what has no
    /// place in it becomes `_`.
    #[must_use]
    pub fn lossy(text: &str) -> Self {
        Self::parse(text).unwrap_or_else(|_| {
            let plain = |c: char| if misleads(c) { '_' } else { c };
            let name = one_line(&text.chars().map(plain).collect::<String>(), NAME_LENGTH);
            Self(match name.as_str() {
                "." | ".." => "_".to_owned(),
                _ => name,
            })
        })
    }
}

impl Title {
    /// A title from inside that may be anything, mended like [`Name::lossy`].
    #[must_use]
    pub fn lossy(text: &str) -> Self {
        Self(one_line(text, TITLE_LENGTH))
    }
}

/// The form in which text is searched: lower case, by Unicode's rules, the same on every engine.
#[must_use]
pub fn fold(text: &str) -> String {
    text.to_lowercase()
}

const TITLE_LENGTH: usize = 500;
const NAME_LENGTH: usize = 200;
const TEXT_LENGTH: usize = 1_000_000;

fn title(text: String) -> Result<String, BadText> {
    line(&text, TITLE_LENGTH)
}

fn name(text: String) -> Result<String, BadText> {
    line(&text, NAME_LENGTH)
}

fn file_name(text: String) -> Result<String, BadText> {
    if let Some(bad) = text.chars().find(|c| misleads(*c)) {
        return Err(BadText::Character(bad.into()));
    }
    match line(&text, NAME_LENGTH)? {
        name if matches!(name.as_str(), "." | "..") => Err(BadText::Directory),
        name => Ok(name),
    }
}

/// Whether a character makes the name of a file be something else than it looks like: it leads elsewhere, turns the direction
/// in which letters stand, or is not seen. The joiners U+200C and U+200D are left: several languages spell with them.
const fn misleads(c: char) -> bool {
    matches!(
        c,
        '/' | '\\'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
    )
}

fn line(text: &str, most: usize) -> Result<String, BadText> {
    if let Some(bad) = text.chars().find(|c| c.is_control()) {
        return Err(BadText::Character(bad.into()));
    }
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(BadText::Empty);
    }
    if is_longer(text, most) {
        return Err(BadText::TooLong(most));
    }
    Ok(trimmed.to_owned())
}

fn text(text: String) -> Result<String, BadText> {
    if is_longer(&text, TEXT_LENGTH) {
        return Err(BadText::TooLong(TEXT_LENGTH));
    }
    if text.contains('\0') {
        return Err(BadText::Character(0));
    }
    Ok(text)
}

fn slug(text: String) -> Result<String, BadText> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    let starts_well = text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    // A slug that reads like an id could not be told from one in an address.
    if !starts_well || text.len() > 64 || !text.chars().all(allowed) || is_uuid(&text) {
        return Err(BadText::Slug);
    }
    Ok(text)
}

fn is_uuid(text: &str) -> bool {
    uuid::Uuid::parse_str(text).is_ok()
}

fn color(text: String) -> Result<String, BadText> {
    let digits = text.strip_prefix('#').unwrap_or_default();
    if digits.len() != 6 || !digits.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err(BadText::Color);
    }
    Ok(text.to_ascii_lowercase())
}

fn one_line(text: &str, most: usize) -> String {
    let blanked: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let trimmed = blanked.trim();
    let cut = first(trimmed, most).trim_end();
    if cut.is_empty() {
        "?".to_owned()
    } else {
        cut.to_owned()
    }
}

/// Whether it has more characters, as JSON schema counts them: code points.
fn is_longer(text: &str, most: usize) -> bool {
    first(text, most).len() < text.len()
}

/// The first so many characters.
fn first(text: &str, most: usize) -> &str {
    // No character takes less than a byte.
    if text.len() <= most {
        return text;
    }
    match text.char_indices().nth(most) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_line_that_says_something() {
        assert_eq!(Title::parse("  Add login ").unwrap().as_str(), "Add login");
        assert_eq!(Title::parse("  "), Err(BadText::Empty));
        assert_eq!(Title::parse("a\nb"), Err(BadText::Character(10)));
        assert_eq!(Title::parse("a".repeat(501)), Err(BadText::TooLong(500)));
        assert!(Title::parse("ä".repeat(500)).is_ok());
    }

    #[test]
    fn a_file_is_called_what_it_looks_like() {
        for (name, kept) in [
            ("a.txt", "a.txt"),
            (" ü b ", "ü b"),
            ("...", "..."),
            ("نامه\u{200c}ها", "نامه\u{200c}ها"),
        ] {
            assert_eq!(FileName::parse(name).unwrap().as_str(), kept);
            assert_eq!(FileName::lossy(name).as_str(), kept);
        }
        assert_eq!(FileName::parse(" .. "), Err(BadText::Directory));
        assert_eq!(FileName::lossy("..").as_str(), "_");
        for bad in [
            "/", "\\", "\u{202e}", "\u{2066}", "\u{200b}", "\u{feff}", "\u{85}",
        ] {
            let name = format!("a{bad}txt.exe");
            assert!(FileName::parse(name.as_str()).is_err(), "{name:?}");
            assert!(FileName::parse(FileName::lossy(&name).as_str()).is_ok());
        }
        assert_eq!(FileName::parse("."), Err(BadText::Directory));
    }

    #[test]
    fn text_keeps_lines_and_refuses_nul() {
        assert_eq!(Text::parse("a\nb").unwrap().as_str(), "a\nb");
        assert_eq!(Text::parse("a\0b"), Err(BadText::Character(0)));
    }

    #[test]
    fn a_slug_is_small_and_plain() {
        assert!(Slug::parse("web-shop_2").is_ok());
        for bad in [
            "",
            "-a",
            "Web",
            "a b",
            "01900000-0000-7000-8000-000000000000",
        ] {
            assert_eq!(Slug::parse(bad), Err(BadText::Slug), "{bad}");
        }
    }

    #[test]
    fn lossy_texts_are_always_valid() {
        assert_eq!(Name::lossy("a\u{7}b\0").as_str(), "a b");
        assert_eq!(Name::lossy("\n").as_str(), "?");
        assert_eq!(Title::lossy(&"ä".repeat(600)).as_str().len(), 1000);
        assert_eq!(Text::lossy("a\0").as_str(), "a\u{FFFD}");
    }
}
