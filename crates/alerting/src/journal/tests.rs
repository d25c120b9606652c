use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::prelude::*;
use regain_model::Labels;
use regain_storage::fs::MemFs;

use super::*;
use crate::alert::Alert;
use crate::dispatch::{GroupName, Timer};

const PATH: &str = "/data/regain/alerting.log";

fn open(fs: &MemFs) -> Result<(Journal, Replay), JournalError> {
    Journal::open(Arc::new(fs.clone()), Path::new(PATH))
}

fn timer(number: u32) -> Record {
    let name =
        GroupName { group_key: format!("{{}}:{{n=\"{number}\"}}").into(), receiver: "r".into() };
    let next = Timestamp::new(i64::from(number), 5).unwrap();
    Record::Timer(Timer { name, next, has_flushed: number.is_multiple_of(2) })
}

#[test]
fn records_come_back_in_order() {
    let fs = MemFs::new();
    let (mut journal, replay) = open(&fs).unwrap();
    assert!(replay.records.is_empty());
    let alert = Alert {
        labels: Labels::from_pairs([("a", "b")]),
        annotations: BTreeMap::from([("c".to_owned(), String::new())]),
        starts_at: Timestamp::new(1, 2).unwrap(),
        ends_at: None,
        generator_url: "http://x".to_owned(),
        updated_at: Timestamp::new(-1, 0).unwrap(),
        timeout: true,
    };
    let Record::Timer(Timer { name, .. }) = timer(9) else { panic!("it is a timer") };
    let all = [timer(1), Record::Alert(Arc::new(alert)), Record::NoTimer(name), timer(2)];
    journal.rewrite(all[..1].iter().cloned()).unwrap();
    for record in &all[1..] {
        journal.append(record, true);
    }
    journal.commit().unwrap();
    fs.cut_power(0);
    let (_, replay) = open(&fs).unwrap();
    assert_eq!(replay.records, all);
    assert_eq!(replay.damaged, 0);
}

#[test]
fn a_torn_end_costs_what_was_not_committed() {
    let fs = MemFs::new();
    let (mut journal, _) = open(&fs).unwrap();
    journal.rewrite([timer(1)].into_iter()).unwrap();
    journal.append(&timer(2), true);
    journal.commit().unwrap();
    let committed = fs.bytes(Path::new(PATH)).unwrap().len();
    journal.append(&timer(3), false);
    journal.commit().unwrap();
    let whole = fs.bytes(Path::new(PATH)).unwrap();
    for length in committed..whole.len() {
        let torn = MemFs::new();
        torn.set_bytes(Path::new(PATH), whole[..length].to_vec());
        let (_, replay) = open(&torn).unwrap();
        assert_eq!(replay.records, [timer(1), timer(2)], "{length} bytes");
        assert_eq!(replay.has_torn_end, length > committed);
        assert_eq!(replay.damaged, 0);
    }
}

#[test]
fn somebody_elses_file_is_left_alone() {
    let fs = MemFs::new();
    fs.set_bytes(Path::new(PATH), b"something else".to_vec());
    let error = open(&fs).unwrap_err();
    assert_eq!(error.to_string(), "/data/regain/alerting.log: not a log of alerting");
    let mut later = header();
    later[8] = 2;
    let crc = crc32c::crc32c(&later[..12]);
    later[12..].copy_from_slice(&crc.to_le_bytes());
    fs.set_bytes(Path::new(PATH), later.to_vec());
    let error = open(&fs).unwrap_err();
    assert_eq!(error.to_string(), "/data/regain/alerting.log: unknown version 2");
    // A header that was cut off holds nothing.
    fs.set_bytes(Path::new(PATH), b"RgnA".to_vec());
    assert!(open(&fs).unwrap().1.records.is_empty());
}

#[test]
fn a_damaged_log_is_kept_and_what_can_be_read_of_it_counts() {
    let fs = MemFs::new();
    let (mut journal, _) = open(&fs).unwrap();
    journal.rewrite([timer(1), timer(2), timer(3)].into_iter()).unwrap();
    let whole = fs.bytes(Path::new(PATH)).unwrap();
    for damaged in [9, HEADER_BYTES + 5, whole.len() / 2] {
        let mut bytes = whole.clone();
        bytes[damaged] ^= 1;
        fs.set_bytes(Path::new(PATH), bytes.clone());
        let (_, replay) = open(&fs).unwrap();
        let lost = usize::from(damaged >= HEADER_BYTES);
        assert_eq!((replay.records.len(), replay.damaged), (3 - lost, 1));
        assert!(!replay.has_torn_end);
        assert_eq!(fs.bytes(Path::new("/data/regain/alerting.log.damaged")), Some(bytes));
    }
}

#[test]
fn a_log_that_is_mostly_out_of_date_wants_to_be_written_anew() {
    let fs = MemFs::new();
    let (mut journal, _) = open(&fs).unwrap();
    journal.rewrite([timer(1)].into_iter()).unwrap();
    assert!(!journal.wants_rewrite());
    while journal.size_bytes <= REWRITE_BYTES_MIN {
        (0..1000).for_each(|number| journal.append(&timer(number), false));
        journal.commit().unwrap();
    }
    assert!(journal.wants_rewrite());
    journal.rewrite([timer(1)].into_iter()).unwrap();
    assert!(!journal.wants_rewrite());
}

proptest! {
    #[test]
    fn hostile_logs_are_read(body: Vec<u8>, payloads: Vec<Vec<u8>>) {
        let fs = MemFs::new();
        let mut bytes = header().to_vec();
        let whole = payloads.iter().filter(|payload| !payload.is_empty()).count();
        for payload in payloads.iter().filter(|payload| !payload.is_empty()) {
            frame::put(&mut bytes, |out| out.extend_from_slice(payload));
        }
        bytes.extend_from_slice(&body);
        fs.set_bytes(Path::new(PATH), bytes);
        let (_, replay) = open(&fs).unwrap();
        let torn = usize::from(replay.has_torn_end);
        prop_assert!(replay.records.len() + replay.damaged + torn >= whole);
    }
}
