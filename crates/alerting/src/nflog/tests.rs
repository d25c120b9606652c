use proptest::prelude::*;
use regain_metrics::Registry;

use super::*;

const START: Timestamp = Timestamp::constant(1_700_000_000, 0);

fn at(second: i64) -> Timestamp {
    START.checked_add(jiff::SignedDuration::from_secs(second)).unwrap()
}

fn log() -> NotificationLog {
    NotificationLog::new(Duration::from_secs(100), NflogMetrics::new(&Registry::new()))
}

fn recipient() -> Recipient {
    Recipient { group_name: "team".into(), integration: "webhook".into(), index: 1 }
}

fn told(firing: &[u64], expiry: u64) -> Told {
    Told {
        group_key: "{}:{a=\"b\"}".into(),
        recipient: recipient(),
        firing: firing.to_vec(),
        resolved: Vec::new(),
        receiver_data: BTreeMap::new(),
        expiry: Duration::from_secs(expiry),
    }
}

#[test]
fn entries_are_known_by_upstreams_key() {
    assert_eq!(recipient().key("{}:{a=\"b\"}"), "{}:{a=\"b\"}:team/webhook/1");
}

#[test]
fn an_entry_is_kept_for_its_expiry_but_not_beyond_the_retention() {
    for (expiry, kept) in [(50, 50), (100, 100), (500, 100), (0, 100)] {
        let mut log = log();
        let entry = log.record(told(&[1], expiry), at(0)).unwrap();
        assert_eq!(entry.expires_at, at(kept), "expiry {expiry}");
        log.collect_garbage(at(kept - 1));
        assert!(log.find(&recipient(), "{}:{a=\"b\"}").is_some());
        log.collect_garbage(at(kept));
        assert!(log.find(&recipient(), "{}:{a=\"b\"}").is_none());
    }
}

#[test]
fn the_newest_entry_wins_whoever_wrote_it() {
    let mut log = log();
    let early = log.record(told(&[1], 0), at(0)).unwrap();
    let late = log.record(told(&[2], 0), at(10)).unwrap();
    assert!(log.record(told(&[3], 0), at(5)).is_none(), "the clock is behind");
    log.merge(Entry::clone(&early), at(11));
    assert_eq!(log.find(&recipient(), "{}:{a=\"b\"}"), Some(late));
    let expired = Entry { timestamp: at(20), expires_at: at(21), ..Entry::clone(&early) };
    log.merge(expired, at(22));
    assert_eq!(log.find(&recipient(), "{}:{a=\"b\"}").unwrap().firing, [2]);
    let newer = Entry { timestamp: at(20), ..Entry::clone(&early) };
    log.merge(newer, at(22));
    assert_eq!(log.find(&recipient(), "{}:{a=\"b\"}").unwrap().firing, [1]);
}

proptest! {
    #[test]
    fn what_is_stored_is_read_back(
        hashes in prop::collection::vec(any::<u64>(), 0..5),
        key in ".*",
        number: i64,
        index: u32,
        nanosecond in 0..4_000_000_000_000_000_000_i64,
    ) {
        let time = Timestamp::from_nanosecond(i128::from(nanosecond)).unwrap();
        let data = [
            ("text".to_owned(), ReceiverValue::Text(key.clone())),
            ("number".to_owned(), ReceiverValue::Integer(number)),
            (key.clone(), ReceiverValue::Float(0.5)),
        ];
        let entry = Entry {
            group_key: key.into(),
            recipient: Recipient { index, ..recipient() },
            timestamp: time,
            resolved: hashes.iter().rev().copied().collect(),
            firing: hashes,
            receiver_data: data.into(),
            expires_at: time,
        };
        prop_assert_eq!(Entry::decode(&entry.encode()), Ok(Some(entry)));
    }

    #[test]
    fn hostile_bytes_are_refused_or_read(bytes: Vec<u8>) {
        if let Ok(Some(entry)) = Entry::decode(&bytes) {
            prop_assert!(entry.encode().len() > 2);
        }
    }
}
