//! The front door: requests of any sender.

use std::fmt;
use std::sync::{Arc, Mutex};

use hashbrown::HashMap;
use regain_model::Timestamp;
use regain_storage::Appendable;

use super::error::WriteError;
use super::sender::{Outcome, Sender, Usage};
use super::{DECODED_BYTES_MAX, Message};

#[cfg(test)]
mod tests;

/// How much a receiver remembers, and what it adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiverOptions {
    /// Senders; beyond them, the one that was quiet for longest is forgotten.
    pub senders_max: usize,
    /// Bytes over all senders; beyond them, a sender starts over with its next request.
    pub cache_bytes_max: usize,
    /// Whether a zero is written at the time from which a sample of 2.0 says that it counts, unless the series has
    /// something as new already.
    pub make_zeros: bool,
}

impl Default for ReceiverOptions {
    fn default() -> Self {
        Self { senders_max: 256, cache_bytes_max: 512 << 20, make_zeros: false }
    }
}

/// Takes requests and appends their samples to a store.
///
/// Requests of one sender go one after the other; those of different senders run side by side.
pub struct Receiver {
    store: Arc<dyn Appendable>,
    options: ReceiverOptions,
    usage: Usage,
    senders: Mutex<Senders>,
}

#[derive(Default)]
struct Senders {
    by_name: HashMap<String, Known>,
    requests: u64,
}

struct Known {
    sender: Arc<Mutex<Sender>>,
    last_request: u64,
}

impl Receiver {
    /// A receiver that appends to `store`.
    pub fn new(store: Arc<dyn Appendable>, options: ReceiverOptions) -> Self {
        Self { store, options, usage: Usage::default(), senders: Mutex::default() }
    }

    /// Appends the samples of `body`, a decompressed message: all or none of them in 1.0, those that are right in 2.0.
    /// In both, series over a limit of the store are left out and the rest is kept.
    ///
    /// `sender` names who sends, such as an address; `now` is the receiver's clock.
    pub fn write(
        &self,
        sender: &str,
        message: Message,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Outcome, WriteError> {
        if body.len() > DECODED_BYTES_MAX {
            return Err(WriteError::TooLarge);
        }
        let sender = self.sender(sender);
        let mut sender = match sender.lock() {
            Ok(guard) => guard,
            Err(poisoned) => {
                // A request that panicked ends itself, not the requests after it; what it may have left
                // half done is forgotten.
                let mut guard = poisoned.into_inner();
                guard.forget();
                sender.clear_poison();
                guard
            }
        };
        if self.usage.bytes() > self.options.cache_bytes_max {
            sender.forget();
        }
        sender.write(&*self.store, message, body, now)
    }

    fn sender(&self, name: &str) -> Arc<Mutex<Sender>> {
        let mut senders = self.senders.lock().expect("no holder of this lock panics");
        senders.requests += 1;
        let last_request = senders.requests;
        if let Some(known) = senders.by_name.get_mut(name) {
            known.last_request = last_request;
            return Arc::clone(&known.sender);
        }
        if senders.by_name.len() >= self.options.senders_max {
            senders.forget_oldest();
        }
        let sender =
            Arc::new(Mutex::new(Sender::new(name, self.options.make_zeros, self.usage.clone())));
        let known = Known { sender: Arc::clone(&sender), last_request };
        senders.by_name.insert(name.to_owned(), known);
        sender
    }
}

impl Senders {
    fn forget_oldest(&mut self) {
        let oldest = self.by_name.iter().min_by_key(|(_, known)| known.last_request);
        if let Some(name) = oldest.map(|(name, _)| name.clone()) {
            self.by_name.remove(&name);
        }
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("options", &self.options).finish_non_exhaustive()
    }
}
