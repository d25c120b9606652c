//! Streaming inflate into a growing buffer with a cap.

use std::sync::{Mutex, PoisonError};

use flate2::{Decompress, FlushDecompress, Status};

use super::{CappedError, Format};

/// Is the smallest piece by which the output grows.
const GROWTH_BYTES_MIN: usize = 4096;

/// Is how many idle gzip states are kept; one takes about 50 kB and clearing it is cheaper than
/// building it.
const IDLE_STATES_MAX: usize = 8;

static IDLE_GZIP: Mutex<Vec<Decompress>> = Mutex::new(Vec::new());

/// Inflates one body piece by piece.
#[derive(Debug)]
pub struct Inflater {
    /// Present until the inflater is dropped.
    state: Option<Decompress>,
    format: Format,
    limit: usize,
    produced: usize,
    /// Whether the current member is complete.
    ended: bool,
    /// Whether any input came at all.
    started: bool,
}

impl Inflater {
    /// Starts a body of `format` (gzip or zlib) that may give at most `limit` bytes.
    pub fn new(format: Format, limit: usize) -> Self {
        let state = match format {
            Format::Gzip => idle_states().pop().unwrap_or_else(|| Decompress::new_gzip(15)),
            Format::Zlib | Format::Snappy => Decompress::new(true),
        };
        Self { state: Some(state), format, limit, produced: 0, ended: false, started: false }
    }

    /// Takes the next piece of input and appends what it gives.
    pub fn push(&mut self, mut input: &[u8], into: &mut Vec<u8>) -> Result<(), CappedError> {
        while !input.is_empty() {
            if self.ended {
                self.next_member()?;
            }
            self.started = true;
            let consumed = self.step(input, into)?;
            input = input.get(consumed..).unwrap_or_default();
        }
        // The window may still hold output although the input is used up.
        while self.started && !self.ended && into.len() == into.capacity() {
            let before = self.produced;
            self.step(&[], into)?;
            if self.produced == before {
                break;
            }
        }
        Ok(())
    }

    /// Ends the body: an error if it is not complete.
    pub fn finish(self) -> Result<(), CappedError> {
        if self.ended { Ok(()) } else { Err(CappedError::Truncated) }
    }

    /// Inflates into the free part of the buffer, which grows where it is full, and returns how much
    /// of the input was used.
    fn step(&mut self, input: &[u8], into: &mut Vec<u8>) -> Result<usize, CappedError> {
        if into.len() == into.capacity() {
            // One byte beyond the limit is enough to notice that it is exceeded.
            let left = (self.limit - self.produced).saturating_add(1);
            into.reserve(input.len().saturating_mul(4).max(GROWTH_BYTES_MIN).min(left));
        }
        let state = self.state.as_mut().expect("the state leaves only on drop");
        let (before_in, before_out) = (state.total_in(), into.len());
        let status = state.decompress_vec(input, into, FlushDecompress::None);
        let consumed = usize::try_from(state.total_in() - before_in).unwrap_or(input.len());
        self.produced += into.len() - before_out;
        if self.produced > self.limit {
            return Err(CappedError::TooLarge { limit: self.limit });
        }
        match status {
            Ok(Status::StreamEnd) => self.ended = true,
            Ok(Status::Ok | Status::BufError) => {}
            Err(_) if state.total_out() == 0 => {
                return Err(CappedError::Header { format: self.format });
            }
            Err(_) => return Err(CappedError::Corrupt { format: self.format }),
        }
        if consumed == 0 && into.len() == before_out && !self.ended && !input.is_empty() {
            return Err(CappedError::Corrupt { format: self.format });
        }
        Ok(consumed)
    }

    /// Starts the next member of a gzip file; zlib streams have only one.
    fn next_member(&mut self) -> Result<(), CappedError> {
        if self.format != Format::Gzip {
            return Err(CappedError::Corrupt { format: self.format });
        }
        self.state.as_mut().expect("the state leaves only on drop").reset(true);
        self.ended = false;
        Ok(())
    }
}

impl Drop for Inflater {
    fn drop(&mut self) {
        if self.format != Format::Gzip {
            return;
        }
        if let Some(mut state) = self.state.take() {
            let mut idle = idle_states();
            if idle.len() < IDLE_STATES_MAX {
                state.reset(true);
                idle.push(state);
            }
        }
    }
}

fn idle_states() -> std::sync::MutexGuard<'static, Vec<Decompress>> {
    IDLE_GZIP.lock().unwrap_or_else(PoisonError::into_inner)
}
