//! What is kept for later makes no query fail.

use std::sync::Arc;

use regain_model::Timestamp;
use regain_storage::{ByteBudget, Ctx};

use super::{SECOND, ask_within, comparable, store};
use crate::engine::{EngineOptions, Steps};

#[test]
fn a_query_that_fits_without_sharing_fits_with_it() {
    let store = store();
    // What `a` is comes back at the very end, while others come and go.
    let text = "count(a or b) + count(c_total or (d or {__name__=\"h_bucket\"})) + count(b or a)";
    let steps = Steps { start: Timestamp(0), end: Timestamp(390 * SECOND), step_ms: 100 };
    let with = |bytes_max, share| {
        let options = EngineOptions { workers: 1, ..EngineOptions::default() };
        let ctx = Arc::new(Ctx::limited(u64::MAX, ByteBudget::new(bytes_max, Arc::default())));
        let result = ask_within(&ctx, &store, text, Some(steps), &options, share);
        (result, ctx.bytes.peak())
    };
    let ((plain, least), (_, shared)) = (with(u64::MAX, false), with(u64::MAX, true));
    // The names of the series that were met before stay.
    let enough = least.midpoint(shared);
    assert!(enough > least + 2000, "{shared} bytes are held where {least} would do");
    assert_eq!(comparable(with(enough, true).0), comparable(plain));
    assert!(with(least / 2, true).0.is_err());
}
