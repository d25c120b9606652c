//! What the log of a Prometheus has beside samples: exemplars and metadata.

use regain_prometheus_tsdb::PrometheusDir;
use regain_storage::{Appendable as _, ExemplarVerdict, Result};
use regain_tsdb::Db;

use super::{key_of, lane_of};

/// Puts it into a store that has room for it, and says how many exemplars that were. What is there already stays as it is.
pub(crate) fn carry(found: &PrometheusDir, db: &Db) -> Result<u64> {
    let said: Vec<_> = found.metadata().collect();
    db.keep_metadata(&said)?;
    // How late they may be was judged when they came; in order, none is late. The one that came first leaves the ring first.
    let mut exemplars: Vec<_> = found.exemplars().iter().collect();
    exemplars.sort_by_key(|(_, exemplar)| exemplar.time);
    let mut kept = 0;
    for run in exemplars.chunk_by(|(a, _), (b, _)| lane_of(a) == lane_of(b)) {
        let mut lane = db.appender(&key_of(&lane_of(&run[0].0)))?;
        for (labels, exemplar) in run {
            let series = lane.series(labels)?;
            let verdict = lane.stage_exemplar(series, exemplar.clone());
            kept += u64::from(verdict == ExemplarVerdict::Accepted);
            lane.commit()?;
        }
    }
    Ok(kept)
}
