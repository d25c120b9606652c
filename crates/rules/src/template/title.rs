//! Title case: each word begins with a capital letter, and the rest of it stays.

/// Join two parts of a word where a letter follows: `don't`, `e.g`.
const JOINERS: [char; 6] = ['\'', '.', ':', '’', '·', '․'];

/// Writes each word with a capital letter.
pub(super) fn title(text: &str) -> String {
    let mut titled = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    let mut is_in_word = false;
    while let Some(character) = characters.next() {
        if !is_in_word && character.is_alphabetic() {
            titled.extend(character.to_uppercase());
            is_in_word = true;
            continue;
        }
        titled.push(character);
        let next = characters.peek();
        is_in_word &= character.is_alphanumeric()
            || character == '_'
            || JOINERS.contains(&character) && next.is_some_and(|next| next.is_alphabetic());
    }
    titled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_begin_with_capital_letters() {
        for (text, expected) in [
            ("aa bb CC", "Aa Bb CC"),
            ("don't stop", "Don't Stop"),
            ("node-exporter down", "Node-Exporter Down"),
            ("disk_full", "Disk_full"),
            ("été", "Été"),
            ("", ""),
        ] {
            assert_eq!(title(text), expected, "{text}");
        }
    }
}
