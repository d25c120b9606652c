//! The requests of one sender.

mod lanes;
mod outcome;
mod series;
mod spelled;
mod staging;
mod symbolized;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use regain_model::Timestamp;
use regain_storage::Appendable;

use super::error::WriteError;
use super::metadata::Said;
use super::{AHEAD_MS_MAX, Message};
use spelled::Spelled;
use staging::{Request, Staging};
use symbolized::Symbolized;

pub use outcome::Outcome;

/// The memory that all senders of a receiver take together.
#[derive(Clone, Debug, Default)]
pub(super) struct Usage(Arc<AtomicUsize>);

impl Usage {
    pub(super) fn bytes(&self) -> usize {
        // Ordering: a limit that is kept a request late is kept.
        self.0.load(Ordering::Relaxed)
    }

    fn change(&self, from: usize, to: usize) {
        // Ordering: only the sum matters.
        self.0.fetch_add(to, Ordering::Relaxed);
        self.0.fetch_sub(from, Ordering::Relaxed);
    }
}

/// One sender: what is known about its series, and the lanes they are appended in.
pub(super) struct Sender {
    spelled: Spelled,
    symbolized: Symbolized,
    staging: Staging,
    requests: u64,
    usage: Usage,
    /// What this sender has added to `usage`.
    counted_bytes: usize,
}

impl Sender {
    pub(super) fn new(name: &str, make_zeros: bool, usage: Usage) -> Self {
        Self {
            spelled: Spelled::default(),
            symbolized: Symbolized::default(),
            staging: Staging::new(name, make_zeros),
            requests: 0,
            usage,
            counted_bytes: 0,
        }
    }

    /// Forgets all series and closes all lanes.
    pub(super) fn forget(&mut self) {
        self.spelled = Spelled::default();
        self.symbolized = Symbolized::default();
        self.staging.close();
        self.count_bytes();
    }

    fn count_bytes(&mut self) {
        let known = self.spelled.size_bytes() + self.symbolized.size_bytes();
        let bytes = known + self.staging.size_bytes();
        self.usage.change(self.counted_bytes, bytes);
        self.counted_bytes = bytes;
    }

    /// Appends what a request says: all or nothing in 1.0, what is right in 2.0. Where the request may be sent again as it
    /// is, nothing of it is kept in either.
    pub(super) fn write(
        &mut self,
        store: &dyn Appendable,
        message: Message,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Outcome, WriteError> {
        self.requests += 1;
        let mut request = Request {
            id: self.requests,
            outcome: Outcome::default(),
            said: Said::default(),
            spoke: Vec::new(),
            previous: None,
            time_ms_max: now.saturating_add(AHEAD_MS_MAX).as_millis(),
            is_partial: message == Message::V2,
        };
        let staging = &mut self.staging;
        let staged = match message {
            Message::V1 => self.spelled.stage(store, staging, body, &mut request),
            Message::V2 => self.symbolized.stage(store, staging, body, &mut request),
        };
        self.count_bytes();
        if let Err(error) = staged {
            self.staging.rollback();
            return Err(error);
        }
        if let Err(error) = keep_metadata(store, &request.said) {
            self.staging.rollback();
            return Err(error.into());
        }
        self.symbolized.remember_said(&request.spoke);
        let committed = self.staging.commit()?;
        Ok(Outcome { series_created: committed.series_created, ..request.outcome })
    }
}

/// Keeps what a request says about metrics. Where that fails, the sender has to send all of the request again.
fn keep_metadata(store: &dyn Appendable, said: &Said) -> Result<(), regain_storage::Error> {
    let said = said.all();
    if said.is_empty() { Ok(()) } else { store.keep_metadata(&said) }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.usage.change(self.counted_bytes, 0);
    }
}
