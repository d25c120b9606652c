//! Notes which metrics queries select, at the price of a look into a set.
//!
//! A selection that names its metric leaves the name, any other one leaves its matchers. What they mean is found out by the
//! next tick, so that no query waits for it.

use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard};

use hashbrown::{HashMap, HashSet};
use regain_model::{METRIC_NAME, MatchOp, Matcher};

/// The most names, and the most selections without one, that are noted between two ticks.
const NAMES_MAX: usize = 1 << 16;
const SELECTIONS_MAX: usize = 1 << 10;
/// A selection without a name is looked at again after this.
const LOOKED_AT_EVERY_MS: i64 = 3_600_000;
/// The most selections of which it is known when they were looked at.
const LOOKED_AT_MAX: usize = 1 << 12;

/// What was selected since the last tick.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    noted: Mutex<Noted>,
    looked_at: Mutex<HashMap<Box<str>, i64>>,
}

/// Names, and selections by their text.
#[derive(Debug, Default)]
pub(crate) struct Noted {
    pub(crate) names: HashSet<Box<str>>,
    pub(crate) selections: HashMap<Box<str>, Vec<Matcher>>,
}

impl Usage {
    /// Notes a selection.
    pub(crate) fn note(&self, matchers: &[Matcher]) {
        let is_name = |matcher: &&Matcher| {
            matcher.op() == MatchOp::Equal
                && matcher.name() == METRIC_NAME
                && !matcher.value().is_empty()
        };
        if let Some(named) = matchers.iter().find(is_name) {
            let mut noted = self.noted();
            if !noted.names.contains(named.value()) && noted.names.len() < NAMES_MAX {
                noted.names.insert(named.value().into());
            }
            return;
        }
        let text = text(matchers);
        let mut noted = self.noted();
        if !noted.selections.contains_key(&*text) && noted.selections.len() < SELECTIONS_MAX {
            noted.selections.insert(text.into(), matchers.to_vec());
        }
    }

    /// Takes what was noted, without selections that were looked at not long ago.
    pub(crate) fn take(&self, now: i64) -> Noted {
        let mut noted = std::mem::take(&mut *self.noted());
        let mut looked_at = self.looked_at.lock().expect("no holder of this lock panics");
        looked_at.retain(|_, last| (*last..last.saturating_add(LOOKED_AT_EVERY_MS)).contains(&now));
        noted.selections.retain(|text, _| !looked_at.contains_key(text));
        for text in noted.selections.keys().take(LOOKED_AT_MAX.saturating_sub(looked_at.len())) {
            looked_at.insert(text.clone(), now);
        }
        noted
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().expect("no holder of this lock panics")
    }
}

fn text(matchers: &[Matcher]) -> String {
    let mut text = String::new();
    for matcher in matchers {
        let (name, op, value) = (matcher.name(), matcher.op(), matcher.value());
        write!(text, "{name}{op}{value}\0").expect("writing to a text does not fail");
    }
    text
}
