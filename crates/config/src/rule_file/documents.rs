//! Whether a file has more than one document.

/// Tells whether something follows the first document of a YAML text.
pub(super) fn has_second(text: &str) -> bool {
    let is_marker = |line: &str, marker: &str| {
        line.strip_prefix(marker)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
    };
    let is_empty = |line: &str| {
        let line = line.trim();
        line.is_empty() || line.starts_with('#')
    };
    // A marker is no document's content: it can stand at the start of a line only between documents.
    let mut has_content = false;
    let mut has_ended = false;
    for line in text.lines() {
        if is_marker(line, "---") {
            if has_content || has_ended {
                return true;
            }
            has_content = true;
        } else if is_marker(line, "...") {
            has_ended = true;
        } else if !is_empty(line) && !line.starts_with('%') {
            if has_ended {
                return true;
            }
            has_content = true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_follows_the_first_document_counts() {
        for (text, expected) in [
            ("", false),
            ("groups: []\n", false),
            ("---\ngroups: []\n", false),
            ("# a\n---\ngroups: []\n...\n# b\n", false),
            ("groups: []\n---\ngroups: []\n", true),
            ("groups: []\n---\n", true),
            ("---\n---\n", true),
            ("groups: []\n...\ngroups: []\n", true),
            ("a: |\n  ---\n", false),
        ] {
            assert_eq!(has_second(text), expected, "{text:?}");
        }
    }
}
