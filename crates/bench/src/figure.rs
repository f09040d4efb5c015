//! One figure: what was measured, what the limit did in the same run, and what is to be reached.

use std::fmt;
use std::path::PathBuf;

/// What all measurements share.
pub(crate) struct Settings {
    pub(crate) server: PathBuf,
    pub(crate) rounds: usize,
    pub(crate) seconds: u64,
}

/// What is to be reached.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

/// One line of the table.
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) unit: &'static str,
    pub(crate) ours: f64,
    /// The limit beside it; absent where the goal is a plain number.
    pub(crate) limit: Option<f64>,
    pub(crate) goal: Goal,
}

impl Figure {
    /// What the goal is about: the ratio to the limit, or the number itself.
    pub(crate) fn value(&self) -> f64 {
        self.limit.map_or(self.ours, |limit| self.ours / limit)
    }

    pub(crate) fn is_reached(&self) -> bool {
        match self.goal {
            Goal::AtLeast(least) => self.value() >= least,
            Goal::AtMost(most) => self.value() <= most,
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_reached() {
            "reached"
        } else {
            "MISSED"
        };
        write!(
            formatter,
            "{}: {} {}",
            self.name,
            amount(self.ours),
            self.unit
        )?;
        if let Some(limit) = self.limit {
            write!(
                formatter,
                ", limit {}, ratio {:.2}",
                amount(limit),
                self.value()
            )?;
        }
        write!(formatter, " ({}): {verdict}", self.goal)
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(least) => write!(formatter, "≥ {least}"),
            Self::AtMost(most) => write!(formatter, "≤ {most}"),
        }
    }
}

/// A number with as many digits as it deserves.
pub(crate) fn amount(number: f64) -> String {
    if number >= 10_000.0 {
        format!("{:.1}k", number / 1_000.0)
    } else if number >= 100.0 {
        format!("{number:.0}")
    } else {
        format!("{number:.2}")
    }
}
