use super::*;

/// Plays one scrape: every text is tracked; returns which texts were new and which series vanished.
fn play(cache: &mut SeriesCache, texts: &[&str]) -> (Vec<String>, Vec<u64>) {
    cache.begin();
    let mut new = Vec::new();
    for text in texts {
        let bytes = text.as_bytes();
        if cache.expected() == Some(bytes) {
            cache.hit(true);
        } else if cache.find(bytes, true).is_none() {
            let series = SeriesRef(text.bytes().map(u64::from).sum());
            cache.insert(bytes, Some(series), true).unwrap();
            new.push((*text).to_owned());
        }
    }
    let mut vanished = Vec::new();
    cache.for_each_vanished(|series| vanished.push(series.0));
    cache.finish();
    (new, vanished)
}

fn check(scrapes: &[(&[&str], &[&str], &[u64])]) {
    let mut cache = SeriesCache::default();
    for (number, (texts, new, vanished)) in scrapes.iter().enumerate() {
        let (found_new, found_vanished) = play(&mut cache, texts);
        assert_eq!(found_new, *new, "new in scrape {number}");
        assert_eq!(found_vanished, *vanished, "vanished in scrape {number}");
        let unique: std::collections::BTreeSet<&&str> = texts.iter().collect();
        assert_eq!(cache.len(), unique.len(), "entries after scrape {number}");
    }
}

const A: u64 = b'a' as u64;
const B: u64 = b'b' as u64;
const C: u64 = b'c' as u64;

#[test]
fn a_repeated_body_finds_everything() {
    check(&[(&["a", "b", "c"], &["a", "b", "c"], &[]), (&["a", "b", "c"], &[], &[])]);
}

#[test]
fn series_that_come_go_and_move_are_followed() {
    check(&[
        (&["a", "b", "c"], &["a", "b", "c"], &[]),
        (&["a", "c"], &[], &[B]),
        (&["a", "x", "c"], &["x"], &[]),
        (&["c", "x", "a"], &[], &[]),
        (&["c", "x"], &[], &[A]),
        (&["c", "x", "a", "b"], &["a", "b"], &[]),
        (&["b"], &[], &[C, b'x'.into(), A]),
        (&["b", "b"], &[], &[]),
    ]);
}

#[test]
fn a_failed_iteration_ends_what_was_live_once() {
    let mut cache = SeriesCache::default();
    play(&mut cache, &["a", "b"]);
    cache.begin();
    cache.hit(true);
    cache.find(b"new", true);
    cache.insert(b"new", Some(SeriesRef(9)), true).unwrap();
    let mut vanished = Vec::new();
    cache.fail(|series| vanished.push(series.0));
    assert_eq!(vanished, [A, B]);
    cache.begin();
    vanished.clear();
    cache.fail(|series| vanished.push(series.0));
    assert!(vanished.is_empty());
    assert_eq!(play(&mut cache, &["a", "new"]), (vec![], vec![]), "the references survive a failure");
    assert_eq!(play(&mut cache, &["a"]), (vec![], vec![9]));
    assert_eq!(play(&mut cache, &["b"]), (vec!["b".to_owned()], vec![A]));
}

#[test]
fn failures_that_always_name_new_series_do_not_fill_the_memory() {
    let mut cache = SeriesCache::default();
    play(&mut cache, &["a", "b"]);
    let mut flushes = 0;
    for number in 0..5000_u64 {
        cache.begin();
        let text = number.to_string();
        assert_eq!(cache.find(text.as_bytes(), true), None);
        cache.insert(text.as_bytes(), Some(SeriesRef(number)), true).unwrap();
        flushes += usize::from(cache.fail(|_| {}));
        assert!(cache.len() <= 2 * 2 + FAILED_ENTRIES_MAX + 1);
    }
    assert_eq!(flushes, 4);
    assert_eq!(play(&mut cache, &["a", "b"]), (vec![], vec![]));
}

#[test]
fn a_series_that_is_no_longer_tracked_has_vanished() {
    let mut cache = SeriesCache::default();
    play(&mut cache, &["a", "b"]);
    cache.begin();
    cache.hit(false);
    let refused = cache.hit(true);
    cache.untrack(refused.entry);
    let mut vanished = Vec::new();
    cache.for_each_vanished(|series| vanished.push(series.0));
    assert_eq!(vanished, [A, B]);
    cache.finish();
}

#[test]
fn dropped_series_are_remembered_and_never_vanish() {
    let mut cache = SeriesCache::default();
    cache.begin();
    cache.find(b"d", true);
    assert_eq!(cache.insert(b"d", None, true).unwrap().series, None);
    cache.finish();
    cache.begin();
    assert_eq!(cache.expected(), Some(&b"d"[..]));
    assert_eq!(cache.hit(true).series, None);
    cache.finish();
    assert_eq!(play(&mut cache, &[]), (vec![], vec![]));
}

#[test]
fn a_series_costs_sixteen_bytes_beside_its_text() {
    let texts: Vec<String> = (0..1200).map(|i| format!("m{{l=\"{i:050}\"}}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut cache = SeriesCache::default();
    play(&mut cache, &texts);
    play(&mut cache, &texts);
    assert!(cache.index.is_none());
    assert!(cache.size_bytes() <= 1201 * (57 + 16), "{}", cache.size_bytes());
}
