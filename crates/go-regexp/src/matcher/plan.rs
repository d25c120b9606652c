//! How one expression is matched.

use hashbrown::HashSet;
use regex_automata::meta;
use regex_syntax::hir::Look;

use super::expand::{Budget, Case, expand};
use super::glob::{Glob, within};
use crate::ast::{Ast, Node};
use crate::compile::compile;
use crate::error::Error;

/// Up to this many values are compared one after the other.
const LINEAR_MAX: usize = 8;
/// More alternatives with gaps are left to the automaton.
const MAX_GLOBS: usize = 16;
/// Longer values are not lowered on the stack but left to the automaton.
const LOWERED_BYTES_MAX: usize = 256;

/// How values are compared.
pub(super) enum Plan {
    /// With one of these, without any automaton.
    Text(TextPlan),
    /// As lowered text, if the value is short and in ASCII; else by the automaton.
    Lowered(TextPlan, Engine),
    /// By the automaton.
    Engine(Engine),
}

/// Plain comparisons: the value is in the list or fits one of the globs.
pub(super) struct TextPlan {
    /// Sorted and without duplicates.
    values: Vec<String>,
    /// The same values, where they are many.
    index: Option<HashSet<String>>,
    globs: Vec<Glob>,
}

/// The automaton and the literal texts at both ends that have to be there.
pub(super) struct Engine {
    regex: meta::Regex,
    prefix: String,
    suffix: String,
}

/// Chooses a plan for `ast` and finds the text that all matching values start with.
pub(super) fn make(ast: Ast, pattern: &str) -> Result<(Plan, Option<String>), Error> {
    let root = without_anchors(without_captures(ast.root));
    let budget = Budget::for_pattern(pattern);
    if let Some(plan) = TextPlan::new(&root, Case::Exact, budget) {
        let prefix = plan.prefix().map(str::to_owned);
        return Ok((Plan::Text(plan), prefix));
    }
    let lowered = TextPlan::new(&root, Case::Lowered, budget);
    let engine = Engine::new(root, ast.height, pattern)?;
    let prefix = (!engine.prefix.is_empty()).then(|| engine.prefix.clone());
    Ok((
        match lowered {
            Some(plan) => Plan::Lowered(plan, engine),
            None => Plan::Engine(engine),
        },
        prefix,
    ))
}

impl Plan {
    pub(super) fn matches(&self, value: &str) -> bool {
        match self {
            Self::Text(plan) => plan.matches(value),
            Self::Lowered(plan, engine) => {
                let mut buffer = [0; LOWERED_BYTES_MAX];
                match lower(value, &mut buffer) {
                    Some(lowered) => plan.matches(lowered),
                    None => engine.matches(value),
                }
            }
            Self::Engine(engine) => engine.matches(value),
        }
    }

    pub(super) fn values(&self) -> Option<&[String]> {
        match self {
            Self::Text(plan) if plan.globs.is_empty() => Some(&plan.values),
            _ => None,
        }
    }

    pub(super) fn is_everything(&self) -> bool {
        self.has_only_gap(0)
    }

    pub(super) fn is_non_empty(&self) -> bool {
        self.has_only_gap(1)
    }

    fn has_only_gap(&self, least: u32) -> bool {
        let Self::Text(TextPlan { values, globs, .. }) = self else { return false };
        values.is_empty() && matches!(globs.as_slice(), [glob] if glob.only_gap() == Some(least))
    }
}

impl TextPlan {
    fn new(root: &Node, case: Case, budget: Budget) -> Option<Self> {
        let (mut values, mut globs) = (Vec::new(), Vec::new());
        if let Some(all) = expand(root, case, budget) {
            values = all;
        } else if let Node::Alternate(alternatives) = root {
            for alternative in alternatives {
                match expand(alternative, case, budget) {
                    Some(more) => values.extend(more),
                    None => globs.push(Glob::new(alternative, case)?),
                }
                if globs.len() > MAX_GLOBS {
                    return None;
                }
            }
        } else {
            globs.push(Glob::new(root, case)?);
        }
        values.sort_unstable();
        values.dedup();
        let index = (values.len() > LINEAR_MAX).then(|| values.iter().cloned().collect());
        Some(Self { values, index, globs })
    }

    fn matches(&self, value: &str) -> bool {
        let listed = match &self.index {
            Some(index) => index.contains(value),
            None => self.values.iter().any(|known| known == value),
        };
        listed || self.globs.iter().any(|glob| glob.matches(value))
    }

    fn prefix(&self) -> Option<&str> {
        match self.globs.as_slice() {
            [glob] if self.values.is_empty() => Some(glob.prefix()).filter(|text| !text.is_empty()),
            _ => None,
        }
    }
}

impl Engine {
    fn new(root: Node, height: u32, pattern: &str) -> Result<Self, Error> {
        let (mut prefix, mut suffix) = (String::new(), String::new());
        if let Node::Concat(parts) = &root {
            if let Some(Node::Text { text, fold: false }) = parts.first() {
                prefix.push_str(text);
            }
            if let Some(Node::Text { text, fold: false }) = parts.last() {
                suffix.push_str(text);
            }
        }
        let whole = Node::Concat(vec![Node::Look(Look::Start), root, Node::Look(Look::End)]);
        Ok(Self { regex: compile(&whole, height, pattern)?, prefix, suffix })
    }

    fn matches(&self, value: &str) -> bool {
        within(value, &self.prefix, "").is_some()
            && within(value, "", &self.suffix).is_some()
            && self.regex.is_match(value)
    }
}

/// `value` in lower case, if it is short and in ASCII.
fn lower<'b>(value: &str, buffer: &'b mut [u8; LOWERED_BYTES_MAX]) -> Option<&'b str> {
    let lowered = buffer.get_mut(..value.len()).filter(|_| value.is_ascii())?;
    lowered.copy_from_slice(value.as_bytes());
    lowered.make_ascii_lowercase();
    std::str::from_utf8(lowered).ok()
}

/// Groups do not matter to a matcher.
fn without_captures(node: Node) -> Node {
    let all = |subs: Vec<Node>| subs.into_iter().map(without_captures).collect();
    match node {
        Node::Capture { sub, .. } => without_captures(*sub),
        Node::Repeat { min, max, greedy, sub } => {
            Node::Repeat { min, max, greedy, sub: Box::new(without_captures(*sub)) }
        }
        Node::Concat(subs) => Node::Concat(all(subs)),
        Node::Alternate(subs) => Node::Alternate(all(subs)),
        leaf => leaf,
    }
}

/// Whole values are matched anyway, so `^` in front and `$` behind say nothing.
fn without_anchors(node: Node) -> Node {
    match node {
        Node::Look(Look::Start | Look::End) => Node::Empty,
        Node::Concat(mut parts) => {
            if parts.first() == Some(&Node::Look(Look::Start)) {
                parts.remove(0);
            }
            if parts.last() == Some(&Node::Look(Look::End)) {
                parts.pop();
            }
            match parts.len() {
                1 => parts.remove(0),
                _ => Node::Concat(parts),
            }
        }
        other => other,
    }
}
