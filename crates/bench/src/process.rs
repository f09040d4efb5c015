//! The processes under measurement: the real server, and the bare one beside it.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tempfile::TempDir;

/// A server in a process of its own, with data of its own; both end with it.
pub(crate) struct Process {
    child: Child,
    /// Host and port.
    pub(crate) address: String,
    /// The administrator's token; the bare server looks at none.
    pub(crate) token: String,
    data: Arc<TempDir>,
}

impl Process {
    /// The real server on a fresh SQLite file.
    pub(crate) async fn dashboardd(program: &Path) -> anyhow::Result<Self> {
        Self::dashboardd_over(program, tempfile::tempdir()?, None).await
    }

    /// The real server over what is in a directory, or in a database.
    pub(crate) async fn dashboardd_over(
        program: &Path,
        data: TempDir,
        database: Option<String>,
    ) -> anyhow::Result<Self> {
        let token = format!(
            "{}{}",
            uuid::Uuid::new_v4().simple(),
            uuid::Uuid::new_v4().simple()
        );
        let mut command = serve(program, &data, &token);
        command.envs(database.map(|url| ("DASHBOARD_DATABASE", url)));
        Self::start(command, Arc::new(data), token).await
    }

    /// Ends the server and leaves its data.
    pub(crate) fn stop(self) -> Arc<TempDir> {
        Arc::clone(&self.data)
    }

    /// The same server anew, on the same data.
    pub(crate) async fn restart(self, program: &Path) -> anyhow::Result<Self> {
        let (data, token) = (Arc::clone(&self.data), self.token.clone());
        drop(self);
        Self::start(serve(program, &data, &token), data, token).await
    }

    /// The bare routes.
    pub(crate) async fn limit() -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--limit");
        Self::start(command, Arc::new(tempfile::tempdir()?), "none".into()).await
    }

    async fn start(
        mut command: Command,
        data: Arc<TempDir>,
        token: String,
    ) -> anyhow::Result<Self> {
        let output = data.path().join("output");
        let file = File::create(&output)?;
        command
            .stdout(file.try_clone()?)
            .stderr(file)
            .stdin(Stdio::null());
        let child = command
            .spawn()
            .with_context(|| format!("start {:?}", command.get_program()))?;
        let mut process = Self {
            child,
            address: String::new(),
            token,
            data,
        };
        let deadline = Instant::now() + Duration::from_secs(20);
        while Instant::now() < deadline {
            let said = std::fs::read_to_string(&output)?;
            if let Some(address) = address_in(&said) {
                process.address = address.to_owned();
                return Ok(process);
            }
            if let Some(status) = process.child.try_wait()? {
                bail!("the server ended with {status}: {said}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        bail!(
            "the server printed no address: {}",
            std::fs::read_to_string(&output)?
        )
    }

    /// A typed client of the server, for what is not measured.
    pub(crate) fn client(&self) -> anyhow::Result<client::Client> {
        Ok(client::Client::http(
            &format!("http://{}", self.address),
            Some(&self.token),
        )?)
    }

    /// Resident memory in megabytes.
    pub(crate) fn memory_mb(&self) -> anyhow::Result<f64> {
        let status = self.proc("status")?;
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .context("VmRSS")?;
        let kilobytes: f64 = line.split_whitespace().nth(1).context("VmRSS")?.parse()?;
        Ok(kilobytes / 1024.0)
    }

    /// Seconds of processor time used so far.
    pub(crate) fn cpu_seconds(&self) -> anyhow::Result<f64> {
        let stat = self.proc("stat")?;
        // The name, in parentheses, may hold blanks; user and system time are fields 14 and 15.
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .collect();
        let ticks: f64 = fields.get(11).context("utime")?.parse::<f64>()?
            + fields.get(12).context("stime")?.parse::<f64>()?;
        Ok(ticks / 100.0)
    }

    /// Comes back when the server has done what it put off, so that it takes nothing from what is measured next.
    pub(crate) async fn rest(&self) -> anyhow::Result<()> {
        const LOOK: Duration = Duration::from_millis(200);
        let mut before = self.cpu_seconds()?;
        loop {
            tokio::time::sleep(LOOK).await;
            let now = self.cpu_seconds()?;
            if now - before <= 0.01 {
                return Ok(());
            }
            before = now;
        }
    }

    fn proc(&self, file: &str) -> anyhow::Result<String> {
        Ok(std::fs::read_to_string(format!(
            "/proc/{}/{file}",
            self.child.id()
        ))?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(program: &Path, data: &TempDir, token: &str) -> Command {
    let mut command = Command::new(program);
    command
        .args(["--listen", "127.0.0.1:0", "--data"])
        .arg(data.path());
    command.env("DASHBOARD_ADMIN_TOKEN", token);
    command
}

/// The first `127.0.0.1:PORT` of a server's output.
fn address_in(output: &str) -> Option<&str> {
    let start = output.find("127.0.0.1:")?;
    let rest = &output[start..];
    let digits = rest["127.0.0.1:".len()..].find(|it: char| !it.is_ascii_digit())?;
    let address = &rest[.."127.0.0.1:".len() + digits];
    (digits > 0 && !address.ends_with(":0")).then_some(address)
}

/// Lets this process and those it starts have as many sockets as the machine allows.
pub(crate) fn raise_open_files() -> anyhow::Result<()> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, most.min(65_536), most)
        .context("raise the limit of open files")
}

#[cfg(test)]
mod tests {
    use super::address_in;

    #[test]
    fn the_address_is_found_in_the_output() {
        assert_eq!(
            address_in("serving http://127.0.0.1:4711/ now\n"),
            Some("127.0.0.1:4711")
        );
        assert_eq!(
            address_in("serving http://127.0.0.1:47"),
            None,
            "a line that is not whole yet"
        );
        assert_eq!(address_in("nothing"), None);
    }
}
