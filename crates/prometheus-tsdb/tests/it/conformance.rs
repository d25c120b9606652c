//! Blocks that came with Prometheus' own tests.

use std::io::Write as _;
use std::path::PathBuf;

use regain_prometheus_tsdb::Block;
use regain_storage::Ctx;
use regain_storage::fs::RealFs;

/// The data, or `None` where it is not there.
fn data() -> Option<PathBuf> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/conformance");
    let path = option_env!("REGAIN_CONFORMANCE").unwrap_or(root);
    let path = PathBuf::from(path).join("tsdb");
    if !path.is_dir() {
        let skipped = format!("SKIPPED: there is no conformance data at {}", path.display());
        writeln!(std::io::stderr(), "{skipped}").unwrap();
        return None;
    }
    Some(path)
}

#[test]
fn an_index_of_version_1_names_its_series_and_their_chunks() {
    let Some(data) = data() else { return };
    let block = Block::open(&RealFs, &data.join("index_format_v1")).unwrap();
    let series = block.series(&[], &Ctx::default()).unwrap();
    assert_eq!(series.len() as u64, block.meta().stats.num_series);
    let (mut samples, mut chunks) = (0, 0);
    for one in &series {
        assert!(!one.labels.is_empty());
        for chunk in block.chunks(one).unwrap() {
            samples += chunk.samples as u64;
            chunks += 1;
        }
    }
    assert_eq!((samples, chunks), (block.meta().stats.num_samples, block.meta().stats.num_chunks));
}
