//! Metrics that are known only at the moment of asking.

use regain_exposition::MetricFamily;

/// Produces families at gather time.
pub trait Collect: Send + Sync {
    /// Appends the families as they are now.
    fn collect(&self, families: &mut Vec<MetricFamily>);
}

impl<F> Collect for F
where
    F: Fn(&mut Vec<MetricFamily>) + Send + Sync,
{
    fn collect(&self, families: &mut Vec<MetricFamily>) {
        self(families);
    }
}
