//! The query language: lexer, parser, printer, types, engine and the test language. Sees the storage traits only.

pub mod ast;
pub mod parse_error;
pub mod signatures;
pub mod test_language;

mod lexer;
mod parser;
mod printer;
mod token;
mod typing;

mod cache;
mod engine;
mod eval_error;
mod value;

mod annotations;
mod plan;

mod aggregate;
mod binary;
mod eval;
mod explain;
mod functions;
mod scan;
mod window;

mod grid;
mod kahan;
mod label_sets;
mod laps;
mod ledger;
mod native;
mod operators;
mod regex_cache;
mod row_op;
mod sharing;
mod stack;

pub use annotations::Annotation;
pub use ast::Expr;
pub use cache::{CacheStats, ResultCache};
pub use engine::{Engine, EngineOptions, Features, QueryOptions, Steps};
pub use eval_error::{DurationProblem, EvalError, Part, TooMuchMemory};
pub use explain::{
    EmptyReason, Evaluation, ExplainedNode, Explanation, Figures, LabelDifference, Matching,
    NodeKind, ScanFigures, Unmatched,
};
pub use laps::Clock;
pub use parse_error::{LineColumn, ParseError, ParseErrors};
pub use parser::{
    CHAIN_MAX, Draft, NESTING_MAX, ParserOptions, TEXT_BYTES_MAX, parse, parse_draft,
    parse_metric_selector,
};
pub use printer::{pretty, pretty_within};
pub use sharing::{Round, Turn};
pub use value::{
    HistogramPoint, Point, QueryResult, QueryStats, Sample, Scalar, Series, StepStats, Text, Value,
};
