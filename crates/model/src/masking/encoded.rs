//! What a secret looks like in base64: by itself, and inside of something longer.

use base64::Engine as _;
use base64::engine::general_purpose::{
    GeneralPurpose, STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD,
};

/// What is shorter stands in every other text, and tells little.
const SHORTEST: usize = 6;

/// Everything in base64 by which a secret is known.
pub(super) fn forms(secret: &str) -> Vec<String> {
    let engines = [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD];
    let alone = engines.iter().map(|engine| engine.encode(secret));
    let within = [STANDARD_NO_PAD, URL_SAFE_NO_PAD]
        .into_iter()
        .flat_map(|engine| (0..3).map(move |before| within(&engine, before, secret)))
        .filter(|form| form.len() >= SHORTEST);
    alone.chain(within).collect()
}

/// The letters that only a secret decides, after so many bytes of something else.
fn within(engine: &GeneralPurpose, before: usize, secret: &str) -> String {
    let bytes = [&[0, 0][..before], secret.as_bytes()].concat();
    let (from, to) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
    let mut form = engine.encode(bytes);
    form.truncate(to);
    form.split_off(from.min(to))
}
