//! The known flag that a misspelt one was meant to be.

use super::{Flag, Standing};

/// Names that differ in more letters than a third of them are no hint.
const DISTANCE_SHARE: usize = 3;

/// The flag whose name is closest to `name`, where one is close enough and works.
pub(super) fn closest(
    flags: impl Iterator<Item = &'static Flag>,
    name: &str,
) -> Option<&'static str> {
    let known = flags.filter(|flag| !flag.hidden && flag.standing == Standing::Works);
    let measured = known.map(|flag| (distance(flag.name, name), flag.name));
    let (distance, closest) = measured.min()?;
    (distance * DISTANCE_SHARE <= name.len()).then_some(closest)
}

/// The number of letters to insert, delete or exchange to get from `a` to `b`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (index, letter) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (column, other) in b.iter().enumerate() {
            let exchanged = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = exchanged.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[b.len()]
}
