//! The limit of everything that is kept: one thread with rusqlite on the same tables and indexes, with the same promise
//! that what is committed survives a power cut.

use std::path::Path;
use std::time::Instant;

use anyhow::Context;
use model::{Event, EventId, Fact, RunId};
use rusqlite::{Connection, params};
use tempfile::TempDir;

/// What is committed survives a power cut, as with the server.
pub(crate) const DURABLE: &str =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -64000;
     PRAGMA mmap_size = 268435456; PRAGMA wal_autocheckpoint = 4000;";

const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/sqlite");

/// A database of its own.
pub(crate) struct Rows {
    connection: Connection,
    next: i64,
    _data: TempDir,
}

impl Rows {
    pub(crate) fn open() -> anyhow::Result<Self> {
        let data = tempfile::tempdir()?;
        let connection = Connection::open(data.path().join("limit.db"))?;
        connection.execute_batch(DURABLE)?;
        for migration in migrations(Path::new(MIGRATIONS))? {
            connection.execute_batch(&migration)?;
        }
        Ok(Self {
            connection,
            next: 1,
            _data: data,
        })
    }

    /// Keeps this event so many times in one transaction.
    pub(crate) fn insert_events(&mut self, fact: &Fact, count: usize) -> anyhow::Result<()> {
        let transaction = self.connection.transaction()?;
        {
            let mut statement = transaction.prepare_cached(INSERT_EVENT)?;
            for _ in 0..count {
                let event = fact.clone().at(self.next);
                self.next += 1;
                statement.execute(params![
                    event.seq,
                    event.id.0.as_bytes(),
                    event.project_id.map(|id| id.0.into_bytes()),
                    event.ticket_id.map(|id| id.0.into_bytes()),
                    event.task_id.map(|id| id.0.into_bytes()),
                    event.run_id.map(|id| id.0.into_bytes()),
                    event.event_type,
                    event.severity.to_string(),
                    event.source.as_str(),
                    event.message.as_str(),
                    event.details.map(|details| details.to_string()),
                    event.actor.to_string(),
                    event.created_at.micros(),
                ])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Keeps so many lines of a run in one transaction.
    pub(crate) fn insert_lines(
        &mut self,
        run: RunId,
        text: &str,
        count: usize,
    ) -> anyhow::Result<()> {
        let transaction = self.connection.transaction()?;
        {
            let mut statement = transaction.prepare_cached(INSERT_LINE)?;
            for _ in 0..count {
                let at = model::Timestamp::now().micros();
                statement.execute(params![run.0.as_bytes(), self.next, at, text.as_bytes()])?;
                self.next += 1;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// How long one durable commit of one event takes, in milliseconds.
    pub(crate) fn commit_ms(&mut self, fact: &Fact) -> anyhow::Result<f64> {
        let began = Instant::now();
        self.insert_events(fact, 1)?;
        Ok(began.elapsed().as_secs_f64() * 1_000.0)
    }

    /// Reads so many events in their order and makes of each the bytes that a viewer gets.
    pub(crate) fn read_events(&self, count: usize) -> anyhow::Result<usize> {
        let mut statement = self.connection.prepare_cached(SELECT_EVENTS)?;
        let mut rows = statement.query([count as i64])?;
        let mut bytes = 0;
        while let Some(row) = rows.next()? {
            bytes += serde_json::to_vec(&event(row)?)?.len();
        }
        Ok(bytes)
    }
}

const INSERT_EVENT: &str = "INSERT INTO events (seq, id, project_id, ticket_id, task_id, run_id, event_type, severity, \
     source, message, details, actor, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

const INSERT_LINE: &str = "INSERT INTO log_lines (run_id, line, at, step_id, stream, text, continues) \
     VALUES ($1, $2, $3, NULL, 'stdout', $4, FALSE)";

const SELECT_EVENTS: &str = "SELECT id, seq, event_type, severity, source, message, details, actor, created_at, \
     project_id, ticket_id, task_id, run_id, ticket_title, submitter, runner, model \
     FROM events WHERE seq > 0 ORDER BY seq LIMIT $1";

/// The rows of the benchmark belong to no project, ticket, task or run.
fn event(row: &rusqlite::Row<'_>) -> anyhow::Result<Event> {
    let details: Option<String> = row.get(6)?;
    Ok(Event {
        id: EventId(uuid::Uuid::from_bytes(row.get(0)?)),
        seq: row.get(1)?,
        project_id: None,
        ticket_id: None,
        task_id: None,
        run_id: None,
        event_type: row.get(2)?,
        severity: row.get::<_, String>(3)?.parse()?,
        source: model::Name::parse(row.get::<_, String>(4)?)?,
        message: model::Text::parse(row.get::<_, String>(5)?)?,
        details: details
            .map(|text| serde_json::from_str(&text))
            .transpose()?,
        actor: row.get::<_, String>(7)?.parse()?,
        created_at: model::Timestamp::from_micros(row.get(8)?),
        ticket_title: None,
        submitter: None,
        runner: None,
        model: None,
    })
}

fn migrations(folder: &Path) -> anyhow::Result<Vec<String>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))?;
    let mut files = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    files.sort();
    Ok(files
        .iter()
        .map(std::fs::read_to_string)
        .collect::<std::io::Result<_>>()?)
}
