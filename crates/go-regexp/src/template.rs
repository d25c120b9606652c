//! Go's replacement templates: `$1`, `${1}`, `$name`, `$$`.

use crate::regex::Captures;

/// No expression has so many groups; Go reads longer numbers as names.
const GROUP_NUMBER_LIMIT: usize = 100_000_000;

/// Appends `template` to `dst` with references replaced; what is no reference stays as it is.
pub(crate) fn expand(captures: &Captures<'_, '_>, template: &str, dst: &mut String) {
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        dst.push_str(before);
        rest = if let Some(tail) = after.strip_prefix('$') {
            dst.push('$');
            tail
        } else if let Some((name, tail)) = split_reference(after) {
            let value =
                group_number(name).map_or_else(|| captures.name(name), |at| captures.get(at));
            dst.push_str(value.unwrap_or_default());
            tail
        } else {
            dst.push('$');
            after
        };
    }
    dst.push_str(rest);
}

/// Splits `name…` or `{name}…`, what follows a dollar sign, behind the name.
fn split_reference(text: &str) -> Option<(&str, &str)> {
    let braced = text.strip_prefix('{');
    let start = braced.unwrap_or(text);
    let len = start.find(|c: char| !is_name_char(c)).unwrap_or(start.len());
    let (name, rest) = start.split_at_checked(len)?;
    if name.is_empty() {
        return None;
    }
    match braced {
        Some(_) => Some((name, rest.strip_prefix('}')?)),
        None => Some((name, rest)),
    }
}

/// Go's letters and decimal digits.
fn is_name_char(c: char) -> bool {
    c == '_' || c.is_ascii_alphanumeric() || !c.is_ascii() && c.is_alphanumeric()
}

/// The number of a group, unless it has a leading zero or is too large.
fn group_number(name: &str) -> Option<usize> {
    if name.len() > 1 && name.starts_with('0') || !name.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    name.parse().ok().filter(|&number| number < GROUP_NUMBER_LIMIT)
}
