//! From tokens to trees.
//!
//! A recursive descent with up to three tokens put back, as Go's own parser has it: the line that a message names is
//! the line of the token read last, so the reading order is part of the behaviour.

use std::collections::BTreeMap;
use std::sync::Arc;

use regain_go_format::quote::{quote, unquote};

use crate::ast::{Branch, Call, Definition, Node, Pipeline, Range, Source};
use crate::error::ParseError;
use crate::function::Functions;
use crate::lexer::{Keyword, Kind, Lexer, Token};
use crate::limits::PARSE_DEPTH_MAX;

mod number;
mod pipeline;

/// The definitions of one text, by name.
pub(crate) type Definitions = BTreeMap<Arc<str>, Arc<Definition>>;

/// Parses a text; the result has the text itself under its own name.
pub(crate) fn parse(
    name: &Arc<str>,
    text: &str,
    functions: &Functions,
) -> Result<Definitions, ParseError> {
    let source = Arc::new(Source { name: Arc::clone(name), text: text.into() });
    let mut parser = Parser {
        lexer: Lexer::new(text),
        tokens: [Token { kind: Kind::Eof, pos: 0, text: "", line: 1 }; 3],
        pending: 0,
        functions,
        source,
        scope: Scope::default(),
        depth: 0,
        definitions: Definitions::new(),
    };
    parser.top().map_err(|message| parser.error(message))?;
    Ok(parser.definitions)
}

/// A message; the parser knows its place.
type Parsed<T> = Result<T, String>;

/// What a definition has for itself.
#[derive(Debug)]
struct Scope<'a> {
    /// The variables that are visible, with their dollar signs.
    variables: Vec<&'a str>,
    ranges: usize,
    /// The line where the action starts; zero outside of actions.
    action_line: usize,
}

impl Default for Scope<'_> {
    fn default() -> Self {
        Self { variables: vec!["$"], ranges: 0, action_line: 0 }
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    /// The token read last, and before it those that may be put back.
    tokens: [Token<'a>; 3],
    /// How many of them are put back.
    pending: usize,
    functions: &'a Functions,
    source: Arc<Source>,
    scope: Scope<'a>,
    /// How many blocks and parentheses are open.
    depth: usize,
    definitions: Definitions,
}

/// What ends a list of nodes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    End,
    Else,
}

impl Stop {
    fn describe(self) -> &'static str {
        match self {
            Self::End => "{{end}}",
            Self::Else => "{{else}}",
        }
    }
}

/// What an action is: a node, or the end of a list.
enum Item {
    Node(Node),
    Stop(Stop),
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Token<'a> {
        if self.pending > 0 {
            self.pending -= 1;
        } else {
            self.tokens[0] = self.lexer.next_token();
        }
        self.tokens[self.pending]
    }

    fn peek(&mut self) -> Token<'a> {
        let token = self.next();
        self.pending += 1;
        token
    }

    fn next_non_space(&mut self) -> Token<'a> {
        loop {
            let token = self.next();
            if token.kind != Kind::Space {
                return token;
            }
        }
    }

    fn peek_non_space(&mut self) -> Token<'a> {
        let token = self.next_non_space();
        self.pending += 1;
        token
    }

    fn error(&self, message: String) -> ParseError {
        let token = self.tokens[0];
        let before = self.source.text.get(..token.pos).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        ParseError {
            name: Arc::clone(&self.source.name),
            line: token.line,
            column: token.pos.saturating_sub(line_start) + 1,
            offset: token.pos,
            message,
        }
    }

    fn unexpected<T>(&self, token: Token<'_>, context: &str) -> Parsed<T> {
        let described = token.describe(&self.lexer.error);
        if token.kind != Kind::Error {
            return Err(format!("unexpected {described} in {context}"));
        }
        let line = self.scope.action_line;
        if line == 0 || line == token.line {
            return Err(described);
        }
        // A message that ends in "action" does not say it twice.
        let link = if described.ends_with(" action") { "" } else { " in action" };
        Err(format!("{described}{link} started at {}:{line}", self.source.name))
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Parsed<Token<'a>> {
        let token = self.next_non_space();
        if token.kind == kind { Ok(token) } else { self.unexpected(token, context) }
    }

    /// Counts a block or parenthesis while `inner` parses it.
    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= PARSE_DEPTH_MAX {
            return Err("max expression depth exceeded".to_owned());
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// The whole text: nodes and definitions up to its end.
    fn top(&mut self) -> Parsed<()> {
        let mut body = Vec::new();
        while self.peek().kind != Kind::Eof {
            if self.peek().kind == Kind::LeftDelim {
                let delim = self.next();
                let token = self.next_non_space();
                if token.kind == Kind::Keyword(Keyword::Define) {
                    self.definition()?;
                    continue;
                }
                self.tokens[1] = delim;
                self.pending = 2;
            }
            match self.text_or_action()? {
                Item::Node(node) => body.push(node),
                Item::Stop(stop) => return Err(format!("unexpected {}", stop.describe())),
            }
        }
        let name = Arc::clone(&self.source.name);
        self.add(name, body)
    }

    /// `{{define "name"}} … {{end}}`, behind its keyword.
    fn definition(&mut self) -> Parsed<()> {
        const CONTEXT: &str = "define clause";
        let outer = std::mem::take(&mut self.scope);
        let name = self.next_non_space();
        if !matches!(name.kind, Kind::String | Kind::RawString) {
            return self.unexpected(name, CONTEXT);
        }
        let name = unquote(name.text).map_err(|error| error.to_string())?;
        self.expect(Kind::RightDelim, CONTEXT)?;
        let (body, stop) = self.nested(Self::list)?;
        if stop != Stop::End {
            return Err(format!("unexpected {} in {CONTEXT}", stop.describe()));
        }
        self.add(name.into(), body)?;
        self.scope = outer;
        Ok(())
    }

    /// Keeps a definition; only an empty one gives way to another of its name.
    fn add(&mut self, name: Arc<str>, body: Vec<Node>) -> Parsed<()> {
        let source = Arc::clone(&self.source);
        let definition = Definition { name: Arc::clone(&name), source, body };
        if self.definitions.get(&name).is_none_or(|known| known.is_empty()) {
            self.definitions.insert(name, Arc::new(definition));
        } else if !definition.is_empty() {
            return Err(format!("template: multiple definition of template {}", quote(&name)));
        }
        Ok(())
    }

    /// Nodes up to `{{end}}` or `{{else}}`.
    fn list(&mut self) -> Parsed<(Vec<Node>, Stop)> {
        let mut nodes = Vec::new();
        while self.peek_non_space().kind != Kind::Eof {
            match self.text_or_action()? {
                Item::Node(node) => nodes.push(node),
                Item::Stop(stop) => return Ok((nodes, stop)),
            }
        }
        Err("unexpected EOF".to_owned())
    }

    fn text_or_action(&mut self) -> Parsed<Item> {
        let token = self.next_non_space();
        match token.kind {
            Kind::Text => Ok(Item::Node(Node::Text(token.text.into()))),
            Kind::LeftDelim => {
                self.scope.action_line = token.line;
                let item = self.action();
                if item.is_ok() {
                    self.scope.action_line = 0;
                }
                item
            }
            _ => self.unexpected(token, "input"),
        }
    }

    fn action(&mut self) -> Parsed<Item> {
        let token = self.next_non_space();
        let Kind::Keyword(keyword) = token.kind else {
            self.pending += 1;
            return Ok(Item::Node(Node::Action(self.pipeline("command", Kind::RightDelim)?)));
        };
        let node = match keyword {
            Keyword::Block => Node::Call(self.nested(Self::block)?),
            Keyword::Break => self.jump("{{break}}", Node::Break)?,
            Keyword::Continue => self.jump("{{continue}}", Node::Continue)?,
            Keyword::Else => return self.otherwise(),
            Keyword::End => {
                self.expect(Kind::RightDelim, "end")?;
                return Ok(Item::Stop(Stop::End));
            }
            Keyword::If => self.nested(|parser| parser.branch(Keyword::If))?,
            Keyword::With => self.nested(|parser| parser.branch(Keyword::With))?,
            Keyword::Range => self.nested(Self::range)?,
            Keyword::Template => Node::Call(self.call()?),
            Keyword::Define => return self.unexpected(token, "command"),
        };
        Ok(Item::Node(node))
    }

    fn jump(&mut self, text: &str, node: Node) -> Parsed<Node> {
        let token = self.next_non_space();
        if token.kind != Kind::RightDelim {
            return self.unexpected(token, text);
        }
        if self.scope.ranges == 0 {
            return Err(format!("{text} outside {{{{range}}}}"));
        }
        Ok(node)
    }

    /// `{{else}}`; of `{{else if` and `{{else with` the second word stays for whoever asked.
    fn otherwise(&mut self) -> Parsed<Item> {
        let next = self.peek_non_space();
        if !matches!(next.kind, Kind::Keyword(Keyword::If | Keyword::With)) {
            self.expect(Kind::RightDelim, "else")?;
        }
        Ok(Item::Stop(Stop::Else))
    }

    /// `if` and `with`, behind the keyword.
    fn branch(&mut self, keyword: Keyword) -> Parsed<Node> {
        let visible = self.scope.variables.len();
        let context = if keyword == Keyword::If { "if" } else { "with" };
        let mut branch =
            Branch { sets_dot: keyword == Keyword::With, arms: Vec::new(), otherwise: Vec::new() };
        loop {
            let condition = self.pipeline(context, Kind::RightDelim)?;
            let (body, stop) = self.list()?;
            branch.arms.push((condition, body));
            if stop == Stop::End {
                break;
            }
            if self.peek().kind == Kind::Keyword(keyword) {
                self.next();
                continue;
            }
            branch.otherwise = self.else_list()?;
            break;
        }
        self.scope.variables.truncate(visible);
        Ok(Node::Branch(branch))
    }

    fn range(&mut self) -> Parsed<Node> {
        let visible = self.scope.variables.len();
        let over = self.pipeline("range", Kind::RightDelim)?;
        self.scope.ranges += 1;
        let (body, stop) = self.list()?;
        self.scope.ranges -= 1;
        let otherwise = if stop == Stop::Else { self.else_list()? } else { Vec::new() };
        self.scope.variables.truncate(visible);
        Ok(Node::Range(Range { over, body, otherwise }))
    }

    fn else_list(&mut self) -> Parsed<Vec<Node>> {
        let (nodes, stop) = self.list()?;
        match stop {
            Stop::End => Ok(nodes),
            Stop::Else => Err(format!("expected end; found {}", stop.describe())),
        }
    }

    /// `{{block "name" pipeline}} … {{end}}`, behind its keyword.
    fn block(&mut self) -> Parsed<Call> {
        const CONTEXT: &str = "block clause";
        let token = self.next_non_space();
        let name = self.template_name(token, CONTEXT)?;
        let data = self.pipeline(CONTEXT, Kind::RightDelim)?;
        let outer = std::mem::take(&mut self.scope);
        let clause_end = self.tokens[0];
        let (body, stop) = self.list()?;
        if stop != Stop::End {
            // Go blames the clause, not the word that ends it.
            self.tokens[0] = clause_end;
            return Err(format!("unexpected {} in {CONTEXT}", stop.describe()));
        }
        self.add(name.as_str().into(), body)?;
        self.scope = outer;
        Ok(Call { pos: token.pos, name: name.into(), data: Some(data) })
    }

    fn call(&mut self) -> Parsed<Call> {
        const CONTEXT: &str = "template clause";
        let token = self.next_non_space();
        let name = self.template_name(token, CONTEXT)?;
        let mut data: Option<Pipeline> = None;
        if self.next_non_space().kind != Kind::RightDelim {
            self.pending += 1;
            data = Some(self.pipeline(CONTEXT, Kind::RightDelim)?);
        }
        Ok(Call { pos: token.pos, name: name.into(), data })
    }

    fn template_name(&self, token: Token<'a>, context: &str) -> Parsed<String> {
        if !matches!(token.kind, Kind::String | Kind::RawString) {
            return self.unexpected(token, context);
        }
        unquote(token.text).map_err(|error| error.to_string())
    }
}
