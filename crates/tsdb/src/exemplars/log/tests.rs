use proptest::prelude::*;
use regain_storage::record::{Scan, Scanned};

use super::*;
use crate::exemplars::Exemplars;
use crate::index::Index;
use regain_model::{KeySeed, SeriesKey, Span};

fn labels(name: &str, value: &str) -> Labels {
    Labels::from_pairs([(name, value)])
}

prop_compose! {
    fn any_exemplar()(
        value in any::<u64>(),
        time in any::<i64>(),
        is_timed in any::<bool>(),
        text in "[a-zä]{0,12}",
    ) -> Exemplar {
        let (labels, time) = (labels("trace_id", &text), Timestamp(time));
        Exemplar { labels, value: f64::from_bits(value), time, is_timed }
    }
}

proptest! {
    #[test]
    fn exemplars_come_back_bit_by_bit(
        all in prop::collection::vec((any::<u64>(), 0..3_u32, any::<bool>(), any_exemplar()), 1..20),
    ) {
        let sets: Vec<Labels> = (0..3).map(|at| labels("__name__", &format!("m{at}"))).collect();
        let logged = all.iter().map(|(number, series, spelled, exemplar)| {
            let series = if *spelled {
                LoggedSeries::Spelled(&sets[*series as usize])
            } else {
                LoggedSeries::Id(*series)
            };
            Logged { number: *number, series, exemplar }
        });
        let mut payload = Vec::new();
        put(&mut payload, logged);
        prop_assert!(is_record(&payload));
        let (mut found, mut current) = (Vec::new(), None);
        let read = read(&payload, |number, series, exemplar| {
            current = series.or(current.take());
            found.push((number, current.clone().unwrap(), exemplar));
            Some(())
        });
        prop_assert_eq!(read, Some(()));
        prop_assert_eq!(found.len(), all.len());
        for ((number, series, exemplar), (was, id, spelled, expected)) in found.iter().zip(&all) {
            prop_assert_eq!(number, was);
            let set = sets[*id as usize].clone();
            let named = if *spelled { LoggedSeries::Spelled(set) } else { LoggedSeries::Id(*id) };
            prop_assert_eq!(series, &named);
            prop_assert_eq!(&exemplar.labels, &expected.labels);
            prop_assert_eq!(exemplar.value.to_bits(), expected.value.to_bits());
            prop_assert_eq!((exemplar.time, exemplar.is_timed), (expected.time, expected.is_timed));
        }
    }

    #[test]
    fn hostile_records_are_refused_or_read(mut tail: Vec<u8>) {
        let mut payload = Vec::new();
        put_varint(&mut payload, EXEMPLARS);
        payload.append(&mut tail);
        let exemplars = Exemplars::new(8);
        let mut replayed = exemplars.replay();
        let _ends = replayed.read(&payload, &Index::new(KeySeed(1)));
        replayed.finish(&exemplars);
        prop_assert!(exemplars.stats().count <= 8);
    }
}

#[test]
fn a_ring_that_takes_several_records_comes_back_in_its_order() {
    let exemplars = Exemplars::new(50);
    let index = Index::new(KeySeed(1));
    let mut ring = exemplars.ring_mut();
    for at in 0..80_u32 {
        let series = labels("__name__", &format!("m{}", at % 7));
        let key = SeriesKey::of_labels(KeySeed(1), &series);
        let (labels, time) = (labels("trace_id", &at.to_string()), Timestamp(i64::from(at)));
        let exemplar = Exemplar { labels, value: 1.0, time, is_timed: true };
        let number = ring.number(1);
        ring.add(key, number, exemplar, || Some(series));
    }
    drop(ring);
    let records = records(&exemplars.ring(), 200);
    assert!(records.len() > 3);
    let again = Exemplars::new(50);
    let mut replayed = again.replay();
    for record in records.iter().rev() {
        for scanned in Scan::new(record, 0) {
            let Scanned::Record(_, payload) = scanned else { panic!("a whole record") };
            replayed.read(payload, &index).unwrap();
        }
    }
    replayed.finish(&again);
    let shown = |exemplars: &Exemplars| format!("{:?}", exemplars.select(Span::ALL, &[vec![]]));
    assert_eq!(shown(&again), shown(&exemplars));
    // The one that came first goes first, as it would have.
    again.resize(49);
    exemplars.resize(49);
    assert_eq!(shown(&again), shown(&exemplars));
}
