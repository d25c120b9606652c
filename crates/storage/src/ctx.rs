//! What travels with a query: its labels, its cancellation, its budget and its warnings.

mod bytes;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use crate::arena::LabelArena;
use crate::error::{Error, Result};
use crate::histograms::HistogramArena;

pub use bytes::{ByteBudget, ByteLimit, BytePool, OverBytes};

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
    /// How many bytes may be in memory.
    pub bytes: ByteBudget,
    /// How many of the bytes are those of `labels`.
    label_bytes: AtomicU64,
    /// What the answer should be accompanied by.
    pub warnings: Warnings,
}

impl Ctx {
    /// A context that may hold `samples_max` samples in memory at once.
    pub fn with_samples_max(samples_max: u64) -> Self {
        Self { budget: Budget::new(samples_max), ..Self::default() }
    }

    /// A context that may hold `samples_max` samples and what `bytes` allows.
    pub fn limited(samples_max: u64, bytes: ByteBudget) -> Self {
        Self { budget: Budget::new(samples_max), bytes, ..Self::default() }
    }

    /// Takes from the budget of bytes what the label sets have grown by since the last time. They grow wherever
    /// series are met; whoever adds many calls this now and then.
    pub fn hold_labels(&self) -> Result<()> {
        let bytes = self.labels.size_bytes();
        // Ordering: a counter that guards no other memory.
        let before = self.label_bytes.fetch_max(bytes, Ordering::Relaxed);
        if bytes > before { self.bytes.take(bytes - before) } else { Ok(()) }
    }
}

const RUNNING: u8 = 0;
const CANCELED: u8 = 1;
const TIMED_OUT: u8 = 2;
const KILLED: u8 = 3;

/// A flag that ends a query early. A deadline is a cancel: whoever owns a clock raises it.
#[derive(Debug, Default)]
pub struct Cancel {
    state: AtomicU8,
    /// Who waits for the end.
    waiting: Mutex<Vec<Waker>>,
}

impl Cancel {
    /// Ends the query because nobody waits for it any more.
    pub fn cancel(&self) {
        self.raise(CANCELED);
    }

    /// Ends the query because its time is up.
    pub fn time_out(&self) {
        self.raise(TIMED_OUT);
    }

    /// Ends the query because somebody else than who asked wants it to end.
    pub fn kill(&self) {
        self.raise(KILLED);
    }

    /// An error once the query has been ended.
    pub fn check(&self) -> Result<()> {
        // Ordering: the flag guards no other memory.
        match self.state.load(Ordering::Relaxed) {
            RUNNING => Ok(()),
            TIMED_OUT => Err(Error::TimedOut),
            KILLED => Err(Error::Killed),
            _ => Err(Error::Canceled),
        }
    }

    /// Waits for the end of the query, for those who are asked before it works: [`Cancel::check`] is for work.
    pub fn poll_ended(&self, context: &mut Context<'_>) -> Poll<Error> {
        let mut waiting = self.waiting.lock().expect("no holder of this lock panics");
        if let Err(error) = self.check() {
            return Poll::Ready(error);
        }
        waiting.retain(|waker| !waker.will_wake(context.waker()));
        waiting.push(context.waker().clone());
        Poll::Pending
    }

    fn raise(&self, state: u8) {
        // The first reason stays. Ordering: the flag guards no other memory; who waits looks at it under the lock
        // that is taken below.
        let raised =
            self.state.compare_exchange(RUNNING, state, Ordering::Relaxed, Ordering::Relaxed);
        if raised.is_ok() {
            let mut waiting = self.waiting.lock().expect("no holder of this lock panics");
            std::mem::take(&mut *waiting).into_iter().for_each(Waker::wake);
        }
    }
}

/// The number of samples a query may hold in memory (`--query.max-samples`).
#[derive(Debug)]
pub struct Budget {
    max: u64,
    held: AtomicU64,
    peak: AtomicU64,
    /// What the largest value that a query has met counts.
    largest: AtomicU64,
    /// Whether somebody else counts.
    is_lifted: AtomicBool,
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(u64::MAX)
    }
}

impl Budget {
    /// A budget of `max` samples.
    pub const fn new(max: u64) -> Self {
        Self {
            max,
            held: AtomicU64::new(0),
            peak: AtomicU64::new(0),
            largest: AtomicU64::new(1),
            is_lifted: AtomicBool::new(false),
        }
    }

    /// How many samples may be in memory.
    pub const fn max(&self) -> u64 {
        self.max
    }

    /// Lets everything pass from now on, because somebody else counts more exactly and says so with
    /// [`note_peak`](Self::note_peak).
    pub fn lift(&self) {
        // Ordering: a flag that guards no other memory, and so below.
        self.is_lifted.store(true, Ordering::Relaxed);
    }

    fn is_lifted(&self) -> bool {
        self.is_lifted.load(Ordering::Relaxed)
    }

    /// Says that a value counts as `samples` samples.
    pub fn weigh(&self, samples: u64) {
        self.largest.fetch_max(samples, Ordering::Relaxed);
    }

    /// Says that so many samples were in memory.
    pub fn note_peak(&self, samples: u64) {
        self.peak.fetch_max(samples, Ordering::Relaxed);
    }

    /// Whether there would be room for so many more values, were each as large as the largest.
    pub fn check(&self, values: u64) -> Result<()> {
        // Ordering: counters that guard no other memory.
        let values = self.held().saturating_add(values);
        let samples = values.saturating_mul(self.largest.load(Ordering::Relaxed));
        if samples > self.max && !self.is_lifted() { Err(Error::TooManySamples) } else { Ok(()) }
    }

    /// Takes `samples` from the budget, or fails when it is exhausted.
    pub fn take(&self, samples: u64) -> Result<()> {
        // Ordering: a counter that guards no other memory.
        let held = self.held.fetch_add(samples, Ordering::Relaxed).saturating_add(samples);
        if self.is_lifted() {
            return Ok(());
        }
        self.note_peak(held);
        if held > self.max { Err(Error::TooManySamples) } else { Ok(()) }
    }

    /// Gives `samples` back.
    pub fn give_back(&self, samples: u64) {
        // Ordering: a counter that guards no other memory.
        self.held.fetch_sub(samples, Ordering::Relaxed);
    }

    /// The number of samples held now.
    pub fn held(&self) -> u64 {
        // Ordering: a counter that guards no other memory.
        self.held.load(Ordering::Relaxed)
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
