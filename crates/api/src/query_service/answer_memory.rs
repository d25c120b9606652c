//! The memory of a rendered answer, which is counted until the client has it.

use std::sync::Arc;

use axum::body::Bytes;
use regain_promql::{EvalError, Part};
use regain_storage::{ByteBudget, Ctx};

/// The budget that an answer's text is written within.
#[derive(Debug)]
pub(crate) struct AnswerBudget(Arc<Ctx>);

impl AnswerBudget {
    pub(super) fn of(ctx: &Arc<Ctx>) -> Self {
        Self(Arc::clone(ctx))
    }

    /// Takes `bytes` for a text that outlives its query.
    pub(crate) fn take(&self, bytes: usize) -> Result<AnswerMemory, EvalError> {
        let (Self(ctx), bytes) = (self, bytes as u64);
        ctx.cancel.check()?;
        let held_bytes = ctx.bytes.held();
        let taken = ctx.bytes.take(bytes).map_err(EvalError::from);
        taken.map_err(|error| error.about(Part::Rendering, held_bytes))?;
        Ok(AnswerMemory(ctx.bytes.split(bytes)))
    }
}

/// Memory taken for a text; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct AnswerMemory(ByteBudget);

impl AnswerMemory {
    /// `body` together with its memory.
    pub(crate) fn owning(self, body: Vec<u8>) -> Bytes {
        Bytes::from_owner(Owned { body, _memory: self.0 })
    }
}

struct Owned {
    body: Vec<u8>,
    _memory: ByteBudget,
}

impl AsRef<[u8]> for Owned {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}
