use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use regain_model::Labels;

use super::dedup::{Standing, reason};
use super::hash;
use crate::nflog::{Entry, Recipient};
use crate::notify::NotificationReason::{
    self, AllResolved, FirstNotification, NewAlerts, None as Nothing, RepeatIntervalElapsed,
    SomeResolved,
};

const NOW: Timestamp = Timestamp::constant(1_000_000, 0);
const REPEAT: Duration = Duration::from_secs(100);

fn entry(age: Duration, firing: &[u64], resolved: &[u64]) -> Entry {
    Entry {
        group_key: "{}:{}".into(),
        recipient: Recipient { group_name: "r".into(), integration: "webhook".into(), index: 0 },
        timestamp: NOW.checked_sub(age).unwrap(),
        firing: firing.to_vec(),
        resolved: resolved.to_vec(),
        receiver_data: BTreeMap::new(),
        expires_at: Timestamp::MAX,
    }
}

/// What was told so many seconds ago, as firing and resolved; how it stands now; whether resolved ones are sent.
type Case = (
    Option<(u64, &'static [u64], &'static [u64])>,
    &'static [u64],
    &'static [u64],
    bool,
    NotificationReason,
);

#[test]
fn the_decision_table_is_upstreams() {
    let cases: &[Case] = &[
        (None, &[1], &[], true, FirstNotification),
        (None, &[1], &[2], true, FirstNotification),
        (None, &[], &[1], true, Nothing),
        (None, &[], &[1], false, Nothing),
        (Some((1, &[1, 2, 3], &[])), &[1, 2, 3], &[], true, Nothing),
        (Some((1, &[1, 2, 3], &[])), &[2, 3], &[], true, Nothing),
        (Some((1, &[1, 2, 3], &[])), &[1, 2, 3, 4], &[], true, NewAlerts),
        (Some((1, &[1], &[])), &[2], &[], true, NewAlerts),
        (Some((1, &[], &[1])), &[1], &[], true, FirstNotification),
        (Some((1, &[], &[1])), &[1], &[2], false, FirstNotification),
        (Some((1, &[1, 2, 3], &[])), &[], &[1, 2, 3], true, AllResolved),
        (Some((1, &[1, 2, 3], &[])), &[], &[1, 2, 3], false, AllResolved),
        (Some((1, &[], &[])), &[], &[1], true, Nothing),
        (Some((1, &[], &[1])), &[], &[2], true, Nothing),
        (Some((1, &[1, 2], &[])), &[1], &[2], true, SomeResolved),
        (Some((1, &[1, 2], &[])), &[1], &[2], false, Nothing),
        (Some((1, &[1, 2], &[2])), &[1], &[2], true, Nothing),
        (Some((1, &[1, 2], &[3])), &[1], &[2, 3], true, SomeResolved),
        // Not a moment before the interval has passed, nor just then.
        (Some((99, &[1], &[])), &[1], &[], true, Nothing),
        (Some((100, &[1], &[])), &[1], &[], true, Nothing),
        (Some((101, &[1], &[])), &[1], &[], true, RepeatIntervalElapsed),
        (Some((101, &[1, 2], &[2])), &[1], &[], false, RepeatIntervalElapsed),
        // What nobody was told of does not repeat.
        (Some((101, &[], &[1])), &[], &[1], true, Nothing),
    ];
    for case in cases {
        let (told, firing, resolved, send_resolved, expected) = *case;
        let told =
            told.map(|(age, firing, resolved)| entry(Duration::from_secs(age), firing, resolved));
        let standing = Standing { firing, resolved, send_resolved };
        assert_eq!(reason(told.as_ref(), &standing, REPEAT, NOW), expected, "{case:?}");
    }
}

#[test]
fn alerts_are_hashed_as_upstream_does() {
    // That upstream writes these numbers is shown in tests/it/snapshots.rs, where its files are taken over.
    let labels = Labels::from_pairs([("b", "2"), ("a", "1")]);
    let expected = xxhash_rust::xxh64::xxh64(b"a\xff1\xffb\xff2\xff", 0);
    assert_eq!(hash(&labels), expected);
}
