//! Logs of programs, made fit to be shown.

use crate::order::LOG_BYTES_MAX;

const ESCAPE: char = '\u{1b}';
/// Begins and ends what Jenkins hides in a log for its pages to decorate.
const NOTE_START: &str = "\u{1b}[8mha:";
const NOTE_END: &str = "\u{1b}[0m";

/// Returns the end of a log, at most [`LOG_BYTES_MAX`], beginning with a whole line where the log was
/// cut. Console notes, escape sequences and control characters are left out; bytes that are no text are replaced.
pub(super) fn tail(bytes: &[u8], cut: bool) -> String {
    let plain = strip(&String::from_utf8_lossy(bytes));
    let start = plain.floor_char_boundary(plain.len().saturating_sub(LOG_BYTES_MAX));
    let (before, kept) = plain.split_at(start);
    if !cut && before.is_empty() || before.ends_with('\n') {
        return kept.to_owned();
    }
    match kept.split_once('\n') {
        Some((_, whole)) if !whole.is_empty() => whole.to_owned(),
        _ => kept.to_owned(),
    }
}

fn strip(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, _)) = rest.split_once(ESCAPE) {
        push_printable(&mut plain, before);
        let from = rest.split_at(before.len()).1;
        rest = after_note(from).unwrap_or_else(|| after_sequence(from));
    }
    push_printable(&mut plain, rest);
    plain
}

fn push_printable(plain: &mut String, text: &str) {
    plain.extend(
        text.chars().filter(|&letter| !letter.is_control() || matches!(letter, '\n' | '\t')),
    );
}

fn after_note(text: &str) -> Option<&str> {
    text.strip_prefix(NOTE_START)?.split_once(NOTE_END).map(|(_, rest)| rest)
}

/// Skips an escape sequence, `ESC [ parameters letter`, or the escape alone.
fn after_sequence(text: &str) -> &str {
    let mut letters = text.chars();
    letters.next();
    let after_escape = letters.as_str();
    let Some(parameters) = after_escape.strip_prefix('[') else { return after_escape };
    parameters
        .trim_start_matches(|letter: char| letter.is_ascii_digit() || ";?".contains(letter))
        .strip_prefix(|letter: char| letter.is_ascii_alphabetic())
        .unwrap_or(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_not_print_is_left_out() {
        for (bytes, plain) in [
            (&b"plain\ttext\r\n"[..], "plain\ttext\n"),
            (b"\x1b[31mred\x1b[0m", "red"),
            (b"\x1b[8mha:////4Fabc=\x1b[0mStarted by user admin\n", "Started by user admin\n"),
            (b"a\x1bb\x1b[", "ab"),
            (b"\x07bell\xff", "bell\u{fffd}"),
        ] {
            assert_eq!(tail(bytes, false), plain);
        }
    }

    #[test]
    fn the_end_is_kept_and_begins_with_a_whole_line() {
        let long = "0123456789\n".repeat(LOG_BYTES_MAX);
        let end = tail(long.as_bytes(), false);
        assert!(end.len() <= LOG_BYTES_MAX && end.starts_with("0123456789\n"), "{end:.20}");
        assert_eq!(tail(b"alf a line\nwhole\n", true), "whole\n");
    }
}
