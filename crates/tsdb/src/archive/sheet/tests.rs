use proptest::prelude::*;
use regain_model::{Labels, MatchOp};

use super::*;

fn labels() -> impl Strategy<Value = Labels> {
    prop::collection::btree_map("[a-c]{1,2}", "[x-zé]{1,3}", 1..4)
        .prop_map(|pairs| Labels::from_pairs(&pairs))
}

fn entries(all: &[(Labels, (u128, u32), Sealed)]) -> Vec<Entry<'_>> {
    let mut entries: Vec<Entry<'_>> = all
        .iter()
        .map(|(labels, (key, id), sealed)| Entry {
            key: SeriesKey(*key),
            id: *id,
            sealed: *sealed,
            labels: labels.iter().collect(),
        })
        .collect();
    entries.sort_by_key(|entry| entry.key);
    entries
}

fn all() -> impl Strategy<Value = Vec<(Labels, (u128, u32), Sealed)>> {
    let sealed =
        (any::<u32>(), any::<u32>()).prop_map(|(a, b)| Sealed { min_s: a.min(b), max_s: a.max(b) });
    prop::collection::vec((labels(), any::<(u128, u32)>(), sealed), 0..20)
}

proptest! {
    #[test]
    fn series_come_back_and_match_as_their_labels_do(
        all in all(),
        name in "[a-c]{1,2}",
        value in "[x-zé]{0,2}",
    ) {
        let entries = entries(&all);
        let mut out = vec![7];
        put(&mut out, &entries);
        let sheet = Sheet::read(&out[1..]).unwrap();
        prop_assert_eq!(sheet.len(), entries.len());
        for (at, entry) in entries.iter().enumerate() {
            prop_assert_eq!(&sheet.entry(at), entry);
            prop_assert!(sheet.find(entry.key).contains(&at));
        }
        for op in [MatchOp::Equal, MatchOp::NotEqual, MatchOp::Regex, MatchOp::NotRegex] {
            let pattern = if matches!(op, MatchOp::Equal | MatchOp::NotEqual) { value.clone() } else { format!("{value}.*") };
            let matcher = Matcher::new(name.as_str(), op, pattern).unwrap();
            let expected: Vec<usize> = (0..entries.len())
                .filter(|&at| {
                    let labels = &entries[at].labels;
                    let value = labels.iter().find(|label| label.0 == name);
                    matcher.matches(value.map_or("", |label| label.1))
                })
                .collect();
            prop_assert_eq!(sheet.matching(&[matcher]), expected);
        }
        let odd: Vec<usize> = (0..entries.len()).filter(|at| at % 2 == 1).collect();
        let some = sheet.extract(&odd);
        prop_assert!((0..some.len()).map(|at| some.entry(at)).eq(odd.iter().map(|&at| sheet.entry(at))));
        let at = out.len() / 2;
        out[at] ^= 1;
        prop_assert!(Sheet::read(&out[1..]).is_none());
    }

    #[test]
    fn hostile_sheets_are_refused_or_read(mut bytes: Vec<u8>) {
        let crc = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&crc.to_le_bytes());
        if let Some(sheet) = Sheet::read(&bytes) {
            for at in 0..sheet.len() {
                prop_assert!(sheet.labels(at).count() <= bytes.len());
            }
        }
    }
}
