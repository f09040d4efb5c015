//! The ledger: the calls that were printed, kept so that a result can settle them.
//!
//! A result reports what the process used since it began, so that a later result replaces the earlier one. When a process ends
//! and another begins within the same output (a script that runs Claude twice, or `/clear`), the counting begins anew: that
//! is a new *part*, with settling calls of its own.

use std::collections::{BTreeMap, HashMap};

use model::{Name, Tokens, Usd};
use serde_json::Value;

use super::settle;
use super::usage::{self, Used};
use crate::json;

/// A call as it was last told.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    /// The message's id.
    pub(super) id: String,
    /// The provider's name for the call. It names the call wherever it is reported; the message's id does where it is absent.
    pub(super) model: Name,
    pub(super) tokens: Tokens,
    pub(super) request_id: Option<Name>,
    /// The sub-agent's step, where a sub-agent made the call.
    pub(super) step: Option<Name>,
    /// Which try it was.
    pub(super) attempt: i64,
    /// Broken off: results may leave it out.
    pub(super) aborted: bool,
}

/// A call that brings the sum of a model's calls to what the agent says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Settled {
    /// A call that counted more than the agent counts in the end.
    Lowered(Row),
    /// What is missing in the calls that were printed.
    Rest {
        /// Which part of the output it settles.
        part: usize,
        model: Name,
        tokens: Tokens,
        cost: Option<Usd>,
    },
}

#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Where a message's row is.
    places: HashMap<String, usize>,
    /// The rows of this part, in the order in which they came.
    rows: Vec<Row>,
    /// How many rows the last result knew of.
    known: usize,
    last: BTreeMap<Name, Used>,
    part: usize,
    reported: Option<Usd>,
    reported_before: Usd,
}

impl Row {
    pub(super) fn key(&self) -> &str {
        self.request_id.as_ref().map_or(&self.id, Name::as_str)
    }
}

impl Ledger {
    /// Notes a call. Answers what is to be told of it: nothing when it says no more than was told before.
    pub(super) fn note(&mut self, row: Row) -> Option<Row> {
        let Some(known) = self.row(&row.id) else {
            // A call of an earlier part is settled and stays as it is.
            if self.places.contains_key(&row.id) {
                return None;
            }
            self.places.insert(row.id.clone(), self.rows.len());
            self.rows.push(row.clone());
            return Some(row);
        };
        known.aborted |= row.aborted;
        if row.tokens.total() <= known.tokens.total() {
            return None;
        }
        known.tokens = row.tokens;
        Some(known.clone())
    }

    /// Notes the true output of a call that is known.
    pub(super) fn note_output(&mut self, id: &str, output: i64) -> Option<Row> {
        let known = self.row(id).filter(|known| known.tokens.output < output)?;
        known.tokens.output = output;
        Some(known.clone())
    }

    fn row(&mut self, id: &str) -> Option<&mut Row> {
        let place = *self.places.get(id)?;
        self.rows.get_mut(place).filter(|known| known.id == id)
    }

    /// What the agent says that it cost, all parts together.
    pub(super) fn reported(&self) -> Option<Usd> {
        let last = self.reported?;
        Some(last.plus(self.reported_before))
    }

    /// Brings the sum to what a result says. A process that crashed reports nothing: then nothing changes.
    pub(super) fn settle(&mut self, line: &Value) -> Vec<Settled> {
        let said = usage::of_result(line, &self.models());
        let cost = json::dollars(line, "/total_cost_usd");
        if said.is_empty() {
            self.reported = self.reported.or(cost);
            return Vec::new();
        }
        if !self.continues(&said) {
            self.begin_part();
        }
        self.reported = cost.or(self.reported);
        self.known = self.rows.len();
        self.last.clone_from(&said);
        let mut settled = Vec::new();
        for (model, used) in said {
            let lowered = settle::lower(&mut self.rows, &model, used);
            settled.extend(lowered.into_iter().map(Settled::Lowered));
            settled.push(Settled::Rest {
                part: self.part,
                tokens: settle::rest(&self.rows, &model, used),
                cost: used.cost,
                model,
            });
        }
        settled
    }

    fn models(&self) -> Vec<Name> {
        let mut models: Vec<_> = self.rows.iter().map(|row| row.model.clone()).collect();
        models.sort();
        models.dedup();
        models
    }

    /// Whether a result goes on counting where the last one stopped.
    fn continues(&self, said: &BTreeMap<Name, Used>) -> bool {
        self.last.iter().all(|(model, last)| {
            let recent = self.rows[self.known..]
                .iter()
                .filter(|row| row.model == *model && !row.aborted)
                .fold(Tokens::default(), |sum, row| sum.plus(row.tokens));
            said.get(model)
                .is_some_and(|used| used.continues(*last, recent))
        })
    }

    fn begin_part(&mut self) {
        self.part += 1;
        self.rows.drain(..self.known);
        self.known = 0;
        for (place, row) in self.rows.iter().enumerate() {
            self.places.insert(row.id.clone(), place);
        }
        let before = self.reported.replace(Usd::ZERO).unwrap_or_default();
        self.reported_before = self.reported_before.plus(before);
        self.last.clear();
    }
}
