//! The name of a label in a path.

use percent_encoding::percent_decode_str;
use regain_model::{NameScheme, is_valid_label_name};

use crate::envelope::ApiError;

/// What names that came escaped begin with.
const ESCAPED: &str = "U__";
/// The most hexadecimal digits of a character.
const DIGITS_MAX: usize = 6;

/// The name as it stands in the path, not known to be UTF-8.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LabelName(Vec<u8>);

impl LabelName {
    /// The name in `…/label/{name}/values`; `None` where it holds a slash, which no name in a path can.
    pub(super) fn in_path(path: &str) -> Option<Self> {
        let encoded = path.rsplit('/').nth(1)?;
        let name: Vec<u8> = percent_decode_str(encoded).collect();
        (!name.contains(&b'/')).then_some(Self(name))
    }

    /// The name with its escaping undone; an error where no label can have it.
    pub(super) fn valid(self) -> Result<String, ApiError> {
        let invalid = |name: &[u8]| {
            let quoted = regain_go_format::quote::quote_bytes(name);
            ApiError::bad_data(format!("invalid label name: {quoted}"))
        };
        let name = String::from_utf8(self.0).map_err(|error| invalid(error.as_bytes()))?;
        let name = unescape(&name).unwrap_or(name);
        if is_valid_label_name(&name, NameScheme::Utf8) {
            Ok(name)
        } else {
            Err(invalid(name.as_bytes()))
        }
    }
}

/// A name that came escaped as `U__…`: `_hex_` is a character, `__` an underscore. `None` where the text is
/// not of this form, and so the name itself.
fn unescape(name: &str) -> Option<String> {
    let mut rest = name.strip_prefix(ESCAPED)?;
    let mut text = String::with_capacity(rest.len());
    while let Some((plain, after)) = rest.split_once('_') {
        text.push_str(plain);
        if let Some(after) = after.strip_prefix('_') {
            text.push('_');
            rest = after;
            continue;
        }
        let (digits, after) = after.split_once('_')?;
        if digits.len() >= DIGITS_MAX || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        text.push(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?);
        rest = after;
    }
    text.push_str(rest);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undoes_the_escaping_of_label_names() {
        let cases = [
            ("job", "job"),
            ("U__http_2e_status", "http.status"),
            ("U__http_2E_status", "http.status"),
            ("U__a__b", "a_b"),
            ("U__bad_zz_", "U__bad_zz_"),
            ("U__open_2e", "U__open_2e"),
            ("U__end_", "U__end_"),
            ("U__d800_d800_", "U__d800_d800_"),
            ("U___1f600_", "😀"),
            ("U___10ffff_", "U___10ffff_"),
        ];
        for (escaped, expected) in cases {
            assert_eq!(unescape(escaped).unwrap_or(escaped.to_owned()), expected, "{escaped}");
        }
    }

    #[test]
    fn hostile_names_in_paths_are_told_apart() {
        let name = |path: &str| LabelName::in_path(path).map(LabelName::valid);
        assert_eq!(name("/api/v1/label/a%20b/values"), Some(Ok("a b".to_owned())));
        assert_eq!(name("/api/v1/label/a%2Fb/values"), None);
        let error = name("/api/v1/label/%FF/values").unwrap().unwrap_err();
        assert_eq!(error.to_string(), r#"invalid label name: "\xff""#);
        let error = name("/api/v1/label//values").unwrap().unwrap_err();
        assert_eq!(error.to_string(), r#"invalid label name: """#);
    }
}
