//! Words with capital letters.

/// `text` with the first letter of each word in title case and all others in lower case.
///
/// Words end where Unicode's rules for American English end them: not at an underscore, and not at an apostrophe or
/// a point between letters.
pub(super) fn title(text: &str) -> String {
    let mut titled = String::with_capacity(text.len());
    let mut in_word = false;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        if c.is_alphabetic() {
            if in_word {
                titled.extend(c.to_lowercase());
            } else {
                titled.extend(c.to_uppercase());
            }
            in_word = true;
            continue;
        }
        titled.push(c);
        let joins = matches!(c, '\'' | '.' | ':' | '\u{2019}' | '\u{b7}');
        let next_is_letter = characters.peek().is_some_and(|next| next.is_alphabetic());
        // Digits and underscores go on with a word but begin none.
        in_word = in_word && (c.is_numeric() || c == '_' || joins && next_is_letter);
    }
    titled
}
