//! Preferences as they are kept: one row for each person who ever chose something.

use model::{BoardPreferences, Principal};

use crate::engine::Read;
use crate::query::query;
use crate::{Error, Tx};

/// What somebody chose.
pub async fn get(read: &mut Read, who: &Principal) -> Result<Option<BoardPreferences>, Error> {
    let select = query(
        "SELECT default_tenant, lane_by_profile, include_archived_by_default, render_markdown
         FROM board_preferences WHERE principal = $1",
    );
    let Some(row) = read.optional(select.bind(who)).await? else {
        return Ok(None);
    };
    Ok(Some(BoardPreferences {
        default_tenant: row.at(0)?,
        lane_by_profile: row.at(1)?,
        include_archived_by_default: row.at(2)?,
        render_markdown: row.at(3)?,
    }))
}

/// Remembers what somebody chose.
pub async fn put(tx: &mut Tx, who: &Principal, chosen: &BoardPreferences) -> Result<(), Error> {
    let upsert = query(
        "INSERT INTO board_preferences
             (principal, default_tenant, lane_by_profile, include_archived_by_default, render_markdown)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (principal) DO UPDATE SET default_tenant = excluded.default_tenant,
             lane_by_profile = excluded.lane_by_profile,
             include_archived_by_default = excluded.include_archived_by_default,
             render_markdown = excluded.render_markdown",
    );
    let upsert = upsert
        .bind(who)
        .bind(&chosen.default_tenant)
        .bind(&chosen.lane_by_profile);
    let upsert = upsert.bind(&chosen.include_archived_by_default);
    tx.run(upsert.bind(&chosen.render_markdown)).await.map(drop)
}
