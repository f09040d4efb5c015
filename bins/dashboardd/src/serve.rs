//! Serving: make the data directory, listen, open, announce, and stop cleanly.

use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, anyhow};
use axum::Router;
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use dashboard::{Dashboard, Settings};
use hyper_util::rt::TokioTimer;

use crate::accept::PatientAcceptor;
use crate::config::Config;
use crate::logging;
use crate::stop::Signals;

/// What is under way has so long to end by itself.
const GRACE: Duration = Duration::from_secs(10);
/// Who connects and does not say what he wants is hung up on.
const HEADERS: Duration = Duration::from_secs(30);

/// Serves until a signal comes.
pub(crate) async fn serve(config: Config) -> anyhow::Result<()> {
    let mut signals = Signals::listen()?;
    make_data_directory(&config.data)?;
    let _flushes_at_the_end = logging::start(&config)?;
    let tls = tls(&config).await?;
    let listener = listen(config.listen)?;
    let address = listener.local_addr().context("find out the port")?;
    let dashboard = open(&config, address.port()).await?;
    let handle = Handle::new();
    let router = dashboard.router();
    let mut serving = tokio::spawn(answer(listener, tls, router, handle.clone()));
    announce(&config, address, &dashboard).await?;
    tokio::select! {
        ended = &mut serving => return Err(ended?.err().unwrap_or_else(|| anyhow!("the listener ended"))),
        signal = signals.next() => tracing::info!(signal, "stopping"),
    }
    signals.end_at_once();
    handle.graceful_shutdown(Some(GRACE));
    let ended = tokio::time::timeout(GRACE, async {
        dashboard.handle().begin_shutdown().await;
        serving.await
    });
    if ended.await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
    dashboard.shutdown().await;
    tracing::info!("stopped");
    Ok(())
}

/// Opens the dashboard that the configuration describes.
pub(crate) async fn open(config: &Config, port: u16) -> anyhow::Result<Dashboard> {
    let settings = Settings {
        base_path: config.base_path.clone(),
        allowed_hosts: config.allowed_hosts.clone(),
        public_url: config.public_url.clone(),
        port: Some(port),
        behind_proxy: config.behind_proxy,
        tls: config.has_tls(),
        ..Settings::default()
    };
    let mut builder = Dashboard::builder()
        .database(&config.database)
        .allow_private_addresses(config.allow_private_addresses)
        .settings(settings);
    if config.database.starts_with("postgres") {
        builder = builder.files(config.data.join("attachments"));
    }
    if let Some(token) = &config.admin_token {
        builder = builder.admin_token(token);
    }
    Ok(builder.build().await?)
}

/// Makes the data directory, for this user alone, and makes sure that it can be written.
pub(crate) fn make_data_directory(data: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    let made = std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data);
    let probe = data.join(".writable");
    made.and_then(|()| std::fs::write(&probe, ""))
        .and_then(|()| std::fs::remove_file(&probe))
        .with_context(|| format!("cannot write to the data directory {}", data.display()))
}

fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener =
        TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))?;
    listener
        .set_nonblocking(true)
        .context("prepare the listener")?;
    Ok(listener)
}

async fn tls(config: &Config) -> anyhow::Result<Option<RustlsConfig>> {
    let (Some(cert), Some(key)) = (&config.tls_cert, &config.tls_key) else {
        return Ok(None);
    };
    let read = RustlsConfig::from_pem_file(cert, key).await;
    let named = || {
        format!(
            "cannot use the certificate {} with {}",
            cert.display(),
            key.display()
        )
    };
    read.map(Some).with_context(named)
}

async fn answer(
    listener: TcpListener,
    tls: Option<RustlsConfig>,
    router: Router,
    handle: Handle<SocketAddr>,
) -> anyhow::Result<()> {
    let service: IntoMakeServiceWithConnectInfo<Router, SocketAddr> =
        router.into_make_service_with_connect_info();
    let mut server = axum_server::from_tcp(listener)?.handle(handle);
    let http = server.http_builder();
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS);
    http.http2().timer(TokioTimer::new());
    match tls {
        None => server.acceptor(PatientAcceptor).serve(service).await?,
        Some(tls) => {
            let acceptor = RustlsAcceptor::new(tls).acceptor(PatientAcceptor);
            server.acceptor(acceptor).serve(service).await?;
        }
    }
    Ok(())
}

/// Says where the server is, and at the first start how to get in: only here, never in a log.
async fn announce(
    config: &Config,
    address: SocketAddr,
    dashboard: &Dashboard,
) -> anyhow::Result<()> {
    let base = config.base_path.trim_matches('/');
    let scheme = if config.has_tls() { "https" } else { "http" };
    let mut here = format!("{scheme}://{address}");
    if !base.is_empty() {
        here = format!("{here}/{base}");
    }
    let mut lines = format!("dashboardd listening on {here}\n");
    if let Some(first) = dashboard.first_start().await? {
        let public = config
            .public_url
            .as_deref()
            .unwrap_or(&here)
            .trim_end_matches('/');
        if let Some(token) = first.admin_token {
            lines += &format!("the admin token, shown only now: {token}\n");
        }
        lines += &format!(
            "log in within ten minutes: {public}/#code={}\n",
            first.login_code
        );
    }
    tracing::info!(address = %here, "listening");
    let mut out = std::io::stdout().lock();
    // Nobody may be there to read it.
    let _ = out.write_all(lines.as_bytes()).and_then(|()| out.flush());
    Ok(())
}
