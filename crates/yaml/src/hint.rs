//! The known word that is closest to an unknown one.

/// Words longer than this get no hint; comparing them would cost more than it tells.
const WORD_MAX: usize = 64;

/// The candidate that `word` is most likely a misspelling of.
///
/// The distance counts inserted, deleted, changed and swapped characters; at most a third of the
/// word may differ.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > WORD_MAX {
        return None;
    }
    let allowed = (word.len() / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= WORD_MAX)
        .map(|candidate| (distance(word.as_bytes(), candidate.as_bytes()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The optimal string alignment distance, row by row.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut before: Vec<usize> = vec![0; b.len() + 1];
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (above[j] + 1).min(row[j - 1] + 1).min(above[j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn a_misspelt_word_finds_the_one_meant() {
        let known = ["scrape_interval", "scrape_timeout", "job_name", "scheme"];
        for (word, expected) in [
            ("scrape_intervall", Some("scrape_interval")),
            ("scrape_intreval", Some("scrape_interval")),
            ("jobname", Some("job_name")),
            ("sheme", Some("scheme")),
            ("relabel_configs", None),
            ("", None),
        ] {
            assert_eq!(closest(word, known), expected, "{word}");
        }
    }
}
