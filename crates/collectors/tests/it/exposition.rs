//! Scrapes as text, the way a server reads them.

use std::collections::BTreeMap;
use std::time::Duration;

use regain_collectors::{Host, Selection, Settings};
use regain_exposition::{Format, encode};

/// Runs these collectors once and gives the exposition.
pub(crate) fn scrape(settings: &Settings, collectors: &[&str]) -> String {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let host = Host::new(settings, collectors.iter().copied(), runtime.handle()).unwrap();
    text_of(&host)
}

pub(crate) fn text_of(host: &Host) -> String {
    let families = host.gather(&Selection::All, Duration::from_mins(1)).families;
    String::from_utf8(encode(&families, Format::TEXT).unwrap()).unwrap()
}

/// Takes an exposition apart into the blocks of its families, by name.
pub(crate) fn families(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut families: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut current = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            rest.split(' ').next().unwrap_or_default().clone_into(&mut current);
        }
        families.entry(current.clone()).or_default().push(line.to_owned());
    }
    families
}
