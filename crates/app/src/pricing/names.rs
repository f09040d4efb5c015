//! Model names: the same model is called by many. From the most to the least exact, these are looked up.

/// Providers that run models on the user's own machines: what the same model costs elsewhere says nothing about them.
const AT_HOME: [&str; 6] = [
    "ollama",
    "lmstudio",
    "llamacpp",
    "llama_cpp",
    "vllm",
    "local",
];

/// The names under which a price may stand, the most exact first, in lower case.
pub(super) fn candidates(model: &str, provider: Option<&str>) -> Vec<String> {
    let written = model.trim().to_lowercase();
    let plain = without_brackets(&written).to_owned();
    let provider = provider.map(str::to_lowercase);
    let mut names = Names::default();
    if let Some(provider) = &provider {
        names.add(format!("{provider}/{plain}"));
        names.add(format!("{provider}/{}", without_date(&plain)));
    }
    names.add(written);
    names.add(plain.clone());
    let at_home = |name: &str| AT_HOME.contains(&name);
    if provider.as_deref().is_some_and(at_home) || first_part(&plain).is_some_and(at_home) {
        names.0.retain(|name| name.contains('/'));
        return names.0;
    }
    for shorter in shorter_forms(&plain) {
        names.add(without_date(&shorter).to_owned());
        names.add(shorter);
    }
    names.0
}

/// `claude-opus-4-8[1m]` is `claude-opus-4-8` with a long context.
fn without_brackets(name: &str) -> &str {
    match name.split_once('[') {
        Some((plain, _)) if !plain.is_empty() => plain.trim_end(),
        _ => name,
    }
}

/// Without a version's date or the like: `-20250929`, `-2025-09-29`, `@20250929`, `@default`, `-latest`, `-v1:0`.
fn without_date(name: &str) -> &str {
    if let Some((plain, _)) = name.split_once('@') {
        return plain;
    }
    if let Some(plain) = name.strip_suffix("-latest") {
        return plain;
    }
    if let Some((plain, version)) = name.rsplit_once("-v")
        && version.chars().all(|c| c.is_ascii_digit() || c == ':')
    {
        return without_date(plain);
    }
    let digits = |text: &str, most: usize| {
        text.len() == most && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    match name.rsplit_once('-') {
        Some((plain, day)) if digits(day, 8) => plain,
        Some((rest, day)) if digits(day, 2) => without_dashed_date(rest, digits).unwrap_or(name),
        _ => name,
    }
}

fn without_dashed_date(rest: &str, digits: impl Fn(&str, usize) -> bool) -> Option<&str> {
    let (rest, month) = rest.rsplit_once('-')?;
    let (plain, year) = rest.rsplit_once('-')?;
    (digits(month, 2) && digits(year, 4)).then_some(plain)
}

/// The name itself, and without what stands before it: `anthropic:`, `openrouter/anthropic/`, `us.anthropic.`.
fn shorter_forms(name: &str) -> Vec<String> {
    let mut forms = vec![name.to_owned()];
    let mut rest = name;
    while let Some((_, shorter)) = rest.split_once('/') {
        forms.push(shorter.to_owned());
        rest = shorter;
    }
    if let Some((provider, shorter)) = rest.split_once(':')
        && provider
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    {
        forms.push(shorter.to_owned());
        rest = shorter;
    }
    if let Some((_, shorter)) = rest.split_once("anthropic.") {
        forms.push(shorter.to_owned());
        rest = shorter;
    }
    if rest.starts_with("claude-") && rest.contains('.') {
        forms.push(rest.replace('.', "-"));
    }
    forms.retain(|form| !form.is_empty());
    forms
}

fn first_part(name: &str) -> Option<&str> {
    name.split_once('/').map(|(first, _)| first)
}

#[derive(Default)]
struct Names(Vec<String>);

impl Names {
    fn add(&mut self, name: String) {
        if !self.0.contains(&name) {
            self.0.push(name);
        }
    }
}
