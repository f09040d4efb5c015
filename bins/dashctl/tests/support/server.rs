//! A real server that can go away and come back, and `dashctl` that talks to it.
#![allow(dead_code)] // Every test binary uses a part of it.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use client::{Client, List};
use dashboard::Dashboard;
use model::{LogFilter, LogLine, Run, RunFilter};
use tokio::process::Command;
use tokio::runtime::{Builder, Runtime};

const ADMIN: &str = "dsh_the-admin-token-of-the-tests";
const PATIENCE: Duration = Duration::from_secs(60);

/// A server, and a home for `dashctl`.
pub(crate) struct Server {
    dashboard: Dashboard,
    address: SocketAddr,
    /// Everything between the sockets and the router: gone with it, as by a kill.
    serving: Option<Runtime>,
    home: tempfile::TempDir,
}

impl Server {
    /// A server that is there.
    pub(crate) async fn start() -> Self {
        let mut server = Self::away().await;
        server.come_back();
        server
    }

    /// A server that is not there yet.
    pub(crate) async fn away() -> Self {
        let builder = Dashboard::builder()
            .in_memory()
            .admin_token(ADMIN)
            .allow_private_addresses(true);
        let dashboard = builder.build().await.unwrap();
        dashboard.first_start().await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Self {
            dashboard,
            address: listener.local_addr().unwrap(),
            serving: None,
            home: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn come_back(&mut self) {
        let listener = TcpListener::bind(self.address).unwrap();
        listener.set_nonblocking(true).unwrap();
        let router = self.dashboard.router();
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let service = router.into_make_service_with_connect_info::<SocketAddr>();
            axum::serve(listener, service).await
        });
        self.serving = Some(runtime);
    }

    pub(crate) fn go_away(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.shutdown_background();
        }
    }

    /// Where it listens when it is there.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn client(&self) -> Client {
        self.dashboard.client()
    }

    /// Where `dashctl` starts and keeps what it needs.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// `dashctl run` with these arguments.
    pub(crate) fn dashctl_run(&self, arguments: &[&str]) -> Command {
        let mut command = self.dashctl(&["run"]);
        command.args(arguments);
        command
    }

    /// `dashctl` with these arguments, by a person with no run of their own.
    pub(crate) fn dashctl(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dashctl"));
        for name in ["RUN_ID", "TASK_ID", "TICKET_ID", "PROJECT", "CONTEXT"] {
            command.env_remove(format!("DASHBOARD_{name}"));
        }
        command
            .args(arguments)
            .current_dir(self.home.path())
            .env("DASHBOARD_SERVER", format!("http://{}", self.address))
            .env("DASHBOARD_TOKEN", ADMIN)
            .env("DASHCTL_CONFIG", self.home.path().join("config.toml"))
            .env("DASHCTL_SPOOL", self.home.path().join("spool"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// The newest run, as soon as it is as wanted.
    pub(crate) async fn run_when(&self, wanted: impl Fn(&Run) -> bool) -> Run {
        self.look(async || {
            let (filter, newest) = (RunFilter::default(), List::first(1));
            let runs = self.client().list_runs(&filter, &newest).await;
            let run = runs.unwrap().items.into_iter().next();
            run.filter(|run| wanted(run))
        })
        .await
    }

    /// What comes to be seen, as soon as it is there.
    pub(crate) async fn look<T>(&self, look: impl AsyncFn() -> Option<T>) -> T {
        let look = async {
            loop {
                match look().await {
                    Some(seen) => return seen,
                    None => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        };
        tokio::time::timeout(PATIENCE, look)
            .await
            .expect("it comes in time")
    }

    /// All its lines.
    pub(crate) async fn lines(&self, run: &Run) -> Vec<LogLine> {
        let mut lines: Vec<LogLine> = Vec::new();
        loop {
            let filter = LogFilter {
                after: Some(lines.last().map_or(0, |line| line.line)),
                limit: 1000,
                ..LogFilter::default()
            };
            let page = self.client().list_logs(run.id, &filter).await.unwrap();
            if page.is_empty() {
                return lines;
            }
            lines.extend(page);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.go_away();
    }
}
