//! How the server is, what it can do, and a copy of everything in it.

use model::{Found, HealthAnswer, Status};

use crate::transport::Chunks;
use crate::{Client, Error};

impl Client {
    /// Whether the server is alive; open to everyone.
    pub async fn get_health(&self) -> Result<HealthAnswer, Error> {
        self.get("health").answer().await
    }

    /// Whether the server's process answers; open to everyone.
    pub async fn get_livez(&self) -> Result<HealthAnswer, Error> {
        self.get("livez").answer().await
    }

    /// Whether the server can do its work; open to everyone.
    pub async fn get_readyz(&self) -> Result<HealthAnswer, Error> {
        self.get("readyz").answer().await
    }

    /// How the server is.
    pub async fn get_status(&self) -> Result<Status, Error> {
        self.get("api/status").answer().await
    }

    /// The server's figures in Prometheus' text format.
    pub async fn get_metrics(&self) -> Result<String, Error> {
        let (_, body) = self.get("api/metrics").whole().await?;
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    /// The OpenAPI document.
    pub async fn get_openapi(&self) -> Result<serde_json::Value, Error> {
        self.get("api/openapi.json").answer().await
    }

    /// Tickets, tasks, runs and comments with this text.
    pub async fn search(
        &self,
        q: &str,
        project: Option<&str>,
        limit: Option<i64>,
    ) -> Result<Vec<Found>, Error> {
        let call = self.get("api/search").query("q", Some(q));
        call.query("project", project)
            .query("limit", limit)
            .answer()
            .await
    }

    /// A consistent copy of the database, as it comes.
    pub async fn create_backup(
        &self,
    ) -> Result<impl futures_util::Stream<Item = Result<bytes::Bytes, Error>> + use<>, Error> {
        let chunks: Chunks = self.post("api/backup").send().await?.into_body();
        Ok(chunks)
    }
}
