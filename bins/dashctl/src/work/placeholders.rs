//! Placeholders: names between marks that are replaced once, so that what is put in is never looked at again.

/// The text with every known name between the marks replaced.
pub(super) fn fill<'a>(
    text: &str,
    (open, close): (&str, &str),
    value: impl Fn(&str) -> Option<&'a str>,
) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(open) {
        let (before, from) = rest.split_at(at);
        filled.push_str(before);
        let inner = &from[open.len()..];
        let found = name(inner, close).and_then(|name| Some((name, value(name)?)));
        match found {
            Some((name, value)) => {
                filled.push_str(value);
                rest = &inner[name.len() + close.len()..];
            }
            None => {
                filled.push_str(open);
                rest = inner;
            }
        }
    }
    filled.push_str(rest);
    filled
}

/// The names between the marks.
pub(super) fn names<'t>(text: &'t str, (open, close): (&str, &str)) -> Vec<&'t str> {
    let parts = text.split(open).skip(1);
    parts.filter_map(|part| name(part, close)).collect()
}

/// The name that a text begins with, up to the mark.
fn name<'t>(text: &'t str, close: &str) -> Option<&'t str> {
    let (name, _) = text.split_once(close)?;
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    is_name.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let value = |name: &str| match name {
            "title" => Some("mend {{body}}"),
            "body" => Some("it"),
            _ => None,
        };
        assert_eq!(fill(text, ("{{", "}}"), value), expected);
    }

    #[test]
    fn names_are_replaced_and_what_is_put_in_is_not() {
        check("do {{title}} now", "do mend {{body}} now");
        check("{{body}}{{body}}", "itit");
        check("{{other}} {{ {{body}} }}", "{{other}} {{ it }}");
        check("{{{body}}}", "{{{body}}}");
        check("ends with {{", "ends with {{");
    }

    #[test]
    fn names_are_found() {
        assert_eq!(names("{{a}} {{b c}} {{d_e}}", ("{{", "}}")), ["a", "d_e"]);
    }
}
