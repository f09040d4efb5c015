//! What can be set: by flag, by environment, or in a file; in this order, the first one counts.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail, ensure};
use dashboard::Secret;
use serde::{Deserialize, Serialize};

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For programs: one JSON object on each line.
    Json,
}

/// What somebody set. The same keys stand in the file.
#[derive(Debug, Clone, Default, clap::Args, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Options {
    /// The configuration file, in TOML; without it `dashboard/dashboardd.toml` in the user's configuration directory, where there is one
    #[arg(long, global = true, env = "DASHBOARD_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub(crate) config: Option<PathBuf>,

    /// Where to listen; with port 0 the system chooses one
    #[arg(
        long,
        global = true,
        env = "DASHBOARD_LISTEN",
        value_name = "ADDRESS:PORT"
    )]
    listen: Option<String>,

    /// Where the database, the logs and everything else is kept
    #[arg(long, global = true, env = "DASHBOARD_DATA", value_name = "DIR")]
    data: Option<PathBuf>,

    /// Which database: `sqlite:FILE`, `sqlite::memory:` or `postgres://…`
    #[arg(
        long,
        global = true,
        env = "DASHBOARD_DATABASE",
        value_name = "URL",
        hide_env_values = true
    )]
    database: Option<String>,

    /// The first admin token, for automation. Not a flag: what stands on a command line is seen by all.
    #[arg(skip)]
    admin_token: Option<String>,

    /// The certificate chain, in PEM; makes the server speak TLS
    #[arg(long, global = true, env = "DASHBOARD_TLS_CERT", value_name = "FILE")]
    tls_cert: Option<PathBuf>,

    /// The certificate's private key, in PEM
    #[arg(long, global = true, env = "DASHBOARD_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,

    /// A proxy of yours stands in front, which speaks TLS: its `X-Forwarded-For` is believed
    #[arg(
        long,
        global = true,
        env = "DASHBOARD_BEHIND_PROXY",
        value_name = "BOOL"
    )]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    behind_proxy: Option<bool>,

    /// The address that browsers see, such as `https://dash.example.org/x`
    #[arg(long, global = true, env = "DASHBOARD_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,

    /// A name under which the server may be called, besides loopback and addresses; may be repeated
    #[arg(
        long = "allowed-host",
        global = true,
        env = "DASHBOARD_ALLOWED_HOST",
        value_name = "NAME"
    )]
    #[arg(value_delimiter = ',')]
    allowed_hosts: Option<Vec<String>>,

    /// Notifications may go to this machine and to private networks, too
    #[arg(
        long,
        global = true,
        env = "DASHBOARD_ALLOW_PRIVATE_ADDRESSES",
        value_name = "BOOL"
    )]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    allow_private_addresses: Option<bool>,

    /// The path below which everything lies
    #[arg(long, global = true, env = "DASHBOARD_BASE_PATH", value_name = "PATH")]
    base_path: Option<String>,

    /// How log lines are written
    #[arg(
        long,
        global = true,
        env = "DASHBOARD_LOG_FORMAT",
        value_name = "FORMAT"
    )]
    log_format: Option<LogFormat>,

    /// What is logged: a level, or levels by module such as `info,sqlx=warn`
    #[arg(
        long,
        global = true,
        env = "DASHBOARD_LOG_LEVEL",
        value_name = "LEVELS"
    )]
    log_level: Option<String>,
}

/// The configuration as it is in effect.
#[derive(Clone, Serialize)]
pub(crate) struct Config {
    /// Where to listen.
    pub(crate) listen: SocketAddr,
    /// Where everything is kept.
    pub(crate) data: PathBuf,
    /// Which database.
    pub(crate) database: String,
    /// The first admin token.
    pub(crate) admin_token: Option<String>,
    /// The certificate chain.
    pub(crate) tls_cert: Option<PathBuf>,
    /// The certificate's private key.
    pub(crate) tls_key: Option<PathBuf>,
    /// Whether a proxy stands in front.
    pub(crate) behind_proxy: bool,
    /// The address that browsers see.
    pub(crate) public_url: Option<String>,
    /// Names under which the server may be called.
    pub(crate) allowed_hosts: Vec<String>,
    /// Whether notifications may go to private networks.
    pub(crate) allow_private_addresses: bool,
    /// The path below which everything lies.
    pub(crate) base_path: String,
    /// How log lines are written.
    pub(crate) log_format: LogFormat,
    /// What is logged.
    pub(crate) log_level: String,
}

/// Where to listen when nobody says where.
pub(crate) const LISTEN: &str = "127.0.0.1:8080";
/// What is logged when nobody says what.
pub(crate) const LOG_LEVEL: &str = "info,sqlx=warn";

impl Config {
    /// The configuration from flags, environment and file.
    pub(crate) fn load(flags: Options) -> anyhow::Result<Self> {
        let flags = Options {
            admin_token: std::env::var("DASHBOARD_ADMIN_TOKEN").ok(),
            ..flags
        };
        let file = match flags.config.clone().or_else(usual_file) {
            Some(path) => read_file(&path)?,
            None => Options::default(),
        };
        Self::from_options(flags.over(file))
    }

    fn from_options(options: Options) -> anyhow::Result<Self> {
        let data = match options.data {
            Some(data) => data,
            None => usual_data().context("there is no home directory: say where with --data")?,
        };
        let public_url = options.public_url;
        let in_data = || format!("sqlite:{}", data.join("dashboard.db").display());
        let config = Self {
            listen: address(options.listen.as_deref().unwrap_or(LISTEN))?,
            database: options.database.unwrap_or_else(in_data),
            data,
            admin_token: options.admin_token,
            tls_cert: options.tls_cert,
            tls_key: options.tls_key,
            behind_proxy: options.behind_proxy.unwrap_or_default(),
            public_url: public_url.clone(),
            allowed_hosts: options.allowed_hosts.unwrap_or_default(),
            allow_private_addresses: options.allow_private_addresses.unwrap_or_default(),
            base_path: options
                .base_path
                .unwrap_or_else(|| base_of(public_url.as_deref())),
            log_format: options.log_format.unwrap_or(LogFormat::Text),
            log_level: options.log_level.unwrap_or_else(|| LOG_LEVEL.to_owned()),
        };
        config.check()?;
        Ok(config)
    }

    /// Whether we speak TLS ourselves.
    pub(crate) fn has_tls(&self) -> bool {
        self.tls_cert.is_some()
    }

    fn check(&self) -> anyhow::Result<()> {
        ensure!(
            self.tls_cert.is_some() == self.tls_key.is_some(),
            "tls_cert and tls_key belong together: set both or neither"
        );
        let guarded = self.has_tls() || self.behind_proxy;
        ensure!(
            self.listen.ip().is_loopback() || guarded,
            "{} is open to the network: give --tls-cert and --tls-key, or say --behind-proxy",
            self.listen
        );
        for host in &self.allowed_hosts {
            check_host(host)?;
        }
        check_level(&self.log_level)?;
        if let Some(token) = &self.admin_token {
            Secret::given(token).context("DASHBOARD_ADMIN_TOKEN")?;
        }
        if let Some(url) = &self.public_url {
            check_url(url)?;
            check_base(url, &self.base_path)?;
        }
        Ok(())
    }
}

impl Options {
    /// These, and where nothing is set, the others.
    fn over(self, other: Self) -> Self {
        Self {
            config: self.config.or(other.config),
            listen: self.listen.or(other.listen),
            data: self.data.or(other.data),
            database: self.database.or(other.database),
            admin_token: self.admin_token.or(other.admin_token),
            tls_cert: self.tls_cert.or(other.tls_cert),
            tls_key: self.tls_key.or(other.tls_key),
            behind_proxy: self.behind_proxy.or(other.behind_proxy),
            public_url: self.public_url.or(other.public_url),
            allowed_hosts: self.allowed_hosts.or(other.allowed_hosts),
            allow_private_addresses: self
                .allow_private_addresses
                .or(other.allow_private_addresses),
            base_path: self.base_path.or(other.base_path),
            log_format: self.log_format.or(other.log_format),
            log_level: self.log_level.or(other.log_level),
        }
    }
}

/// As it is printed: TOML, with secrets masked.
impl std::fmt::Display for Config {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let masked = Self {
            database: mask_url(&self.database),
            admin_token: self.admin_token.as_deref().map(mask),
            ..self.clone()
        };
        let text = toml::to_string(&masked).map_err(|_| std::fmt::Error)?;
        formatter.write_str(&text)
    }
}

/// A secret's first characters where it is long enough to spare them.
fn mask(secret: &str) -> String {
    match secret.char_indices().nth(8) {
        Some((end, _)) if secret.len() >= 16 => format!("{}...", &secret[..end]),
        _ => "****".to_owned(),
    }
}

fn mask_url(url: &str) -> String {
    let Ok(mut parsed) = url::Url::parse(url) else {
        return url.to_owned();
    };
    // A password may also stand in the query.
    if parsed
        .query()
        .is_some_and(|query| query.contains("password"))
    {
        parsed.set_query(Some("****"));
    }
    if parsed.password().is_some() && parsed.set_password(Some("****")).is_ok() {
        return parsed.into();
    }
    if parsed.query() == Some("****") {
        parsed.into()
    } else {
        url.to_owned()
    }
}

fn address(text: &str) -> anyhow::Result<SocketAddr> {
    let found = text
        .to_socket_addrs()
        .ok()
        .and_then(|mut found| found.next());
    found.ok_or_else(|| anyhow!("listen: `{text}` is not an address such as {LISTEN}"))
}

fn check_url(text: &str) -> anyhow::Result<()> {
    let url = url::Url::parse(text).with_context(|| format!("public_url: `{text}`"))?;
    ensure!(
        url.username().is_empty() && url.password().is_none(),
        "public_url: an address that everybody is shown holds no name and no password"
    );
    ensure!(
        matches!(url.scheme(), "http" | "https") && url.host().is_some(),
        "public_url: `{text}` is not an address such as https://dash.example.org"
    );
    Ok(())
}

/// Any other word would name a part of the program, of which then nothing but that is heard.
fn check_level(text: &str) -> anyhow::Result<()> {
    let levels = ["off", "error", "warn", "info", "debug", "trace"];
    for word in text.split(',').map(str::trim) {
        let is_level = levels.iter().any(|level| word.eq_ignore_ascii_case(level));
        ensure!(
            is_level || word.contains('='),
            "log_level: `{word}` is none of {}, and no part with its level such as dashboard_app=debug",
            levels.join(", ")
        );
    }
    Ok(())
}

/// A page asks for its parts below the path at which the server believes to be.
fn check_base(public_url: &str, base_path: &str) -> anyhow::Result<()> {
    let seen = base_of(Some(public_url));
    ensure!(
        seen.trim_matches('/') == base_path.trim_matches('/'),
        "public_url lies at `{seen}` and base_path is `{base_path}`: they must be the same, and a proxy passes the path on"
    );
    Ok(())
}

/// A server that browsers see below a path answers there, unless it is told otherwise.
fn base_of(public_url: Option<&str>) -> String {
    let url = public_url.and_then(|text| url::Url::parse(text).ok());
    url.map_or_else(|| "/".to_owned(), |url| url.path().to_owned())
}

/// Else it would be a host that no request ever names, and the refusals would have no visible reason.
fn check_host(text: &str) -> anyhow::Result<()> {
    let url = url::Url::parse(&format!("http://{text}/"));
    ensure!(
        url.is_ok() && !text.is_empty() && !text.contains(['*', '/', '@', '?', '#']),
        "allowed_hosts: `{text}` is not a name such as dash.example.org"
    );
    Ok(())
}

fn read_file(path: &Path) -> anyhow::Result<Options> {
    let named = || path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(named)?;
    match toml::from_str(&text) {
        Ok(options) => Ok(options),
        Err(error) => {
            let before = error
                .span()
                .map_or("", |span| text.get(..span.start).unwrap_or_default());
            let line = before.matches('\n').count() + 1;
            let reason = error.message().replace('\n', ", ");
            bail!("{}, line {line}: {reason}", path.display());
        }
    }
}

fn usual_file() -> Option<PathBuf> {
    let file = directories()?.config_dir().join("dashboardd.toml");
    file.exists().then_some(file)
}

fn usual_data() -> Option<PathBuf> {
    Some(directories()?.data_dir().to_owned())
}

fn directories() -> Option<directories::ProjectDirs> {
    directories::ProjectDirs::from("", "", "dashboard")
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
