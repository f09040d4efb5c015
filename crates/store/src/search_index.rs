//! SQLite's index of trigrams follows what can be found: new entries are put into it when the writer has nothing else to
//! do, many at once. Until then a search reads them one by one. PostgreSQL's index keeps such a list by itself.
//!
//! Every time something is put into the index, SQLite writes a segment of it, and merges it with others later. That cost
//! more than the task that could be found by it.

use std::time::Duration;

use crate::Error;
use crate::engine::Read;
use crate::query::query;

/// Nothing was asked of the writer for so long: it has time.
pub(crate) const IDLE: Duration = Duration::from_millis(10);

/// More entries than this do not wait for idle times: a search would read too many of them.
pub(crate) const MOST_WAITING: i64 = 50_000;

/// So many at once: the next write waits a few milliseconds for them.
const AT_ONCE: i64 = 1_000;

/// Puts the oldest entries that wait into the index; answers how many wait now.
pub(crate) async fn index(read: &mut Read) -> Result<i64, Error> {
    let progress =
        "SELECT indexed_to, (SELECT coalesce(max(id), 0) FROM search_entries) FROM search_progress";
    let row = read.one(query(progress)).await?;
    let (from, last): (i64, i64) = (row.at(0)?, row.at(1)?);
    if last <= from {
        return Ok(0);
    }
    let to = last.min(from + AT_ONCE);
    let entries = query(
        "INSERT INTO search_trigrams (rowid, text_folded)
         SELECT id, text_folded FROM search_entries WHERE id > $1 AND id <= $2",
    );
    read.run(entries.bind(&from).bind(&to)).await?;
    let reached = query("UPDATE search_progress SET indexed_to = $1");
    read.run(reached.bind(&to)).await?;
    Ok(last - to)
}

/// The numbers of the entries that are not in the index yet.
pub(crate) const WAITING: &str =
    "SELECT id FROM search_entries WHERE id > (SELECT indexed_to FROM search_progress)";

#[cfg(test)]
mod tests {
    use model::{FoundKind, ProjectId, Timestamp};
    use uuid::Uuid;

    use crate::query::query;
    use crate::search::{self, Entry};
    use crate::{Database, Error, Store};

    /// Makes tickets with these titles findable, after those of other ids are no longer.
    async fn replace(store: &Store, gone: Vec<Uuid>, titles: Vec<String>) -> Vec<Uuid> {
        let unit = store.write(move |tx| {
            Box::pin(async move {
                for id in gone {
                    search::remove(tx, id);
                }
                let put = titles.iter().map(|title| {
                    let id = Uuid::now_v7();
                    search::put(
                        tx,
                        &Entry {
                            kind: FoundKind::Ticket,
                            id,
                            project: ProjectId(Uuid::nil()),
                            parent: None,
                            title,
                            text: Vec::new(),
                            at: Timestamp::from_micros(0),
                        },
                    );
                    id
                });
                Ok::<_, Error>(put.collect())
            })
        });
        unit.await.unwrap()
    }

    fn named(word: &str, many: usize) -> Vec<String> {
        (0..many).map(|n| format!("{word} {n}")).collect()
    }

    async fn found(store: &Store, text: &str) -> usize {
        let mut read = store.read().await.unwrap();
        let found = search::find(&mut read, text, None, &[], 10_000).await;
        found.unwrap().len()
    }

    /// Comes back when nothing waits any more; fails where that takes a second.
    async fn until_indexed(store: &Store) {
        let waits = "SELECT count(*) FROM search_entries WHERE id > (SELECT indexed_to FROM search_progress)";
        let done = async {
            let mut read = store.read().await.unwrap();
            while read.one(query(waits)).await.unwrap().at::<i64>(0).unwrap() > 0 {
                tokio::task::yield_now().await;
            }
        };
        let patience = std::time::Duration::from_secs(10);
        tokio::time::timeout(patience, done).await.unwrap();
    }

    /// What is in the index, whether the table has it or not.
    async fn indexed(store: &Store, phrase: &str) -> i64 {
        let mut read = store.read().await.unwrap();
        let select = query("SELECT count(*) FROM search_trigrams WHERE search_trigrams MATCH $1");
        let row = read.one(select.bind(&format!("\"{phrase}\""))).await;
        row.unwrap().at(0).unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_waits_for_the_index_is_found_as_what_stands_in_it() {
        let store = Store::open(&Database::Memory).await.unwrap();
        replace(&store, Vec::new(), named("heron", 1200)).await;
        assert_eq!(found(&store, "heron").await, 1200);
        until_indexed(&store).await;
        assert_eq!(found(&store, "heron").await, 1200);
        assert_eq!(found(&store, "heron 1199").await, 1);
        assert_eq!(indexed(&store, "ron").await, 1200);
        store.close().await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn entries_that_get_the_numbers_of_removed_ones_are_indexed_too() {
        let store = Store::open(&Database::Memory).await.unwrap();
        let ids = replace(&store, Vec::new(), named("heron", 20)).await;
        until_indexed(&store).await;
        replace(&store, ids[10..].to_vec(), named("stork", 30)).await;
        assert_eq!(
            (found(&store, "heron").await, found(&store, "stork").await),
            (10, 30)
        );
        until_indexed(&store).await;
        assert_eq!(
            (indexed(&store, "ron").await, indexed(&store, "ork").await),
            (10, 30)
        );
        assert_eq!(
            (found(&store, "heron").await, found(&store, "stork").await),
            (10, 30)
        );
        store.close().await;
    }
}
