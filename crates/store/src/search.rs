//! Search: what can be found, folded in Rust, because the engines fold differently.
//!
//! A text of three letters or more is found by its trigrams. A rare text is collected by them; a frequent one is met soon
//! by walking a list in its own order. Neither costs more because there is more.

use std::collections::BTreeMap;

use model::{Found, FoundKind, ProjectId, Timestamp};
use uuid::Uuid;

use crate::bulk::Bulk;
use crate::column::{Column, Form, Value};
use crate::engine::{Engine, Read, Row};
use crate::query::{Query, query};
use crate::{Error, Tx, search_index};

/// From so many on, something is frequent.
pub(crate) const MANY: i64 = 1000;

/// So much of a text can be found, in characters.
const FINDABLE: usize = 4000;

/// So much of a text is shown around a find, in characters, before and after.
const AROUND: usize = 80;

/// Something that can be found.
pub(crate) struct Entry<'a> {
    pub(crate) kind: FoundKind,
    pub(crate) id: Uuid,
    pub(crate) project: ProjectId,
    /// What it is deleted with.
    pub(crate) parent: Option<Uuid>,
    pub(crate) title: &'a str,
    pub(crate) text: Vec<&'a str>,
    pub(crate) at: Timestamp,
}

/// What a transaction changes about what can be found. It is done right before the commit, for all units together.
#[derive(Debug)]
pub(crate) enum Change {
    /// An entry is there, as a row.
    Put(Box<[Value; COLUMNS.len()]>),
    /// A thing is gone, with what belongs to it.
    Remove(Uuid),
    /// A project is gone with everything in it.
    RemoveProject(ProjectId),
}

const COLUMNS: &[(&str, Form)] = &[
    ("kind", Form::Text),
    ("ref_id", Form::Id),
    ("project_id", Form::Id),
    ("parent_id", Form::Id),
    ("title", Form::Text),
    ("text", Form::Text),
    ("text_folded", Form::Text),
    ("updated_at", Form::Int),
];

const UNLESS_THE_SAME: &str = " ON CONFLICT (kind, ref_id) DO UPDATE SET
     title = excluded.title, text = excluded.text, text_folded = excluded.text_folded,
     updated_at = excluded.updated_at
     WHERE search_entries.text <> excluded.text OR search_entries.title <> excluded.title";

/// Makes something findable, by its present text.
pub(crate) fn put(tx: &mut Tx, entry: &Entry<'_>) {
    let parts: Vec<_> = entry
        .text
        .iter()
        .filter(|part| !part.is_empty())
        .copied()
        .collect();
    let text: String = parts.join("\n").chars().take(FINDABLE).collect();
    let folded = model::fold(&format!("{}\n{text}", entry.title));
    tx.change_search(Change::Put(Box::new([
        entry.kind.value(),
        entry.id.value(),
        entry.project.value(),
        entry.parent.value(),
        entry.title.to_owned().value(),
        text.value(),
        folded.value(),
        entry.at.value(),
    ])));
}

/// Makes something, and what belongs to it, not findable any more.
pub(crate) fn remove(tx: &mut Tx, id: Uuid) {
    tx.change_search(Change::Remove(id));
}

/// Makes a project's content not findable any more.
pub(crate) fn remove_project(tx: &mut Tx, project: ProjectId) {
    tx.change_search(Change::RemoveProject(project));
}

/// Carries changes out in their order.
pub(crate) async fn write(read: &mut Read, changes: Vec<Change>) -> Result<(), Error> {
    let mut rows = BTreeMap::new();
    for change in changes {
        let delete = match change {
            Change::Put(row) => {
                // One statement may not change a row twice; what was put last stands.
                if let (Value::Text(kind), Value::Id(id)) = (&row[0], &row[1]) {
                    rows.insert((*id, kind.clone()), row);
                }
                continue;
            }
            // The kinds are named so that the index is used.
            Change::Remove(id) => query(
                "DELETE FROM search_entries
                 WHERE kind IN ('ticket', 'task', 'run', 'comment') AND ref_id = $1 OR parent_id = $1",
            )
            .bind(&id),
            Change::RemoveProject(project) => {
                query("DELETE FROM search_entries WHERE project_id = $1").bind(&project)
            }
        };
        insert(read, std::mem::take(&mut rows)).await?;
        read.run(delete).await?;
    }
    insert(read, rows).await
}

async fn insert<K>(
    read: &mut Read,
    rows: BTreeMap<K, Box<[Value; COLUMNS.len()]>>,
) -> Result<(), Error> {
    let mut bulk = Bulk::new("search_entries", COLUMNS).ending(UNLESS_THE_SAME);
    for row in rows.into_values() {
        bulk.push(*row);
    }
    bulk.insert(read).await
}

/// How a text is looked for in one kind of thing.
pub(crate) struct Matches {
    kind: FoundKind,
    pattern: String,
    /// Its trigrams as SQLite's index takes them; only where the text is rare.
    trigrams: Option<String>,
    rare: bool,
}

/// Prepares to narrow a list to what holds a text.
pub(crate) async fn matches(
    read: &mut Read,
    kind: FoundKind,
    text: &str,
) -> Result<Matches, Error> {
    let folded = model::fold(text);
    let pattern = pattern(&folded);
    let Some(trigrams) = trigrams(&folded) else {
        return Ok(Matches {
            kind,
            pattern,
            trigrams: None,
            rare: false,
        });
    };
    let count = match read.engine() {
        Engine::Sqlite => query(
            "SELECT count(*) FROM
                 (SELECT 1 FROM search_trigrams WHERE search_trigrams MATCH $1 LIMIT $2)",
        )
        .bind(&trigrams),
        Engine::Postgres => query(
            "SELECT count(*) FROM
                 (SELECT 1 FROM search_entries WHERE text_folded LIKE $1 ESCAPE '\\' LIMIT $2) AS found",
        )
        .bind(&pattern),
    };
    let some: i64 = read.one(count.bind(&MANY)).await?.at(0)?;
    let trigrams = (read.engine() == Engine::Sqlite).then_some(trigrams);
    Ok(Matches {
        kind,
        pattern,
        trigrams,
        rare: some < MANY,
    })
}

impl Matches {
    /// A text that is not rare, for tests of plans.
    #[cfg(test)]
    pub(crate) fn frequent(text: &str) -> Self {
        Self {
            kind: FoundKind::Ticket,
            pattern: pattern(text),
            trigrams: None,
            rare: false,
        }
    }

    /// Adds the condition that the thing whose id stands in a column holds the text.
    pub(crate) fn narrow(&self, select: &mut Query, id: &str) {
        if self.rare {
            select
                .push(" AND ")
                .push(id)
                .push(" IN (SELECT ref_id FROM search_entries WHERE kind = ");
            select.push_bind(&self.kind);
        } else {
            select.push(" AND EXISTS (SELECT 1 FROM search_entries WHERE kind = ");
            select.push_bind(&self.kind).push(" AND ref_id = ").push(id);
        }
        self.holds(select);
        select.push(")");
    }

    fn holds(&self, select: &mut Query) {
        if let Some(trigrams) = self.trigrams.as_ref().filter(|_| self.rare) {
            select.push(
                " AND search_entries.id IN
                     (SELECT rowid FROM search_trigrams WHERE search_trigrams MATCH ",
            );
            select.push_bind(trigrams).push(" UNION ALL ");
            select.push(search_index::WAITING).push(")");
        }
        select
            .push(" AND text_folded LIKE ")
            .push_bind(&self.pattern)
            .push(" ESCAPE '\\'");
    }
}

/// Finds a text in everything, or in some kinds of things, changed last first.
pub async fn find(
    read: &mut Read,
    text: &str,
    project: Option<ProjectId>,
    kinds: &[FoundKind],
    most: i64,
) -> Result<Vec<Found>, Error> {
    let matches = matches(read, FoundKind::Ticket, text).await?;
    let mut select = Query::composed(
        "SELECT search_entries.kind, ref_id, search_entries.project_id, search_entries.title, text,
             coalesce(tickets.status, tasks.status, runs.state), search_entries.updated_at
         FROM search_entries
             LEFT JOIN tickets ON search_entries.kind = 'ticket' AND tickets.id = ref_id
             LEFT JOIN tasks ON search_entries.kind = 'task' AND tasks.id = ref_id
             LEFT JOIN runs ON search_entries.kind = 'run' AND runs.id = ref_id
         WHERE TRUE"
            .to_owned(),
    );
    select
        .push_equal("search_entries.project_id", project.as_ref())
        .push_in("search_entries.kind", kinds);
    matches.holds(&mut select);
    select.push(" ORDER BY search_entries.updated_at DESC, search_entries.id DESC");
    select.push_limit(most);
    let folded = model::fold(text);
    read.all(select)
        .await?
        .iter()
        .map(|row| found(row, &folded))
        .collect()
}

fn found(row: &Row, folded: &str) -> Result<Found, Error> {
    let text: String = row.at(4)?;
    Ok(Found {
        kind: row.at(0)?,
        id: row.at(1)?,
        project_id: row.at(2)?,
        title: row.at(3)?,
        excerpt: excerpt(&text, folded),
        state: row.at(5)?,
        updated_at: row.at(6)?,
    })
}

/// The text around the first find; its beginning where the title holds it.
fn excerpt(text: &str, folded: &str) -> String {
    // Folding can change lengths, so the place is counted in characters of the folded text: near enough to show.
    let place = model::fold(text).find(folded).unwrap_or(0);
    let before = model::fold(text)[..place].chars().count();
    let start = before.saturating_sub(AROUND);
    text.chars()
        .skip(start)
        .take(before - start + folded.chars().count() + AROUND)
        .collect()
}

/// What `LIKE` understands, with its own signs taken literally.
fn pattern(folded: &str) -> String {
    let escaped = folded
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    format!("%{escaped}%")
}

/// All trigrams of a text, each as a phrase; `None` for a text that has none.
fn trigrams(folded: &str) -> Option<String> {
    let letters: Vec<char> = folded.chars().collect();
    let phrase = |three: &[char]| {
        let three: String = three.iter().collect();
        format!("\"{}\"", three.replace('"', "\"\""))
    };
    let phrases: Vec<_> = letters.windows(3).map(phrase).collect();
    if phrases.is_empty() {
        None
    } else {
        Some(phrases.join(" AND "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_like_are_taken_literally() {
        assert_eq!(pattern("50%_\\"), "%50\\%\\_\\\\%");
    }

    #[test]
    fn trigrams_are_phrases() {
        assert_eq!(
            trigrams("ab\"c").as_deref(),
            Some("\"ab\"\"\" AND \"b\"\"c\"")
        );
        assert_eq!(trigrams("ab"), None);
    }

    #[test]
    fn an_excerpt_shows_what_stands_around() {
        let text = format!("{}NEEDLE{}", "a".repeat(200), "b".repeat(200));
        let shown = excerpt(&text, "needle");
        assert_eq!(shown.len(), AROUND + 6 + AROUND);
        assert!(shown.contains("NEEDLE"));
        assert_eq!(excerpt("short", "nowhere"), "short");
    }
}
