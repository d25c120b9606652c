//! The shell-like assignments of os-release(5).

use std::path::Path;

use hashbrown::HashMap;

use crate::sink::Sink;

/// Holds the variables of the file.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Release(HashMap<String, String>);

impl Release {
    pub(super) fn parse(path: &Path, text: &str) -> Self {
        let mut variables = HashMap::new();
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let parsed = line.split_once('=').and_then(|(name, value)| {
                let name = name.trim();
                let name = name.strip_prefix("export ").unwrap_or(name);
                (!name.is_empty()).then_some(())?;
                Some((name.to_owned(), unquote(value.trim())?))
            });
            match parsed {
                Some((name, value)) => {
                    variables.insert(name, value);
                }
                None => Sink::odd_line(path, line),
            }
        }
        Self(variables)
    }

    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
}

/// Undoes quotes and backslashes and cuts a comment off; a quote that stays open makes the value odd.
fn unquote(value: &str) -> Option<String> {
    let mut plain = String::with_capacity(value.len());
    // Blanks before a comment are not part of the value.
    let mut significant = 0;
    let mut chars = value.chars();
    while let Some(next) = chars.next() {
        match next {
            '#' => {
                plain.truncate(significant);
                return Some(plain);
            }
            '\'' => {
                loop {
                    match chars.next()? {
                        '\'' => break,
                        quoted => plain.push(quoted),
                    }
                }
                significant = plain.len();
            }
            '"' => {
                loop {
                    match chars.next()? {
                        '"' => break,
                        '\\' => plain.push(unescape(chars.next()?)),
                        quoted => plain.push(quoted),
                    }
                }
                significant = plain.len();
            }
            ' ' | '\t' => plain.push(next),
            _ => {
                plain.push(next);
                significant = plain.len();
            }
        }
    }
    Some(plain)
}

fn unescape(escaped: char) -> char {
    match escaped {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn undoes_quotes_and_comments() {
        let check = |value, expected: Option<&str>| {
            assert_eq!(unquote(value).as_deref(), expected, "{value}");
        };
        check("debian", Some("debian"));
        check(r#""Ubuntu 20.04.2 LTS""#, Some("Ubuntu 20.04.2 LTS"));
        check(r#""a \"b\" \\ c""#, Some(r#"a "b" \ c"#));
        check(r"'a \b'", Some(r"a \b"));
        check("a  # comment", Some("a"));
        check("\"a # b\" # comment", Some("a # b"));
        check("", Some(""));
        check("\"open", None);
        check("'open", None);
        check("\"open\\", None);
    }

    #[test]
    fn an_odd_line_costs_only_its_variable() {
        let release =
            Release::parse(Path::new("f"), "# c\nID=a\nno sign\n=x\nexport NAME='b'\nX=\"\n");
        assert_eq!(release.get("ID"), "a");
        assert_eq!(release.get("NAME"), "b");
        assert_eq!(release.get("X"), "");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[A-Z=\"'\\\\# \na-z]{0,100}") {
            Release::parse(Path::new("f"), &text);
        }
    }
}
