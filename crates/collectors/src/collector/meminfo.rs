//! Memory, from `/proc/meminfo`.
//!
//! Only the fields upstream knows are shown: a dump of every line would give families that its users
//! never see, and names that a later release may give another meaning.

use std::fmt::Write as _;

use crate::error::CollectError;
use crate::roots::{Roots, read_text};
use crate::run::Collector;
use crate::sink::Sink;

/// Are the fields in bytes, by the name the kernel prints.
const BYTE_FIELDS: [&str; 47] = [
    "Active",
    "Active(anon)",
    "Active(file)",
    "AnonHugePages",
    "AnonPages",
    "Bounce",
    "Buffers",
    "Cached",
    "CmaFree",
    "CmaTotal",
    "CommitLimit",
    "Committed_AS",
    "DirectMap1G",
    "DirectMap2M",
    "DirectMap4k",
    "Dirty",
    "HardwareCorrupted",
    "Hugepagesize",
    "Inactive",
    "Inactive(anon)",
    "Inactive(file)",
    "KernelStack",
    "Mapped",
    "MemAvailable",
    "MemFree",
    "MemTotal",
    "Mlocked",
    "NFS_Unstable",
    "PageTables",
    "Percpu",
    "SReclaimable",
    "SUnreclaim",
    "Shmem",
    "ShmemHugePages",
    "ShmemPmdMapped",
    "Slab",
    "SwapCached",
    "SwapFree",
    "SwapTotal",
    "Unevictable",
    "VmallocChunk",
    "VmallocTotal",
    "VmallocUsed",
    "Writeback",
    "WritebackTmp",
    "Zswap",
    "Zswapped",
];

/// Are the fields that count pages.
const COUNT_FIELDS: [&str; 4] =
    ["HugePages_Free", "HugePages_Rsvd", "HugePages_Surp", "HugePages_Total"];

#[derive(Debug)]
pub(crate) struct Meminfo {
    roots: Roots,
}

impl Meminfo {
    pub(crate) fn new(roots: &Roots) -> Self {
        Self { roots: roots.clone() }
    }
}

impl Collector for Meminfo {
    fn update(&self, sink: &mut Sink) -> Result<(), CollectError> {
        let path = self.roots.proc("meminfo");
        for line in read_text(&path)?.lines() {
            let Some((field, amount)) = parse_line(line) else {
                Sink::odd_line(&path, line);
                continue;
            };
            let Some(name) = family_suffix(field) else { continue };
            sink.gauge(
                format!("node_memory_{name}"),
                format!("Memory information field {name}."),
                &[],
                amount as f64,
            );
        }
        Ok(())
    }
}

/// Takes `Field:   12 kB` or `Field:   12` apart; the amount is in bytes or pages.
fn parse_line(line: &str) -> Option<(&str, u64)> {
    let (field, rest) = line.split_once(':')?;
    let mut words = rest.split_ascii_whitespace();
    let amount: u64 = words.next()?.parse().ok()?;
    match (words.next(), words.next()) {
        (None, None) => Some((field, amount)),
        (Some("kB"), None) => Some((field, amount.checked_mul(1024)?)),
        _ => None,
    }
}

fn family_suffix(field: &str) -> Option<String> {
    if COUNT_FIELDS.contains(&field) {
        return Some(field.to_owned());
    }
    if !BYTE_FIELDS.contains(&field) {
        return None;
    }
    let mut name = String::with_capacity(field.len() + 8);
    for part in field.split(['(', ')']).filter(|part| !part.is_empty()) {
        if !name.is_empty() {
            name.push('_');
        }
        name.push_str(part);
    }
    write!(name, "_bytes").expect("writing to a string cannot fail");
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_line_apart() {
        let check = |line, expected| assert_eq!(parse_line(line), expected, "{line}");
        check("MemTotal:        3831959 kB", Some(("MemTotal", 3_831_959 * 1024)));
        check("HugePages_Free:        7", Some(("HugePages_Free", 7)));
        check("Active(anon):    2 kB", Some(("Active(anon)", 2048)));
        check("MemTotal:", None);
        check("MemTotal: 3 MB", None);
        check("MemTotal: 3 kB more", None);
        check("MemTotal: -3 kB", None);
        check("MemTotal: 18446744073709551615 kB", None);
        check("", None);
    }

    #[test]
    fn names_known_fields_only() {
        assert_eq!(family_suffix("Active(anon)").as_deref(), Some("Active_anon_bytes"));
        assert_eq!(family_suffix("HugePages_Free").as_deref(), Some("HugePages_Free"));
        assert_eq!(family_suffix("SecPageTables"), None);
    }
}
