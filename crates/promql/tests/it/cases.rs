//! Our own files in `tests/cases`: every case of every file passes.

use std::fs;
use std::path::Path;

use regain_promql::test_language;

#[test]
fn every_case_passes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let (mut complaints, mut cases) = (Vec::new(), 0);
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.display().to_string();
        match test_language::run(&name, &fs::read_to_string(&path).unwrap()) {
            Ok(report) => {
                cases += report.cases.len();
                complaints.extend(report.complaints());
            }
            Err(bad) => complaints.push(bad.to_string()),
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    assert!(cases > 330, "only {cases} cases were found");
}
