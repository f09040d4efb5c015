//! Databases on the PostgreSQL server that `TEST_DATABASE_URL` names, and the bare statement on them.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use crate::claims::CLAIM;

/// A PostgreSQL server.
pub(crate) struct Cluster {
    url: String,
    admin: PgConnection,
    made: Vec<String>,
}

impl Cluster {
    pub(crate) async fn open() -> anyhow::Result<Self> {
        let url = std::env::var("TEST_DATABASE_URL")
            .context("TEST_DATABASE_URL names a PostgreSQL server; `just bench` starts one")?;
        let admin = PgConnection::connect(&url).await?;
        Ok(Self {
            url,
            admin,
            made: Vec::new(),
        })
    }

    /// A new database; answers its URL.
    pub(crate) async fn create(&mut self) -> anyhow::Result<String> {
        self.make("").await
    }

    /// Counts the tasks of a database, which the server does by itself some time after so many were written.
    pub(crate) async fn analyze(&self, url: &str) -> anyhow::Result<()> {
        let mut connection = PgConnection::connect(url).await?;
        connection.execute("ANALYZE tasks").await?;
        Ok(connection.close().await?)
    }

    /// A copy of a database that nobody has open.
    pub(crate) async fn copy(&mut self, url: &str) -> anyhow::Result<String> {
        let name = url.rsplit('/').next().context("a database's name")?;
        self.make(&format!("TEMPLATE {name}")).await
    }

    async fn make(&mut self, how: &str) -> anyhow::Result<String> {
        let name = format!("bench_{}", uuid::Uuid::new_v4().simple());
        let create = format!("CREATE DATABASE {name} {how}");
        // Those who were killed may not have been missed yet.
        for _ in 0..100 {
            if self
                .admin
                .execute(AssertSqlSafe(create.clone()))
                .await
                .is_ok()
            {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let server = self.url.rsplit_once('/').context("the server's URL")?.0;
        let url = format!("{server}/{name}");
        self.made.push(name);
        Ok(url)
    }

    /// How many tasks a second the bare statement takes in a loop, each in a transaction of its own.
    pub(crate) async fn claims_per_second(
        &self,
        url: &str,
        tasks: usize,
        lasting: Duration,
    ) -> anyhow::Result<f64> {
        let mut connection = PgConnection::connect(url).await?;
        let began = Instant::now();
        let mut claimed = 0;
        while claimed < tasks && began.elapsed() < lasting {
            let at = model::Timestamp::now().micros();
            let taken = sqlx::query(CLAIM).bind(at).fetch_optional(&mut connection);
            ensure!(taken.await?.is_some(), "there is a task to take");
            claimed += 1;
        }
        let rate = claimed as f64 / began.elapsed().as_secs_f64();
        connection.close().await?;
        Ok(rate)
    }

    pub(crate) async fn remove_all(mut self) -> anyhow::Result<()> {
        for name in self.made {
            let drop = format!("DROP DATABASE {name} WITH (FORCE)");
            self.admin.execute(AssertSqlSafe(drop)).await?;
        }
        Ok(())
    }
}
