//! Reading JSON that may be anything: what is not there, or not of the kind expected, is simply absent.

use model::Usd;
use serde_json::Value;

/// More tokens than any call has: a greater number is a mistake.
pub(crate) const MOST: i64 = 1_000_000_000_000;

/// The object that a line holds. Bytes that are not UTF-8 become U+FFFD, so that they do not hide the rest.
pub(crate) fn object(line: &[u8]) -> Option<Value> {
    let trimmed = line
        .strip_prefix(b"\xEF\xBB\xBF")
        .unwrap_or(line)
        .trim_ascii();
    if !(trimmed.starts_with(b"{") && trimmed.ends_with(b"}")) {
        return None;
    }
    let text = String::from_utf8_lossy(trimmed);
    serde_json::from_str(&text).ok()
}

/// The text at a JSON pointer, unless it is empty.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    let text = value.pointer(pointer)?.as_str()?;
    (!text.is_empty()).then_some(text)
}

/// The number of something at a JSON pointer: 0 when there is none, never negative.
pub(crate) fn count(value: &Value, pointer: &str) -> i64 {
    let Some(found) = value.pointer(pointer) else {
        return 0;
    };
    let number = match found {
        Value::Number(number) => number
            .as_i64()
            .or_else(|| number.as_f64().map(|n| n as i64)),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    number.unwrap_or(0).clamp(0, MOST)
}

/// The amount of dollars at a JSON pointer.
pub(crate) fn dollars(value: &Value, pointer: &str) -> Option<Usd> {
    let amount = Usd::from_dollars(value.pointer(pointer)?.as_f64()?)?;
    (amount >= Usd::ZERO).then_some(amount)
}

/// Whether `true` stands at a JSON pointer; `None` when neither `true` nor `false` does.
pub(crate) fn flag(value: &Value, pointer: &str) -> Option<bool> {
    value.pointer(pointer)?.as_bool()
}

/// The elements at a JSON pointer.
pub(crate) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    let found = value.pointer(pointer).and_then(Value::as_array);
    found.map(Vec::as_slice).unwrap_or_default()
}

/// The text of a tool's answer or a message: a string, or blocks of which those of type `text` count.
pub(crate) fn flat_text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => {
            let texts: Vec<_> = blocks.iter().filter_map(block_text).collect();
            texts.join("\n")
        }
        _ => String::new(),
    }
}

fn block_text(block: &Value) -> Option<&str> {
    match block {
        Value::String(text) => Some(text),
        _ => text(block, "/text"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_read_in_every_spelling() {
        let value = json!({"a": 7, "b": 7.9, "c": "7", "d": -7, "e": 1e300, "f": null});
        let counts = ["/a", "/b", "/c", "/d", "/e", "/f", "/g"].map(|name| count(&value, name));
        assert_eq!(counts, [7, 7, 7, 0, MOST, 0, 0]);
    }

    #[test]
    fn bytes_that_are_not_text_hide_nothing_else() {
        let value = object(b"\xEF\xBB\xBF {\"a\":\"x\xFF\",\"b\":1}\r\n").unwrap();
        assert_eq!(text(&value, "/a"), Some("x\u{FFFD}"));
        assert_eq!(count(&value, "/b"), 1);
    }

    #[test]
    fn what_is_no_object_is_nothing() {
        for line in ["", "{", "[1]", "{\"a\":}", "hello", "{} {}"] {
            assert_eq!(object(line.as_bytes()), None, "{line}");
        }
        let deep = "{\"a\":".repeat(10_000) + "1" + &"}".repeat(10_000);
        assert_eq!(object(deep.as_bytes()), None);
    }
}
