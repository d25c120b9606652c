//! What the lexer makes of a text.

use regain_go_format::quote::quote;

use crate::ast::{AggregateOp, BinaryOp, Position};

/// A piece of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub kind: TokenKind,
    /// Where it starts, in bytes.
    pub start: u32,
    /// The byte after it.
    pub end: u32,
}

impl Token {
    pub(crate) fn at(self) -> Position {
        self.start..self.end
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// The end of the text.
    End,
    Identifier,
    /// An identifier with a colon, which only metrics may have.
    MetricIdentifier,
    Number,
    Duration,
    /// A string literal with its quotes.
    String,
    LeftParen,
    RightParen,
    LeftBrace,
    RightBrace,
    LeftBracket,
    RightBracket,
    Comma,
    Colon,
    /// `=`
    Assign,
    /// `=~`
    Regex,
    /// `!~`
    NotRegex,
    /// `@`
    At,
    /// A binary operator; `+`, `-` and `!=` have other uses too.
    Binary(BinaryOp),
    Aggregate(AggregateOp),
    Keyword(Keyword),
    TimeWord(TimeWord),
}

/// Words that modify an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keyword {
    Anchored,
    Bool,
    By,
    Fill,
    FillLeft,
    FillRight,
    GroupLeft,
    GroupRight,
    Ignoring,
    Offset,
    On,
    Smoothed,
    Without,
}

/// Words that are functions, and part of durations or `@` modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeWord {
    Start,
    End,
    Step,
    Range,
    MaxOf,
    MinOf,
}

const LONGEST_WORD: usize = "count_values".len();

/// What the word is if it is not just a name. Words are the same in capitals.
pub(crate) fn reserved(word: &str) -> Option<TokenKind> {
    use TokenKind::{Aggregate, Binary, Keyword as Key, TimeWord as Time};
    if word.len() > LONGEST_WORD {
        return None;
    }
    Some(match word.to_ascii_lowercase().as_str() {
        "and" => Binary(BinaryOp::And),
        "or" => Binary(BinaryOp::Or),
        "unless" => Binary(BinaryOp::Unless),
        "atan2" => Binary(BinaryOp::Atan2),
        "sum" => Aggregate(AggregateOp::Sum),
        "avg" => Aggregate(AggregateOp::Avg),
        "count" => Aggregate(AggregateOp::Count),
        "min" => Aggregate(AggregateOp::Min),
        "max" => Aggregate(AggregateOp::Max),
        "group" => Aggregate(AggregateOp::Group),
        "stddev" => Aggregate(AggregateOp::Stddev),
        "stdvar" => Aggregate(AggregateOp::Stdvar),
        "topk" => Aggregate(AggregateOp::TopK),
        "bottomk" => Aggregate(AggregateOp::BottomK),
        "count_values" => Aggregate(AggregateOp::CountValues),
        "quantile" => Aggregate(AggregateOp::Quantile),
        "limitk" => Aggregate(AggregateOp::LimitK),
        "limit_ratio" => Aggregate(AggregateOp::LimitRatio),
        "offset" => Key(Keyword::Offset),
        "smoothed" => Key(Keyword::Smoothed),
        "anchored" => Key(Keyword::Anchored),
        "by" => Key(Keyword::By),
        "without" => Key(Keyword::Without),
        "on" => Key(Keyword::On),
        "ignoring" => Key(Keyword::Ignoring),
        "group_left" => Key(Keyword::GroupLeft),
        "group_right" => Key(Keyword::GroupRight),
        "fill" => Key(Keyword::Fill),
        "fill_left" => Key(Keyword::FillLeft),
        "fill_right" => Key(Keyword::FillRight),
        "bool" => Key(Keyword::Bool),
        word => return time_word(word).map(Time).or_else(|| number_word(word)),
    })
}

/// The word of a time or duration, in small letters.
pub(crate) fn time_word(word: &str) -> Option<TimeWord> {
    Some(match word {
        "start" => TimeWord::Start,
        "end" => TimeWord::End,
        "step" => TimeWord::Step,
        "range" => TimeWord::Range,
        "max_of" => TimeWord::MaxOf,
        "min_of" => TimeWord::MinOf,
        _ => return None,
    })
}

fn number_word(word: &str) -> Option<TokenKind> {
    matches!(word, "inf" | "nan").then_some(TokenKind::Number)
}

impl TokenKind {
    /// The words in a message that `text`, which is such a token, was not expected.
    pub(crate) fn describe(self, text: &str) -> String {
        match self {
            Self::End => "end of input".to_owned(),
            Self::Identifier => format!("identifier {}", quote(text)),
            Self::MetricIdentifier => format!("metric identifier {}", quote(text)),
            Self::Number => format!("number {}", excerpt(text)),
            Self::Duration => format!("duration {}", excerpt(text)),
            Self::String => format!("string {}", excerpt(text)),
            Self::Keyword(_) => format!("<{text}>"),
            Self::Aggregate(_) => format!("<aggr:{text}>"),
            Self::Binary(_) | Self::Regex | Self::NotRegex | Self::At => format!("<op:{text}>"),
            _ => excerpt(text),
        }
    }
}

/// Ten is enough to recognise a long token by: bytes that are shown whole, characters of others.
const EXCERPT_LEN: usize = 10;

fn excerpt(text: &str) -> String {
    if text.len() <= EXCERPT_LEN {
        return quote(text);
    }
    let start: String = text.chars().take(EXCERPT_LEN).collect();
    format!("{}...", quote(&start))
}
