use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use regain_metrics::Registry;
use regain_model::{Labels, MatchOp, Matcher};

use super::*;
use crate::Fingerprint;
use crate::matcher::MatcherMode;

const START: Timestamp = Timestamp::constant(1_700_000_000, 0);

fn at(second: i64) -> Timestamp {
    START.checked_add(jiff::SignedDuration::from_secs(second)).unwrap()
}

fn silences_with(change: impl FnOnce(&mut SilenceOptions)) -> Silences {
    let mut options = SilenceOptions {
        retention: Duration::from_secs(100),
        silences_max: 0,
        size_bytes_max: 0,
        matcher_mode: MatcherMode::Fallback,
        log_changes: false,
    };
    change(&mut options);
    Silences::new(options, SilenceMetrics::new(&Registry::new()))
}

fn silences() -> Silences {
    silences_with(|_| ())
}

fn matcher(name: &str, op: MatchOp, value: &str) -> MatcherDraft {
    MatcherDraft { name: name.to_owned(), op, value: value.to_owned() }
}

fn draft(value: &str, start: i64, end: i64) -> SilenceDraft {
    SilenceDraft {
        matcher_sets: vec![vec![matcher("a", MatchOp::Equal, value)]],
        starts_at: Some(at(start)),
        ends_at: Some(at(end)),
        ..SilenceDraft::default()
    }
}

fn changed(id: &Arc<str>, draft: SilenceDraft) -> SilenceDraft {
    SilenceDraft { id: Some(id.as_ref().to_owned()), ..draft }
}

fn set(silences: &mut Silences, draft: SilenceDraft, now: i64) -> Arc<str> {
    static IDS: Sequence = Sequence::new(7);
    silences.set(draft, at(now), &IDS).unwrap().id
}

fn refused(draft: SilenceDraft) -> String {
    silences().set(draft, START, &Sequence::new(1)).unwrap_err().to_string()
}

#[test]
fn what_is_wrong_is_refused_in_upstreams_words() {
    let one = |name: &str, op, value: &str| SilenceDraft {
        matcher_sets: vec![vec![matcher(name, op, value)]],
        ..draft("b", 0, 10)
    };
    let sets = |matcher_sets| SilenceDraft { matcher_sets, ..draft("b", 0, 10) };
    let cases = [
        (sets(vec![]), "invalid silence: at least one matcher set required"),
        (sets(vec![vec![]]), "invalid silence: matcher set 0 is empty"),
        (
            one("", MatchOp::Equal, "b"),
            r#"invalid silence: invalid label matcher 0 in set 0: invalid label name """#,
        ),
        (
            one("a", MatchOp::Regex, "("),
            "invalid silence: invalid label matcher 0 in set 0: invalid regular expression \"(\": error parsing regexp: missing closing ): `(`",
        ),
        (
            one("a", MatchOp::Equal, ""),
            "invalid silence: matcher set 0: at least one matcher must not match the empty string",
        ),
        (
            one("a", MatchOp::Regex, ".*"),
            "invalid silence: matcher set 0: at least one matcher must not match the empty string",
        ),
        (
            SilenceDraft { ends_at: None, ..draft("b", 0, 10) },
            "invalid silence: invalid zero end timestamp",
        ),
        (draft("b", 10, 9), "invalid silence: end time must not be before start time"),
        (SilenceDraft { id: Some("no-such".to_owned()), ..draft("b", 0, 10) }, "silence not found"),
    ];
    for (draft, expected) in cases {
        assert_eq!(refused(draft), expected);
    }
    // A negative matcher is enough, even one that matches the empty text.
    let mut silences = silences();
    set(&mut silences, one("a", MatchOp::NotEqual, "x"), 0);
}

#[test]
fn limits_count_expired_silences_and_whole_messages() {
    let mut silences = silences_with(|options| options.silences_max = 1);
    let id = set(&mut silences, draft("b", 0, 10), 0);
    silences.expire(&id, at(1)).unwrap();
    let error = silences.set(draft("c", 2, 10), at(2), &Sequence::new(1)).unwrap_err();
    assert_eq!(error.to_string(), "exceeded maximum number of silences: 1 (limit: 1)");

    let mut exact = silences_with(|options| options.size_bytes_max = 1 << 20);
    let id = set(&mut exact, draft("b", 0, 10), 0);
    let bytes = exact.by_id[&id].size_bytes();
    let mut tight = silences_with(|options| options.size_bytes_max = bytes);
    set(&mut tight, draft("b", 0, 10), 0);
    let mut tighter = silences_with(|options| options.size_bytes_max = bytes - 1);
    let error = tighter.set(draft("b", 0, 10), at(0), &Sequence::new(1)).unwrap_err();
    let expected =
        format!("silence exceeded maximum size: {bytes} bytes (limit: {} bytes)", bytes - 1);
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_change_keeps_the_id_only_where_the_past_stays_as_it_was() {
    // The silence that is there, the change at second 10, and whether the id stays.
    let cases = [
        ((0, 100), draft("b", 0, 200), true),
        ((0, 100), draft("b", 0, 20), true),
        ((0, 100), draft("c", 0, 200), false),
        ((0, 100), draft("b", 1, 200), false),
        ((0, 100), draft("b", 0, 9), false),
        ((50, 100), draft("b", 60, 100), true),
        ((50, 100), draft("b", 9, 100), false),
        ((0, 5), draft("b", 0, 100), false),
    ];
    for ((start, end), change, stays) in cases {
        let mut silences = silences();
        let old = set(&mut silences, draft("b", start, end), 0);
        let new = set(&mut silences, changed(&old, change.clone()), 10);
        assert_eq!(new == old, stays, "{start}..{end} to {change:?}");
        if !stays {
            let old = silences.get(&old).unwrap();
            assert_eq!(old.state(at(10)), SilenceState::Expired);
            assert!(silences.get(&new).unwrap().starts_at >= at(10), "the past is not silenced");
        }
    }
}

#[test]
fn a_start_in_the_past_is_now_and_an_early_end_of_a_pending_one_is_now_too() {
    let mut silences = silences();
    let id = set(&mut silences, draft("b", -50, 100), 3);
    assert_eq!(silences.get(&id).unwrap().starts_at, at(3));
    let pending = set(&mut silences, draft("b", 50, 100), 3);
    silences.expire(&pending, at(7)).unwrap();
    let ended = silences.get(&pending).unwrap();
    assert_eq!((ended.starts_at, ended.ends_at), (at(7), at(7)));
    assert!(silences.expire(&pending, at(8)).unwrap().is_none(), "it has ended already");
    assert_eq!(silences.expire("no-such", at(8)).unwrap_err(), SilenceError::NotFound);
}

#[test]
fn a_clock_that_was_set_back_does_not_undo_a_change() {
    let mut silences = silences();
    let id = set(&mut silences, draft("b", 0, 100), 10);
    let before = silences.by_id[&id].clone();
    silences.expire(&id, at(5)).unwrap();
    silences.merge(before, at(11));
    assert_eq!(silences.get(&id).unwrap().state(at(11)), SilenceState::Expired);
}

#[test]
fn silences_are_listed_by_state_and_then_by_what_comes_next() {
    let mut silences = silences();
    for (value, start, end) in [
        ("late", 0, 90),
        ("soon", 0, 30),
        ("then", 60, 90),
        ("next", 40, 90),
        ("gone", 0, 3),
        ("just", 0, 9),
    ] {
        set(&mut silences, draft(value, start, end), 0);
    }
    let values = |filter: &SilenceFilter| -> Vec<_> {
        let found = silences.query(filter, at(10));
        found.iter().map(|(silence, _)| silence.matcher_sets[0][0].value().to_owned()).collect()
    };
    let all = SilenceFilter::default();
    assert_eq!(values(&all), ["soon", "late", "next", "then", "just", "gone"]);
    assert_eq!(
        values(&SilenceFilter { active: false, expired: false, ..all.clone() }),
        ["next", "then"]
    );
    let exactly = Matcher::equal("a", "soon");
    assert_eq!(
        values(&SilenceFilter { matchers: vec![exactly], ..SilenceFilter::default() }),
        ["soon"]
    );
    let matching = crate::matcher::new("a", MatchOp::Regex, "soon").unwrap();
    assert!(values(&SilenceFilter { matchers: vec![matching], ..all }).is_empty());
}

#[test]
fn any_set_silences_but_only_as_a_whole() {
    let mut silences = silences();
    let both = vec![matcher("a", MatchOp::Equal, "1"), matcher("b", MatchOp::Equal, "2")];
    let other = vec![matcher("c", MatchOp::Regex, "x|y")];
    let id = set(
        &mut silences,
        SilenceDraft { matcher_sets: vec![both, other], ..draft("", 0, 100) },
        0,
    );
    let mut by = |pairs: &[(&str, &str)]| {
        let labels = Labels::from_pairs(pairs.iter().copied());
        silences.silencing(Fingerprint::of(&labels), &labels, at(1))
    };
    assert_eq!(by(&[("a", "1"), ("b", "2")]), [Arc::clone(&id)]);
    assert_eq!(by(&[("c", "y")]), [id]);
    assert!(by(&[("a", "1")]).is_empty());
}

#[test]
fn garbage_goes_after_the_retention_and_not_before() {
    let mut silences = silences();
    let id = set(&mut silences, draft("b", 0, 10), 0);
    silences.collect_garbage(at(109));
    assert!(silences.get(&id).is_some());
    silences.collect_garbage(at(110));
    assert!(silences.get(&id).is_none());
}

#[test]
fn ids_are_random_uuids() {
    let ids = Sequence::new(42);
    let (a, b) = (new_id(&ids), new_id(&ids));
    assert_ne!(a, b);
    for id in [a, b] {
        let parts: Vec<_> = id.split('-').collect();
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(parts[2].starts_with('4') && parts[3].starts_with(['8', '9', 'a', 'b']), "{id}");
    }
}

#[derive(Clone, Debug)]
enum Step {
    Set(u8, i64, i64),
    Expire(prop::sample::Index),
    Change(prop::sample::Index, i64),
    Wait(i64),
    Collect,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..3_u8, 0..20_i64, 0..50_i64)
            .prop_map(|(value, start, length)| Step::Set(value, start, length)),
        any::<prop::sample::Index>().prop_map(Step::Expire),
        (any::<prop::sample::Index>(), 0..50_i64)
            .prop_map(|(index, length)| Step::Change(index, length)),
        (1..30_i64).prop_map(Step::Wait),
        Just(Step::Collect),
    ]
}

proptest! {
    #[test]
    fn the_cache_never_hides_a_silence(steps in prop::collection::vec(step(), 1..60)) {
        let mut silences = silences();
        let ids = Sequence::new(3);
        let mut now = 0;
        let mut known: Vec<Arc<str>> = Vec::new();
        for step in steps {
            match step {
                Step::Set(value, start, length) => {
                    let draft = draft(&value.to_string(), now + start, now + start + length);
                    known.push(silences.set(draft, at(now), &ids).unwrap().id);
                }
                Step::Expire(index) if !known.is_empty() => {
                    let id: &Arc<str> = index.get(&known);
                    silences.expire(id, at(now)).ok();
                }
                Step::Change(index, length) if !known.is_empty() => {
                    let id = Arc::clone(index.get(&known));
                    if let Some(silence) = silences.get(&id) {
                        let value = silence.matcher_sets[0][0].value().to_owned();
                        let start = silence.starts_at;
                        let draft = SilenceDraft { starts_at: Some(start), ends_at: Some(start.max(at(now + length))), ..draft(&value, 0, 0) };
                        known.push(silences.set(changed(&id, draft), at(now), &ids).unwrap().id);
                    }
                }
                Step::Wait(seconds) => now += seconds,
                Step::Collect => silences.collect_garbage(at(now)),
                Step::Expire(_) | Step::Change(..) => {}
            }
            for value in ["0", "1", "2"] {
                let labels = Labels::from_pairs([("a", value)]);
                let mut cached = silences.silencing(Fingerprint::of(&labels), &labels, at(now));
                let active = SilenceFilter { pending: false, expired: false, ..SilenceFilter::default() };
                let all = silences.query(&active, at(now));
                let mut matching: Vec<_> =
                    all.into_iter().map(|(silence, _)| silence).filter(|silence| silence.matches(&labels)).map(|silence| Arc::clone(&silence.id)).collect();
                cached.sort();
                matching.sort();
                prop_assert_eq!(cached, matching);
            }
        }
    }

    #[test]
    fn what_is_stored_is_read_back(
        names in prop::collection::vec(("[a-z]{1,5}", 0..4_u8, "[a-z.*|]{0,6}"), 1..4),
        times in prop::collection::vec(0..4_000_000_000_000_000_000_i64, 3),
        texts in prop::collection::vec(".*", 3),
    ) {
        let op = |number: u8| [MatchOp::Equal, MatchOp::NotEqual, MatchOp::Regex, MatchOp::NotRegex][usize::from(number)];
        let set: Vec<_> = names.iter().filter_map(|(name, number, value)| crate::matcher::new(name, op(*number), value).ok()).collect();
        prop_assume!(!set.is_empty());
        let time = |index: usize| Timestamp::from_nanosecond(i128::from(times[index])).unwrap();
        let silence = Silence {
            id: "id".into(),
            matcher_sets: vec![set.clone(), set],
            starts_at: time(0),
            ends_at: time(1),
            updated_at: time(2),
            created_by: texts[0].clone(),
            comment: texts[1].clone(),
            annotations: [(texts[2].clone(), String::new())].into(),
        };
        let stored = StoredSilence { silence: Arc::new(silence), expires_at: time(0) };
        prop_assert_eq!(StoredSilence::decode(&stored.encode()), Ok(stored));
    }

    #[test]
    fn hostile_bytes_are_refused_or_read(bytes: Vec<u8>) {
        if let Ok(stored) = StoredSilence::decode(&bytes) {
            prop_assert!(!bytes.is_empty() || stored.silence.id.is_empty());
        }
    }
}
