//! Listing all the values that an expression matches.

use regex_syntax::hir::ClassUnicodeRange;

use crate::ast::Node;

/// How many values classes and nested alternatives may multiply to.
const MAX_VALUES: usize = 256;
/// How many bytes a list may take beyond the size of the pattern.
const MAX_BYTES: usize = 1 << 20;

/// How much a list may grow. A long list of words is fine: it is no longer than its pattern.
#[derive(Clone, Copy)]
pub(super) struct Budget {
    values: usize,
    bytes: usize,
}

impl Budget {
    pub(super) fn for_pattern(pattern: &str) -> Self {
        let len = pattern.len();
        Self { values: len.max(MAX_VALUES), bytes: len.saturating_add(MAX_BYTES) }
    }

    fn allows(self, values: usize, bytes: usize) -> bool {
        values <= self.values && bytes <= self.bytes
    }
}

/// How letters are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    /// As they are; text in any case is refused.
    Exact,
    /// Texts are lowered before; text that must keep its case is refused, and so is what is not ASCII.
    Lowered,
}

/// The text as it has to be compared, if `case` allows it.
pub(super) fn comparable(text: &str, fold: bool, case: Case) -> Option<String> {
    let caseless = text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_alphabetic());
    match case {
        Case::Exact => (caseless || !fold).then(|| text.to_owned()),
        Case::Lowered if !text.is_ascii() => None,
        Case::Lowered => (caseless || fold).then(|| text.to_ascii_lowercase()),
    }
}

/// Every text that `node` matches, or `None` where they are too many or not to be listed.
pub(super) fn expand(node: &Node, case: Case, budget: Budget) -> Option<Vec<String>> {
    match node {
        Node::Empty => Some(vec![String::new()]),
        Node::Text { text, fold } => Some(vec![comparable(text, *fold, case)?]),
        Node::Class(_) => expand_class(node, case),
        Node::Repeat { min: 0, max: Some(1), sub, .. } => {
            let mut values = expand(sub, case, budget)?;
            values.push(String::new());
            Some(values)
        }
        Node::Concat(subs) => {
            let mut values = vec![String::new()];
            for sub in subs {
                values = product(&values, &expand(sub, case, budget)?, budget)?;
            }
            Some(values)
        }
        Node::Alternate(subs) => {
            let (mut values, mut bytes) = (Vec::new(), 0);
            for sub in subs {
                let more = expand(sub, case, budget)?;
                bytes += more.iter().map(String::len).sum::<usize>();
                if !budget.allows(values.len() + more.len(), bytes) {
                    return None;
                }
                values.extend(more);
            }
            Some(values)
        }
        // Captures are taken out before.
        _ => None,
    }
}

fn expand_class(node: &Node, case: Case) -> Option<Vec<String>> {
    let Node::Class(class) = node else { return None };
    if class.ranges().iter().map(ClassUnicodeRange::len).sum::<usize>() > MAX_VALUES {
        return None;
    }
    let all: Vec<char> =
        class.ranges().iter().flat_map(|range| range.start()..=range.end()).collect();
    if case == Case::Exact {
        return Some(all.iter().map(char::to_string).collect());
    }
    // Lowered texts are all in ASCII; others never get here, so other characters do not matter.
    let ascii: Vec<char> = all.into_iter().filter(char::is_ascii).collect();
    let closed = ascii.iter().all(|c| {
        ascii.contains(&c.to_ascii_lowercase()) && ascii.contains(&c.to_ascii_uppercase())
    });
    let lowered = ascii.iter().filter(|c| !c.is_ascii_uppercase()).map(char::to_string);
    closed.then(|| lowered.collect())
}

fn product(left: &[String], right: &[String], budget: Budget) -> Option<Vec<String>> {
    let count = left.len().checked_mul(right.len())?;
    let len_of = |texts: &[String]| texts.iter().map(String::len).sum::<usize>();
    let bytes = len_of(left).checked_mul(right.len())?;
    let bytes = bytes.checked_add(len_of(right).checked_mul(left.len())?)?;
    if !budget.allows(count, bytes) {
        return None;
    }
    Some(left.iter().flat_map(|l| right.iter().map(move |r| format!("{l}{r}"))).collect())
}
