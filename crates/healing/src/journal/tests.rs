use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use regain_model::Labels;
use regain_storage::fs::{Fs, MemFs};

use super::{AuditQuery, Damage, DamageKind, Journal, Opened};
use crate::machine::{Decision, Entry, Pause, Reason, Record, Scope};

const DIR: &str = "/healing";

fn open(fs: &MemFs) -> Opened {
    Journal::open(Arc::new(fs.clone()) as Arc<dyn Fs>, Path::new(DIR)).unwrap()
}

fn entry(sequence: u64) -> Record {
    let decision =
        if sequence.is_multiple_of(2) { Decision::Started } else { Decision::NotStarted };
    Record::Entry(Arc::new(Entry {
        sequence,
        at: Timestamp::from_second(1_800_000_000).unwrap(),
        decision,
        reason: (sequence % 2 == 1).then_some(Reason::Cooldown),
        remediation: "app".into(),
        target: Labels::from_pairs([("instance", "ä\"\n")]),
        alert: None,
        run: None,
        detail: format!("entry {sequence}"),
    }))
}

fn pause(by: &str) -> Record {
    Record::Pause(Pause {
        scope: Scope::All,
        by: by.to_owned(),
        reason: "test".to_owned(),
        since: Timestamp::from_second(1_800_000_000).unwrap(),
        until: None,
    })
}

fn sequences(journal: &Journal) -> Vec<u64> {
    let query = AuditQuery { limit: 1000, ..AuditQuery::default() };
    journal.audit(&query).entries.iter().map(|entry| entry.sequence).collect()
}

#[test]
fn says_again_what_was_written() {
    let fs = MemFs::new();
    let mut journal = open(&fs).journal;
    for sequence in 1..=5 {
        journal.append(&[entry(sequence), pause("eve")], || vec![Record::Snapshot]).unwrap();
    }
    drop(journal);
    fs.cut_power(0);
    let opened = open(&fs);
    assert_eq!(opened.damage, []);
    assert_eq!(opened.recovered.next_sequence, 6);
    assert_eq!(opened.recovered.pauses.len(), 1);
    assert_eq!(sequences(&opened.journal), [5, 4, 3, 2, 1]);
}

#[test]
fn answers_questions_about_the_audit_page_by_page() {
    let fs = MemFs::new();
    let mut journal = open(&fs).journal;
    let all: Vec<Record> = (1..=10).map(entry).collect();
    journal.append(&all, Vec::new).unwrap();
    let query = AuditQuery { limit: 3, decision: Some(Decision::Started), ..AuditQuery::default() };
    let page = journal.audit(&query);
    let found: Vec<u64> = page.entries.iter().map(|entry| entry.sequence).collect();
    assert_eq!((found, page.next), (vec![10, 8, 6], Some(6)));
    let page = journal.audit(&AuditQuery { before: page.next, ..query });
    let found: Vec<u64> = page.entries.iter().map(|entry| entry.sequence).collect();
    assert_eq!((found, page.next), (vec![4, 2], None));
    let other = AuditQuery { limit: 3, remediation: Some("b".to_owned()), ..AuditQuery::default() };
    assert_eq!(journal.audit(&other).entries.len(), 0);
}

#[test]
fn what_was_acknowledged_survives_a_stop_at_any_operation() {
    let write = |fs: &MemFs| {
        let mut acknowledged = 0;
        let mut journal = open(fs).journal;
        for sequence in 1..=6 {
            let snapshot = || vec![Record::Snapshot, pause("snapshot")];
            if journal.append(&[entry(sequence)], snapshot).is_ok() {
                acknowledged = sequence;
            }
        }
        acknowledged
    };
    let whole = MemFs::new();
    write(&whole);
    for operation in 0..whole.operations() {
        for kept in [0, 20, usize::MAX] {
            let fs = MemFs::new();
            fs.stop_at(operation);
            let acknowledged = write(&fs);
            fs.cut_power(kept);
            let opened = open(&fs);
            assert_eq!(opened.damage, [], "a torn write is no damage");
            let found = sequences(&opened.journal);
            let newest = found.first().copied().unwrap_or_default();
            assert!(newest >= acknowledged, "stopped at {operation}: {found:?}");
            assert!(opened.recovered.next_sequence.max(1) > newest);
        }
    }
}

#[test]
fn a_write_that_failed_once_is_made_up_for_in_another_file() {
    let whole = MemFs::new();
    let mut journal = open(&whole).journal;
    journal.append(&[entry(1)], Vec::new).unwrap();
    let before = whole.operations();
    for operation in before..before + 2 {
        let fs = MemFs::new();
        let mut journal = open(&fs).journal;
        journal.append(&[entry(1)], || vec![Record::Snapshot]).unwrap();
        fs.fail_at(operation);
        journal.append(&[entry(2), pause("lost")], || vec![Record::Snapshot]).unwrap_err();
        let snapshot = || vec![Record::Snapshot, pause("snapshot")];
        journal.append(&[entry(3)], snapshot).unwrap();
        drop(journal);
        fs.cut_power(usize::MAX);
        let opened = open(&fs);
        assert_eq!(opened.damage, []);
        assert_eq!(opened.recovered.pauses[0].by, "snapshot");
        assert_eq!(sequences(&opened.journal), [3, 2, 1]);
    }
}

/// The journal's one file, changed, and what is found wrong in it.
fn damage(change: impl FnOnce(&mut Vec<u8>, &[usize])) -> Vec<Damage> {
    let fs = MemFs::new();
    let mut journal = open(&fs).journal;
    let path = Path::new(DIR).join("00000001.journal");
    let mut ends = Vec::new();
    for sequence in 1..=4 {
        journal.append(&[entry(sequence)], || vec![Record::Snapshot]).unwrap();
        ends.push(fs.bytes(&path).unwrap().len());
    }
    drop(journal);
    let mut bytes = fs.bytes(&path).unwrap();
    change(&mut bytes, &ends);
    fs.set_bytes(&path, bytes);
    fs.heal();
    open(&fs).damage
}

#[test]
fn what_was_removed_or_changed_shows() {
    let removed = damage(|bytes, ends| {
        bytes.drain(ends[0]..ends[1]);
    });
    assert_eq!(removed.iter().map(|one| one.kind).collect::<Vec<_>>(), [DamageKind::Tampered]);
    let swapped = damage(|bytes, ends| {
        let second = bytes[ends[0]..ends[1]].to_vec();
        bytes.extend(second);
    });
    assert_eq!(swapped.iter().map(|one| one.kind).collect::<Vec<_>>(), [DamageKind::Tampered]);
    let changed = damage(|bytes, ends| bytes[ends[1] + 60] ^= 1);
    assert_eq!(
        changed.iter().map(|one| one.kind).collect::<Vec<_>>(),
        [DamageKind::Unreadable, DamageKind::Tampered],
    );
    let torn = damage(|bytes, ends| bytes.truncate(ends[3] - 5));
    assert_eq!(torn, []);
}

#[test]
fn long_journals_lose_their_oldest_files_only() {
    let fs = MemFs::new();
    let mut journal = open(&fs).journal;
    let long = |sequence| match entry(sequence) {
        Record::Entry(entry) => {
            let detail = "x".repeat(1 << 20);
            Record::Entry(Arc::new(Entry { detail, ..Entry::clone(&entry) }))
        }
        other => other,
    };
    for sequence in 1..=90 {
        journal.append(&[long(sequence)], || vec![Record::Snapshot, pause("eve")]).unwrap();
    }
    drop(journal);
    fs.heal();
    assert!(fs.paths().len() <= super::FILES_MAX + 2, "{:?}", fs.paths());
    let opened = open(&fs);
    assert_eq!(opened.damage, [], "the first file that is left continues what was removed");
    assert_eq!(opened.recovered.next_sequence, 91);
    assert_eq!(opened.recovered.pauses.len(), 1);
}

#[test]
fn belongs_to_one_process() {
    let fs = MemFs::new();
    let first = open(&fs);
    let second = Journal::open(Arc::new(fs.clone()), Path::new(DIR)).unwrap_err();
    assert_eq!(second.to_string(), "the journal /healing is used by another process");
    drop(first);
    open(&fs);
}
