//! What travels with a query: its labels, its cancellation, its budget and its warnings.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use crate::arena::LabelArena;
use crate::error::{Error, Result};
use crate::histograms::HistogramArena;

/// The context of one query, shared by all that work on it.
#[derive(Debug, Default)]
pub struct Ctx {
    /// The label sets that the query has met.
    pub labels: LabelArena,
    /// The histograms that the query has met or made.
    pub histograms: HistogramArena,
    /// Whether to go on.
    pub cancel: Cancel,
    /// How many samples may be in memory.
    pub budget: Budget,
    /// What the answer should be accompanied by.
    pub warnings: Warnings,
}

impl Ctx {
    /// A context that may hold `samples_max` samples in memory at once.
    pub fn with_samples_max(samples_max: u64) -> Self {
        Self { budget: Budget::new(samples_max), ..Self::default() }
    }
}

const RUNNING: u8 = 0;
const CANCELED: u8 = 1;
const TIMED_OUT: u8 = 2;

/// A flag that ends a query early. A deadline is a cancel: whoever owns a clock raises it.
#[derive(Debug, Default)]
pub struct Cancel(AtomicU8);

impl Cancel {
    /// Ends the query because nobody waits for it any more.
    pub fn cancel(&self) {
        self.raise(CANCELED);
    }

    /// Ends the query because its time is up.
    pub fn time_out(&self) {
        self.raise(TIMED_OUT);
    }

    /// An error once the query has been ended.
    pub fn check(&self) -> Result<()> {
        // Ordering: the flag guards no other memory.
        match self.0.load(Ordering::Relaxed) {
            RUNNING => Ok(()),
            TIMED_OUT => Err(Error::TimedOut),
            _ => Err(Error::Canceled),
        }
    }

    fn raise(&self, state: u8) {
        // The first reason stays. Ordering: the flag guards no other memory.
        self.0.compare_exchange(RUNNING, state, Ordering::Relaxed, Ordering::Relaxed).ok();
    }
}

/// The number of samples a query may hold in memory (`--query.max-samples`).
#[derive(Debug)]
pub struct Budget {
    max: u64,
    held: AtomicU64,
    peak: AtomicU64,
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(u64::MAX)
    }
}

impl Budget {
    /// A budget of `max` samples.
    pub const fn new(max: u64) -> Self {
        Self { max, held: AtomicU64::new(0), peak: AtomicU64::new(0) }
    }

    /// Takes `samples` from the budget, or fails when it is exhausted.
    pub fn take(&self, samples: u64) -> Result<()> {
        // Ordering: a counter that guards no other memory.
        let held = self.held.fetch_add(samples, Ordering::Relaxed).saturating_add(samples);
        self.peak.fetch_max(held, Ordering::Relaxed);
        if held > self.max { Err(Error::TooManySamples) } else { Ok(()) }
    }

    /// Gives `samples` back.
    pub fn give_back(&self, samples: u64) {
        // Ordering: a counter that guards no other memory.
        self.held.fetch_sub(samples, Ordering::Relaxed);
    }

    /// The largest number of samples held at once so far.
    pub fn peak(&self) -> u64 {
        // Ordering: a counter that guards no other memory.
        self.peak.load(Ordering::Relaxed)
    }
}

/// Warnings of the stores that a query has read, each once.
#[derive(Debug, Default)]
pub struct Warnings(Mutex<BTreeSet<String>>);

impl Warnings {
    /// Adds a warning.
    pub fn add(&self, text: String) {
        self.0.lock().expect("no holder of this lock panics").insert(text);
    }

    /// All warnings so far, in the order of their text.
    pub fn to_vec(&self) -> Vec<String> {
        self.0.lock().expect("no holder of this lock panics").iter().cloned().collect()
    }
}
