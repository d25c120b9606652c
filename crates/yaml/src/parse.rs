//! From text to a tree.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use granit_parser::{Event, Parser, ScalarStyle};

use crate::mistake::{Errors, Mistake, MistakeKind, Mistakes};
use crate::node::{Entry, Kind, Node, Span};
use crate::scalar::{Scalar, Tag};

/// The longest text that is read.
pub const MAX_INPUT_BYTES: usize = 64 << 20;
/// The deepest nesting of lists and mappings.
pub const MAX_DEPTH: usize = 64;
/// The most values of a document, not counting what aliases copy.
pub const MAX_NODES: usize = 4_000_000;
/// The space that all anchors, aliases and merge keys of a document may copy, in nodes or sixteen bytes of
/// text each.
pub const MAX_EXPANSION: usize = 1_000_000;

/// Parses the first document of `text`; an empty text is a null. Like upstream's reader it does not
/// look at what follows the first document.
pub fn parse(text: &str) -> Result<Node, Mistake> {
    if text.len() > MAX_INPUT_BYTES {
        let kind = MistakeKind::Limit { what: "bytes", limit: MAX_INPUT_BYTES };
        return Err(Mistake { at: None, kind });
    }
    let options = granit_parser::options! { emit_comments: false };
    let mut tree = Tree::default();
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| Mistake {
            at: Some(place(error.marker())),
            kind: MistakeKind::Syntax(error.info()),
        })?;
        if matches!(event, Event::DocumentEnd) {
            break;
        }
        let at = place(&span.start);
        tree.event(event, at).map_err(|kind| Mistake { at: Some(at), kind })?;
    }
    Ok(tree.root.unwrap_or_else(|| Node::null(Span { line: 1, column: 1 })))
}

/// Parses `text` and reads it with `decode`; all mistakes are reported under the name of `file`.
pub fn read<T>(
    file: &Path,
    text: &str,
    decode: impl FnOnce(&Node, &Mistakes) -> Option<T>,
) -> Result<T, Errors> {
    let mistakes = Mistakes::new();
    let value = match parse(text) {
        Ok(node) => decode(&node, &mistakes),
        Err(mistake) => {
            mistakes.push(mistake);
            None
        }
    };
    mistakes.finish(file, value)
}

fn place(marker: &granit_parser::Marker) -> Span {
    let cut = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Span { line: cut(marker.line()), column: cut(marker.col()).saturating_add(1) }
}

#[derive(Default)]
struct Tree {
    root: Option<Node>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Anchored>,
    expanded: usize,
    nodes: usize,
}

const DEPTH_EXCEEDED: MistakeKind =
    MistakeKind::Limit { what: "levels of nesting", limit: MAX_DEPTH };

/// A list or mapping whose end has not been read yet.
struct Open {
    span: Span,
    anchor: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, merged: Vec<Entry>, key: Option<Key> },
}

enum Key {
    Field(String, Span),
    Merge,
}

struct Anchored {
    node: Node,
    weight: usize,
    depth: usize,
}

impl Tree {
    fn event(&mut self, event: Event<'_>, at: Span) -> Result<(), MistakeKind> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.map(|tag| {
                    let name = tag.suffix_in_namespace("tag:yaml.org,2002:");
                    name.unwrap_or_default().into_owned()
                });
                let scalar = scalar(text.into_owned(), style, tag.as_deref())?;
                self.complete(Node { kind: Kind::Scalar(scalar), span: at }, anchor)
            }
            Event::SequenceStart(_, anchor, _) => self.open(at, anchor, Content::List(Vec::new())),
            Event::MappingStart(_, anchor, _) => {
                let content = Content::Map { entries: Vec::new(), merged: Vec::new(), key: None };
                self.open(at, anchor, content)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => {
                let Some(found) = self.anchors.get(&anchor) else {
                    let message = "an anchor's value contains itself";
                    return Err(MistakeKind::Syntax(message.to_owned()));
                };
                if found.depth + self.open.len() > MAX_DEPTH {
                    return Err(DEPTH_EXCEEDED);
                }
                let weight = found.weight;
                self.expand(weight)?;
                let copy = self.anchors[&anchor].node.clone();
                self.complete(copy, 0)
            }
            _ => Ok(()),
        }
    }

    fn expand(&mut self, weight: usize) -> Result<(), MistakeKind> {
        self.expanded = self.expanded.saturating_add(weight);
        if self.expanded > MAX_EXPANSION {
            let what = "nodes copied for anchors and aliases";
            return Err(MistakeKind::Limit { what, limit: MAX_EXPANSION });
        }
        Ok(())
    }

    fn open(&mut self, span: Span, anchor: usize, content: Content) -> Result<(), MistakeKind> {
        if self.open.len() == MAX_DEPTH {
            return Err(DEPTH_EXCEEDED);
        }
        self.open.push(Open { span, anchor, content });
        Ok(())
    }

    fn close(&mut self) -> Result<(), MistakeKind> {
        let Some(Open { span, anchor, content }) = self.open.pop() else { return Ok(()) };
        let kind = match content {
            Content::List(items) => Kind::List(items),
            Content::Map { entries, merged, .. } => Kind::Map(merge(entries, merged)),
        };
        self.complete(Node { kind, span }, anchor)
    }

    /// Hands a complete value to the list or mapping around it.
    fn complete(&mut self, node: Node, anchor: usize) -> Result<(), MistakeKind> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(MistakeKind::Limit { what: "nodes", limit: MAX_NODES });
        }
        if anchor > 0 {
            let (weight, depth) = node.weight_and_depth();
            self.expand(weight)?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), weight, depth });
        }
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::List(items)) => items.push(node),
            Some(Content::Map { entries, merged, key }) => match key.take() {
                None => *key = Some(as_key(&node)?),
                Some(Key::Merge) => merged.extend(mergeable(node)?),
                Some(Key::Field(key, key_span)) => {
                    entries.push(Entry { key, key_span, value: node });
                }
            },
        }
        Ok(())
    }
}

fn scalar(text: String, style: ScalarStyle, tag: Option<&str>) -> Result<Scalar, MistakeKind> {
    let tag = match (tag, style) {
        (Some("binary"), _) => return Ok(Scalar::tagged(binary(&text)?, Tag::Str)),
        (Some("null"), _) => Tag::Null,
        (None | Some("bool" | "int" | "float" | "timestamp"), ScalarStyle::Plain) => Tag::Implicit,
        _ => Tag::Str,
    };
    Ok(Scalar::tagged(text, tag))
}

/// The text in a `!!binary` value; all texts are UTF-8 here, so bytes that are not have no place.
fn binary(text: &str) -> Result<String, MistakeKind> {
    let packed: String = text.split_ascii_whitespace().collect();
    let bytes = STANDARD.decode(packed).map_err(|_| {
        MistakeKind::Syntax("!!binary value contains invalid base64 data".to_owned())
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let shown = error.as_bytes().escape_ascii().to_string();
        MistakeKind::Syntax(format!("\"{shown}\" is not valid UTF-8"))
    })
}

fn as_key(node: &Node) -> Result<Key, MistakeKind> {
    match &node.kind {
        Kind::Scalar(scalar) if scalar.is_merge_key() => Ok(Key::Merge),
        Kind::Scalar(_) => Ok(Key::Field(node.text().unwrap_or_default().to_owned(), node.span)),
        Kind::List(_) | Kind::Map(_) => {
            Err(MistakeKind::Syntax(format!("invalid map key: {}", node.describe())))
        }
    }
}

/// The entries that a merge key brings, from a mapping or a list of mappings.
fn mergeable(node: Node) -> Result<Vec<Entry>, MistakeKind> {
    let refuse = || {
        let message = "map merge requires map or sequence of maps as the value";
        MistakeKind::Syntax(message.to_owned())
    };
    match node.kind {
        Kind::Map(entries) => Ok(entries),
        Kind::List(items) => {
            let mut all = Vec::new();
            for item in items {
                let Kind::Map(entries) = item.kind else { return Err(refuse()) };
                all.extend(entries);
            }
            Ok(all)
        }
        Kind::Scalar(_) => Err(refuse()),
    }
}

/// Adds to the keys of a mapping those merged ones that it does not have; of two merged ones the
/// first counts.
fn merge(mut entries: Vec<Entry>, merged: Vec<Entry>) -> Vec<Entry> {
    if merged.is_empty() {
        return entries;
    }
    let mut known: BTreeSet<String> = entries.iter().map(|entry| entry.key.clone()).collect();
    entries.extend(merged.into_iter().filter(|entry| known.insert(entry.key.clone())));
    entries
}

#[cfg(test)]
mod tests;
