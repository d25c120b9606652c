//! The operating system's errors in Go's words, because users compare and match them.

use std::io;

/// Returns the words of an error without its number and without a capital: `connection refused`.
pub fn os_text(error: &io::Error) -> String {
    let text = error.to_string();
    let words = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = words.chars();
    match (letters.next(), error.raw_os_error()) {
        (Some(first), Some(_)) => format!("{}{}", first.to_ascii_lowercase(), letters.as_str()),
        _ => words.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_errors_read_as_in_go() {
        for (number, text) in [
            (2, "no such file or directory"),
            (13, "permission denied"),
            (98, "address already in use"),
            (104, "connection reset by peer"),
            (111, "connection refused"),
        ] {
            assert_eq!(os_text(&io::Error::from_raw_os_error(number)), text);
        }
        assert_eq!(os_text(&io::Error::other("Odd")), "Odd");
    }
}
