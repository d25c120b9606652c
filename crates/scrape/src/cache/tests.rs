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
    assert_eq!(
        play(&mut cache, &["a", "new"]),
        (vec![], vec![]),
        "the references survive a failure"
    );
    assert_eq!(play(&mut cache, &["a"]), (vec![], vec![9]));
    assert_eq!(play(&mut cache, &["b"]), (vec!["b".to_owned()], vec![A]));
}

#[test]
fn failures_that_always_name_new_series_do_not_fill_the_memory() {
    let mut cache = SeriesCache::default();
    play(&mut cache, &["a", "b"]);
    let mut flushes = 0;
    for number in 0..2200_u64 {
        cache.begin();
        let text = number.to_string();
        assert_eq!(cache.find(text.as_bytes(), true), None);
        cache.insert(text.as_bytes(), Some(SeriesRef(number)), true).unwrap();
        flushes += usize::from(cache.fail(|_| {}));
        assert!(cache.len() <= 2 * 2 + FAILED_ENTRIES_MAX + 1);
    }
    assert_eq!(flushes, 2);
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

fn lines(names: impl IntoIterator<Item = usize>) -> Vec<String> {
    names.into_iter().map(|name| format!("m{{l=\"{name:050}\"}}")).collect()
}

fn cached(shared: &Arc<SharedTexts>, lines: &[String]) -> SeriesCache {
    let texts: Vec<&str> = lines.iter().map(String::as_str).collect();
    let mut cache = SeriesCache::new(shared);
    play(&mut cache, &texts);
    assert_eq!(play(&mut cache, &texts), (vec![], vec![]));
    assert!(cache.index.is_none());
    cache
}

#[test]
fn a_series_costs_twelve_bytes_beside_its_text() {
    let lines = lines(0..1200);
    let text_bytes: usize = lines.iter().map(|line| line.len() + 4).sum();
    let cache = cached(&Arc::default(), &lines);
    let own = cache.size_bytes() - text_bytes;
    assert!(own <= 1200 * 12 + 40 * 128, "{own}");
}

#[test]
fn targets_that_differ_in_a_few_series_share_most_texts() {
    let shared = Arc::default();
    let first = cached(&shared, &lines(0..1200));
    let alone = first.size_bytes();
    let second = cached(&shared, &lines((0..1200).filter(|name| name % 400 != 7)));
    let common = |chunk: &&Arc<texts::Chunk>| {
        first.texts.chunks().iter().any(|other| Arc::ptr_eq(chunk, other))
    };
    let chunks = second.texts.chunks();
    let shared = chunks.iter().filter(common).count();
    assert!(shared >= chunks.len() - 6, "{shared} of {}", chunks.len());
    assert!(first.size_bytes() + second.size_bytes() < alone * 3 / 2);
}

#[test]
fn texts_stay_whole_when_they_are_put_into_chunks_again_and_again() {
    let mut cache = SeriesCache::default();
    let mut seed = 1_u64;
    for _ in 0..200 {
        // A pseudo-random part of the series, in one of two orders.
        let mut names: Vec<usize> = (0..300)
            .filter(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                seed >> 60 > 3
            })
            .collect();
        if seed >> 59 & 1 == 0 {
            names.reverse();
        }
        let lines = lines(names);
        play(&mut cache, &lines.iter().map(String::as_str).collect::<Vec<_>>());
        let found: Vec<&[u8]> = (0..cache.len()).map(|at| cache.texts.get(at)).collect();
        assert_eq!(found, lines.iter().map(String::as_bytes).collect::<Vec<_>>());
    }
}

#[test]
fn a_run_of_hits_is_what_its_hits_make_one_by_one() {
    let mut caches = [SeriesCache::default(), SeriesCache::default()];
    for cache in &mut caches {
        play(cache, &["a", "b", "c"]);
    }
    for _ in 0..3 {
        let [runs, singles] = &mut caches;
        runs.begin();
        singles.begin();
        let texts: Vec<&[u8]> = runs.expected_run().unwrap().collect();
        assert_eq!(texts.concat().first(), Some(&b'a'));
        let hits: Vec<Hit> = texts.iter().map(|_| singles.hit(true)).collect();
        let series: Vec<SeriesRef> = hits.iter().filter_map(|hit| hit.series).collect();
        assert_eq!(runs.hit_run(texts.len()), Some((hits[0].entry, &series[..])));
        assert_eq!(runs.expected(), singles.expected());
        assert_eq!(runs.expected_run().is_none(), runs.expected().is_none());
        let mut vanished = [Vec::new(), Vec::new()];
        runs.for_each_vanished(|series| vanished[0].push(series));
        singles.for_each_vanished(|series| vanished[1].push(series));
        assert_eq!(vanished[0], vanished[1]);
        runs.finish();
        singles.finish();
    }
}

#[test]
fn a_run_with_something_special_in_it_is_no_run() {
    let mut cache = SeriesCache::default();
    cache.begin();
    cache.insert(b"a", Some(SeriesRef(1)), true).unwrap();
    cache.insert(b"dropped", None, true).unwrap();
    cache.finish();
    cache.begin();
    assert_eq!(cache.hit_run(2), None);
    assert_eq!(cache.hit_run(1), Some((0, &[SeriesRef(1)][..])));
    assert_eq!(cache.hit(true), Hit { entry: 1, series: None, repeated: false });
    cache.finish();
    cache.begin();
    assert!(cache.find(b"dropped", true).is_some());
    assert!(cache.find(b"a", true).is_some());
    assert_eq!(cache.hit_run(1), None, "the order has changed, so that each is noted");
}
