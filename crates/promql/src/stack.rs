//! A stack for expressions that are higher than others.
//!
//! The planner and the evaluator walk down an expression level by level. A chain of thousands of
//! operations is rare and legal, so it gets a thread with a stack of its own size rather than every
//! query a larger one.

use std::io;
use std::panic::resume_unwind;
use std::thread::{Builder, scope};

use crate::ast::Expr;
use crate::parser::NESTING_MAX;

/// What planning and evaluating one level takes at most, in bytes, without optimisation.
const LEVEL_BYTES: usize = 64 * 1024;

/// Does `work`, which walks over `expr`, where there is stack enough for it. Fails where the system has
/// no memory for such a stack.
pub(crate) fn with_stack_for<T: Send>(
    expr: &Expr,
    work: impl FnOnce() -> T + Send,
) -> io::Result<T> {
    let levels = expr.levels();
    if levels <= NESTING_MAX as usize {
        return Ok(work());
    }
    scope(|scope| {
        let thread = Builder::new().stack_size(levels * LEVEL_BYTES);
        let thread = thread.spawn_scoped(scope, work)?;
        Ok(thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}
