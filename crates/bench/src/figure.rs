//! One figure: what was measured, what the limit did in the same run, and what is to be reached.

use std::fmt;
use std::path::PathBuf;

use crate::stats::median;

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
    /// Nothing; it is shown because it explains another figure.
    Shown,
}

/// One line of the table.
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) unit: &'static str,
    pub(crate) ours: f64,
    /// The limit beside it, and the ratio to it; absent where the goal is a plain number.
    pub(crate) limit: Option<Limit>,
    pub(crate) goal: Goal,
}

/// What stands beside a figure.
pub(crate) struct Limit {
    pub(crate) amount: f64,
    /// The median of the ratios of each round: its two sides were measured one right after the other, so that what
    /// else the machine did troubled both.
    pub(crate) ratio: f64,
}

impl Figure {
    /// A figure of rounds in which we and the limit took turns.
    pub(crate) fn beside(
        name: String,
        unit: &'static str,
        ours: &[f64],
        limit: &[f64],
        goal: Goal,
    ) -> Self {
        let ratios = ours.iter().zip(limit).map(|(ours, limit)| ours / limit);
        let limit = Limit {
            ratio: median(ratios.collect()),
            amount: median(limit.to_vec()),
        };
        Self {
            name,
            unit,
            ours: median(ours.to_vec()),
            limit: Some(limit),
            goal,
        }
    }

    /// What the goal is about: the ratio to the limit, or the number itself.
    pub(crate) fn value(&self) -> f64 {
        self.limit.as_ref().map_or(self.ours, |limit| limit.ratio)
    }

    pub(crate) fn is_reached(&self) -> bool {
        match self.goal {
            Goal::AtLeast(least) => self.value() >= least,
            Goal::AtMost(most) => self.value() <= most,
            Goal::Shown => true,
        }
    }

    /// One word about it.
    pub(crate) fn verdict(&self) -> &'static str {
        match (self.goal, self.is_reached()) {
            (Goal::Shown, _) => "shown",
            (_, true) => "reached",
            (_, false) => "**missed**",
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}: {} {}",
            self.name,
            amount(self.ours),
            self.unit
        )?;
        if let Some(Limit {
            amount: limit,
            ratio,
        }) = self.limit
        {
            write!(formatter, ", limit {}, ratio {ratio:.2}", amount(limit))?;
        }
        write!(formatter, " ({}): {}", self.goal, self.verdict())
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(least) => write!(formatter, "≥ {least}"),
            Self::AtMost(most) => write!(formatter, "≤ {most}"),
            Self::Shown => write!(formatter, "—"),
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
