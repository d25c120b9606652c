//! Variables in the values of external labels.

/// Replaces `$NAME` and `${NAME}` in `text` by what `variable` says and `$$` by a dollar, as Go's
/// `os.Expand` does.
pub(crate) fn expand(text: &str, variable: &mut dyn FnMut(&str) -> String) -> String {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        let (name, tail) = shell_name(after);
        match name {
            Name::Variable("$") => expanded.push('$'),
            Name::Variable(name) => expanded.push_str(&variable(name)),
            Name::Malformed => {}
            Name::None => expanded.push('$'),
        }
        rest = tail;
    }
    expanded.push_str(rest);
    expanded
}

enum Name<'a> {
    Variable(&'a str),
    /// Braces that do not close or hold nothing; they vanish.
    Malformed,
    /// No name at all; the dollar stays.
    None,
}

/// The name at the start of what follows a dollar, and the rest.
fn shell_name(text: &str) -> (Name<'_>, &str) {
    if let Some(inner) = text.strip_prefix('{') {
        return match inner.split_once('}') {
            Some(("", rest)) => (Name::Malformed, rest),
            Some((name, rest)) => (Name::Variable(name), rest),
            None => (Name::Malformed, inner),
        };
    }
    let special = |byte: &u8| b"*#$@!?-0123456789".contains(byte);
    let len = match text.as_bytes().first() {
        Some(byte) if special(byte) => 1,
        _ => {
            let end = |c: char| !c.is_ascii_alphanumeric() && c != '_';
            text.find(end).unwrap_or(text.len())
        }
    };
    match text.split_at_checked(len) {
        Some((name, rest)) if len > 0 => (Name::Variable(name), rest),
        _ => (Name::None, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_expand_as_go_expands_them() {
        for (text, expected) in [
            ("foo", "foo"),
            ("foo${TEST}bar", "foo<TEST>bar"),
            ("$TEST", "<TEST>"),
            ("$TEST-x", "<TEST>-x"),
            ("foo$$bar", "foo$bar"),
            ("foo$${TEST}", "foo${TEST}"),
            ("cost: 5$", "cost: 5$"),
            ("$ x", "$ x"),
            ("a${}b", "ab"),
            ("a${b", "ab"),
            ("$1x", "<1>x"),
        ] {
            assert_eq!(expand(text, &mut |name| format!("<{name}>")), expected, "{text}");
        }
    }
}
