//! From the tree to an automaton.

use regex_automata::meta;
use regex_syntax::hir::{Capture, Class, ClassUnicode, ClassUnicodeRange, Dot, Hir, Repetition};

use crate::ast::Node;
use crate::error::{Error, ErrorKind};

/// The most memory that one automaton's program may take.
const NFA_BYTES_MAX: usize = 32 << 20;
/// The most memory that the cache of states built while matching may take, per thread.
const CACHE_BYTES_MAX: usize = 2 << 20;

/// Trees up to this height compile on the caller's stack.
const SHALLOW_HEIGHT: u32 = 200;
/// Enough for the highest tree that the parser lets through; the compiler recurses over it.
const DEEP_STACK_BYTES: usize = 16 << 20;

/// Compiles `root`, a tree of the given height; `pattern` is for the message.
pub(crate) fn compile(root: &Node, height: u32, pattern: &str) -> Result<meta::Regex, Error> {
    let regex = if height <= SHALLOW_HEIGHT {
        build(root)
    } else {
        // Nobody writes such expressions, but Go takes them, and a caller's stack may be small.
        std::thread::scope(|scope| {
            let builder = std::thread::Builder::new().stack_size(DEEP_STACK_BYTES);
            builder.spawn_scoped(scope, || build(root)).ok()?.join().ok()?
        })
    };
    regex.ok_or_else(|| Error::new(ErrorKind::TooLarge, pattern))
}

/// The automaton; `None` where it is too large, which is the one way that this fails.
fn build(root: &Node) -> Option<meta::Regex> {
    let config = meta::Config::new()
        .nfa_size_limit(Some(NFA_BYTES_MAX))
        .hybrid_cache_capacity(CACHE_BYTES_MAX);
    meta::Regex::builder().configure(config).build_from_hir(&lower(root)).ok()
}

fn lower(node: &Node) -> Hir {
    match node {
        Node::Empty => Hir::empty(),
        Node::Never => Hir::fail(),
        Node::Text { text, fold: false } => Hir::literal(text.as_bytes()),
        Node::Text { text, fold: true } => Hir::concat(text.chars().map(any_case).collect()),
        Node::Class(class) => Hir::class(Class::Unicode(class.clone())),
        Node::Any { newline: true } => Hir::dot(Dot::AnyChar),
        Node::Any { newline: false } => Hir::dot(Dot::AnyCharExceptLF),
        Node::Look(look) => Hir::look(*look),
        Node::Capture { index, sub } => {
            // Names stay with us, because Go allows the same one twice.
            Hir::capture(Capture { index: *index, name: None, sub: Box::new(lower(sub)) })
        }
        Node::Repeat { min, max, greedy, sub } => Hir::repetition(Repetition {
            min: *min,
            max: *max,
            greedy: *greedy,
            sub: Box::new(lower(sub)),
        }),
        Node::Concat(subs) => Hir::concat(subs.iter().map(lower).collect()),
        Node::Alternate(subs) => Hir::alternation(subs.iter().map(lower).collect()),
    }
}

fn any_case(c: char) -> Hir {
    let mut class = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
    class.case_fold_simple();
    Hir::class(Class::Unicode(class))
}
