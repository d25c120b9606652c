//! Texts that look like another, for those who have mistyped one.

/// As many are suggested.
const SUGGESTED_MAX: usize = 3;
/// What begins or ends with a text is suggested when the text is at least this long.
const PART_CHARS_MIN: usize = 3;

/// Those of `candidates` that look most like `wanted`, the most similar first.
pub(super) fn similar(wanted: &str, candidates: &[String]) -> Vec<String> {
    let wanted: Vec<char> = wanted.to_lowercase().chars().collect();
    let mut found: Vec<(usize, &String)> = candidates
        .iter()
        .filter_map(|candidate| {
            let chars: Vec<char> = candidate.to_lowercase().chars().collect();
            Some((distance(&wanted, &chars)?, candidate))
        })
        .collect();
    found.sort();
    found.into_iter().take(SUGGESTED_MAX).map(|(_, candidate)| candidate.clone()).collect()
}

/// How far a text is from the wanted one; nothing where nobody would take one for the other.
fn distance(wanted: &[char], candidate: &[char]) -> Option<usize> {
    let (short, long) =
        if wanted.len() <= candidate.len() { (wanted, candidate) } else { (candidate, wanted) };
    let apart = long.len() - short.len();
    let is_part =
        short.len() >= PART_CHARS_MIN && long.windows(short.len()).any(|part| part == short);
    if is_part {
        // A word more or less is a smaller mistake than as many wrong letters.
        return Some(1 + apart / 2);
    }
    let most = (wanted.len() / 3).max(1);
    if apart > most {
        return None;
    }
    Some(edits(wanted, candidate)).filter(|edits| *edits <= most)
}

/// How many letters have to be changed, added or removed to make one text of the other.
fn edits(from: &[char], to: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistyped_names_find_theirs() {
        let names = ["node_cpu_seconds_total", "node_load1", "node_memory_MemFree_bytes", "up"];
        let names: Vec<String> = names.map(str::to_owned).to_vec();
        for (wanted, expected) in [
            ("node_cpu_second_total", &["node_cpu_seconds_total"][..]),
            ("node_cpu_seconds", &["node_cpu_seconds_total"]),
            ("cpu_seconds_total", &["node_cpu_seconds_total"]),
            ("node_memory_memfree_bytes", &["node_memory_MemFree_bytes"]),
            ("node_lod1", &["node_load1"]),
            ("un", &["up"]),
            ("node", &["node_load1", "node_cpu_seconds_total", "node_memory_MemFree_bytes"]),
            ("http_requests_total", &[]),
            ("", &[]),
        ] {
            assert_eq!(similar(wanted, &names), expected, "{wanted}");
        }
    }
}
