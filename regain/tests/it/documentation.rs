//! The page about all flags.

use std::path::Path;

use super::program::{run, text};

#[test]
fn the_page_about_flags_says_what_the_tables_say() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/flags.md");
    let written = std::fs::read_to_string(&page).unwrap_or_default();
    let printed = text(&run(&["write-documentation"]).stdout);
    assert!(
        written == printed,
        "docs/flags.md is out of date; write it with: regain write-documentation > docs/flags.md"
    );
}
