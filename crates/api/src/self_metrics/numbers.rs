//! Families with one number, as tables.

use regain_metrics::{MetricFamily, MetricKind};

/// A family with one number: its name, its help, its kind, and how to read it from `S`.
pub(super) type Row<S> = (&'static str, &'static str, MetricKind, fn(&S) -> f64);

/// Adds the families of a table.
pub(super) fn collect<S>(rows: &[Row<S>], stats: &S, families: &mut Vec<MetricFamily>) {
    for &(name, help, kind, read) in rows {
        let mut family = MetricFamily::new(name, help, kind);
        family.push(Vec::new(), read(stats));
        families.push(family);
    }
}
