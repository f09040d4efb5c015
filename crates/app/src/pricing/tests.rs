//! What the price book must get right to the last pico-dollar.

use model::{Timestamp, Tokens, Usd};

use super::{BadOverride, Overrides, PriceBook};

fn tokens(input: i64, cache_read: i64, write_5m: i64, write_1h: i64, output: i64) -> Tokens {
    Tokens {
        input,
        cache_read,
        cache_write_5m: write_5m,
        cache_write_1h: write_1h,
        output,
        reasoning: 0,
    }
}

fn at(day: &str) -> Timestamp {
    format!("{day}T12:00:00Z").parse().unwrap()
}

#[track_caller]
fn check(model: &str, tokens: Tokens, pico: i64) {
    let cost = PriceBook::shipped().price(model, None, tokens, at("2026-11-20"));
    assert_eq!(cost, Some(Usd::from_pico(pico)), "{model}");
}

fn configured(toml: &str) -> Overrides {
    toml::from_str(toml).unwrap()
}

#[test]
fn recorded_runs_cost_what_their_agents_said() {
    let claude = "claude-opus-4-8[1m]";
    check(
        claude,
        tokens(81, 42_000, 12_600, 8_400, 621),
        199_680_000_000,
    );
    check(
        claude,
        tokens(93, 66_000, 19_800, 13_200, 633),
        305_040_000_000,
    );
    check(claude, tokens(11, 2_000, 600, 400, 101), 11_330_000_000);
    // The session, resumed and forked.
    check(
        claude,
        tokens(116, 72_000, 21_600, 14_400, 836),
        336_480_000_000,
    );
    check(
        "gpt-5.1-codex",
        tokens(12_000, 18_000, 0, 0, 306),
        20_310_000_000,
    );
}

#[test]
fn a_model_is_found_by_all_its_names() {
    let one = tokens(1_000_000, 0, 0, 0, 0);
    for name in [
        "claude-opus-4-8",
        "Claude-Opus-4-8[1m]",
        "anthropic:claude-opus-4-8",
        "anthropic/claude-opus-4-8",
        "openrouter/anthropic/claude-opus-4.8",
        "claude-opus-4-8-20260401",
        "claude-opus-4-8-latest",
        "claude-opus-4-8@default",
        "anthropic.claude-opus-4-8-v1:0",
    ] {
        check(name, one, 5_000_000_000_000);
    }
    check("gpt-5-2025-08-07", one, 1_250_000_000_000);
    check("openai:gpt-5-2199-01-01", one, 1_250_000_000_000);
}

#[test]
fn a_provider_with_its_own_price_is_asked_first() {
    let book = PriceBook::shipped();
    let one = tokens(1_000_000, 0, 0, 0, 1_000_000);
    let day = at("2026-11-20");
    let azure = book.price("gpt-4-turbo", Some("azure"), one, day);
    assert_eq!(azure, Some(Usd::from_pico(44_000_000_000_000)));
    let openai = book.price("gpt-4-turbo", Some("openai"), one, day);
    assert_eq!(openai, Some(Usd::from_pico(40_000_000_000_000)));
}

#[test]
fn a_model_without_a_price_is_unpriced_not_free() {
    let book = PriceBook::shipped();
    let day = at("2026-11-20");
    for name in [
        "codex",
        "<synthetic>",
        "my-own-model",
        "",
        "[1m]",
        "/",
        "@",
        ":",
    ] {
        assert_eq!(
            book.price(name, None, tokens(1, 1, 1, 1, 1), day),
            None,
            "{name}"
        );
    }
}

#[test]
fn what_runs_at_home_does_not_cost_what_it_costs_elsewhere() {
    let book = PriceBook::shipped();
    let one = tokens(1, 0, 0, 0, 1);
    let day = at("2026-11-20");
    assert!(book.price("deepseek-chat", None, one, day).is_some());
    assert_eq!(book.price("deepseek-chat", Some("ollama"), one, day), None);
    assert_eq!(book.price("lmstudio/deepseek-chat", None, one, day), None);
}

#[test]
fn a_long_request_is_dearer_as_a_whole_and_a_sum_of_requests_is_not() {
    let book = PriceBook::shipped();
    let day = at("2026-11-20");
    let price = |tokens| book.price("gpt-5.5", None, tokens, day).map(Usd::pico);
    assert_eq!(price(tokens(272_000, 0, 0, 0, 0)), Some(1_360_000_000_000));
    assert_eq!(
        price(tokens(1, 272_000, 0, 0, 100)),
        Some(272_010_000_000 + 4_500_000_000)
    );
    let sum = book.price_sum("gpt-5.5", None, tokens(272_001, 0, 0, 0, 0), day);
    assert_eq!(sum, Some(Usd::from_pico(1_360_005_000_000)));
}

#[test]
fn missing_cache_prices_follow_the_price_of_input() {
    let overrides = configured("[plain]\ninput = 3.0\noutput = 15.0\n");
    let book = PriceBook::shipped().with_overrides(&overrides).unwrap();
    let price = |tokens| {
        book.price("plain", None, tokens, at("2026-11-20"))
            .map(Usd::pico)
    };
    assert_eq!(price(tokens(0, 1, 0, 0, 0)), Some(3_000_000));
    assert_eq!(price(tokens(0, 0, 1, 0, 0)), Some(3_000_000));
    assert_eq!(price(tokens(0, 0, 0, 1, 0)), Some(6_000_000));
}

#[test]
fn reasoning_may_have_its_own_price() {
    let overrides = configured("[thinker]\ninput = 1\noutput = 2\nreasoning = 3\n");
    let book = PriceBook::shipped().with_overrides(&overrides).unwrap();
    let spent = Tokens {
        reasoning: 4,
        ..tokens(0, 0, 0, 0, 10)
    };
    let cost = book.price("thinker", None, spent, at("2026-11-20"));
    assert_eq!(cost, Some(Usd::from_pico(6 * 2_000_000 + 4 * 3_000_000)));
}

#[test]
fn configured_prices_stand_first_from_their_day_on() {
    let overrides = configured(
        r#"
        "claude-opus-4-8" = [
            { input = 1.0, output = 2.0, from = "2026-06-01" },
            { input = 0.000001, output = 0, from = "2026-09-01" },
        ]
        "#,
    );
    let book = PriceBook::shipped().with_overrides(&overrides).unwrap();
    let price = |day| {
        let cost = book.price("claude-opus-4-8[1m]", None, tokens(1, 0, 0, 0, 0), at(day));
        cost.map(Usd::pico)
    };
    assert_eq!(price("2026-05-31"), Some(5_000_000));
    assert_eq!(price("2026-06-01"), Some(1_000_000));
    assert_eq!(price("2026-11-20"), Some(1));
}

#[test]
fn configured_prices_that_cannot_be_are_refused() {
    let refused = |toml| {
        PriceBook::shipped()
            .with_overrides(&configured(toml))
            .unwrap_err()
    };
    assert!(matches!(
        refused("[m]\ninput = -1\noutput = 0"),
        BadOverride::Price { .. }
    ));
    assert!(matches!(
        refused("[m]\ninput = nan\noutput = 0"),
        BadOverride::Price { .. }
    ));
    let bad_day = "[m]\ninput = 1\noutput = 0\nfrom = \"soon\"";
    assert!(matches!(refused(bad_day), BadOverride::Day { .. }));
}

#[test]
fn the_version_names_the_day_and_the_content() {
    let shipped = PriceBook::shipped();
    let version = shipped.version().as_str().to_owned();
    assert!(version.starts_with("2026-11-20+"), "{version}");
    assert_eq!(version.len(), "2026-11-20+01234567".len());
    let overrides = configured("[m]\ninput = 1\noutput = 0");
    let mine = shipped.with_overrides(&overrides).unwrap();
    assert!(mine.version().as_str().starts_with(&format!("{version}+")));
}

#[test]
fn many_tokens_do_not_overflow() {
    let most = 1_000_000_000_000;
    let cost = PriceBook::shipped().price(
        "claude-opus-4-8",
        None,
        tokens(most, most, most, most, most),
        at("2026-11-20"),
    );
    assert_eq!(cost, Some(Usd::from_pico(i64::MAX)));
}

#[test]
fn every_shipped_price_can_be_and_every_name_is_found_as_it_is_written() {
    let book = PriceBook::shipped();
    assert!(book.shipped.len() > 3_000);
    for (name, prices) in book.shipped.iter() {
        assert!(prices.input >= 0 && prices.output >= 0, "{name}");
        assert_eq!(
            book.find(name, None, at("2026-11-20")),
            Some(prices),
            "{name}"
        );
    }
}
