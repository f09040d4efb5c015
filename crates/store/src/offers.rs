//! Offers that stand: how many tasks may yet be taken by them, and which were, so that all servers over one database
//! together give out no more than was offered, and none after the offer was answered.

use model::{EventId, TaskId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::engine::Read;
use crate::error::Kind;
use crate::query::query;
use crate::{Error, Tx, meta};

/// What came of an offer so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offered {
    /// So many may yet be taken.
    pub left: usize,
    /// The tasks that were taken, in that order.
    pub taken: Vec<TaskId>,
    /// When it was made.
    pub at: Timestamp,
}

/// An offer has the id of the event that tells of it.
fn key(id: EventId) -> String {
    format!("offer:{id}")
}

/// Offers so many tasks.
pub async fn open(tx: &mut Tx, id: EventId, most: usize, at: Timestamp) -> Result<(), Error> {
    let offered = Offered {
        left: most,
        taken: Vec::new(),
        at,
    };
    keep(tx, id, &offered).await
}

/// Takes a task by an offer. Answers whether the offer stands and has as much left.
pub async fn draw(tx: &mut Tx, id: EventId, task: TaskId) -> Result<bool, Error> {
    let Some(mut offered) = get(tx, id).await?.filter(|offered| offered.left > 0) else {
        return Ok(false);
    };
    offered.left -= 1;
    offered.taken.push(task);
    keep(tx, id, &offered).await?;
    Ok(true)
}

/// What came of an offer that stands.
pub async fn get(read: &mut Read, id: EventId) -> Result<Option<Offered>, Error> {
    let kept = meta::setting(read, &key(id)).await?;
    kept.map(|text| read_offer(&text)).transpose()
}

/// Ends an offer: nothing more is taken by it.
pub async fn close(tx: &mut Tx, id: EventId) -> Result<Option<Offered>, Error> {
    let offered = get(tx, id).await?;
    forget(tx, key(id)).await?;
    Ok(offered)
}

/// Ends offers that were made before a moment, and that nobody came back to.
pub async fn sweep(tx: &mut Tx, moment: Timestamp) -> Result<(), Error> {
    let select = query("SELECT key, value FROM meta WHERE key >= 'offer:' AND key < 'offer;'");
    for row in tx.all(select).await? {
        let (key, value): (String, String) = (row.at(0)?, row.at(1)?);
        if read_offer(&value)?.at < moment {
            forget(tx, key).await?;
        }
    }
    Ok(())
}

async fn keep(tx: &mut Tx, id: EventId, offered: &Offered) -> Result<(), Error> {
    let text = serde_json::to_string(offered)
        .map_err(|error| Error::caused(Kind::Internal, "write an offer", error))?;
    meta::set(tx, &key(id), &text).await
}

fn read_offer(text: &str) -> Result<Offered, Error> {
    serde_json::from_str(text).map_err(|error| Error::caused(Kind::Corrupt, "read an offer", error))
}

async fn forget(tx: &mut Tx, key: String) -> Result<(), Error> {
    let delete = query("DELETE FROM meta WHERE key = $1");
    tx.run(delete.bind(&key)).await.map(drop)
}
