//! Valid expressions made up from bytes: every production of the language, every function, operator and
//! modifier. Who has no bytes left gets the simplest of each.

use std::fmt::Write as _;

use regain_promql::ast::ValueType;
use regain_promql::signatures::{self, Signature};

const NAMES: &[&str] =
    &["m", "h", "b", "n", "gone", "sum", "offset", "min_of", "range", "fill", "a:b"];
const LABELS: &[&str] = &["i", "j", "le", "\"a.b\"", "\"é\"", "by", "on", "__name__"];
const STRINGS: &[&str] =
    &["\"1\"", "'x'", "`\\d`", "\"\"", "\"\\n\\\"\\x41é\"", "'.*'", "\"[1-9]|a\""];
const NUMBERS: &[&str] = &[
    "1", "0", "2.5", "1e3", "0x1F", ".5", "1e-9", "Inf", "NaN", "5m", "1h30m", "017", "1_000",
    "1e300",
];
const DURATIONS: &[&str] = &["5m", "90s", "1m", "300", "1h", "0x20", "2.5", "1d"];
const ARITHMETIC: &[&str] = &["+", "-", "*", "/", "%", "^", "atan2"];
const COMPARISONS: &[&str] = &["==", "!=", "<", ">", "<=", ">="];
const SETS: &[&str] = &["and", "or", "unless"];
const AGGREGATIONS: &[&str] = &["sum", "avg", "count", "min", "max", "group", "stddev", "stdvar"];
const RANKED: &[&str] = &["topk", "bottomk", "quantile", "limitk", "limit_ratio"];
/// Their arguments have to be more than of the right type.
const PARTICULAR: &[&str] = &["info", "label_replace", "label_join"];

/// How many productions an expression may have.
const PARTS_MAX: u32 = 60;

/// Turns bytes into an expression.
#[derive(Debug)]
pub(crate) struct Grammar<'a> {
    bytes: &'a [u8],
    parts: u32,
}

impl<'a> Grammar<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, parts: 0 }
    }

    /// An expression of any type that has a value.
    pub(crate) fn expr(&mut self) -> String {
        match self.below(8) {
            0 => self.scalar(),
            1 => self.matrix(),
            2 => self.one_of(STRINGS).to_owned(),
            _ => self.vector(),
        }
    }

    /// A number below `count`.
    fn below(&mut self, count: usize) -> usize {
        let Some((&byte, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        usize::from(byte) % count
    }

    fn one_of(&mut self, texts: &[&'static str]) -> &'static str {
        texts[self.below(texts.len())]
    }

    /// Whether there is room for another part within this one.
    fn deeper(&mut self) -> bool {
        self.parts += 1;
        self.parts < PARTS_MAX && !self.bytes.is_empty()
    }

    fn vector(&mut self) -> String {
        if !self.deeper() {
            return self.selector();
        }
        match self.below(9) {
            // An operator behind an offset in parentheses would belong to the offset.
            0 => format!("({}{})", self.selector(), self.modifiers(true)),
            1 | 2 => self.call_of(ValueType::Vector),
            3 => self.aggregation(),
            4 => format!("({})", self.vector()),
            5 => format!("{}{}", ["-", "+", "- "][self.below(3)], self.vector()),
            6 => self.with_scalar(),
            _ => self.binary(),
        }
    }

    fn scalar(&mut self) -> String {
        if !self.deeper() {
            return self.one_of(NUMBERS).to_owned();
        }
        match self.below(6) {
            0 => self.call_of(ValueType::Scalar),
            1 => format!("({})", self.scalar()),
            2 => format!("-{}", self.scalar()),
            3 => format!("{} {} {}", self.scalar(), self.one_of(ARITHMETIC), self.scalar()),
            4 => format!("{} {} bool {}", self.scalar(), self.one_of(COMPARISONS), self.scalar()),
            _ => self.one_of(NUMBERS).to_owned(),
        }
    }

    fn matrix(&mut self) -> String {
        if self.deeper() && self.below(3) == 0 {
            let step = if self.below(2) == 0 { String::new() } else { self.duration() };
            let (inner, range) = (self.vector(), self.duration());
            return format!("({inner})[{range}:{step}]{}", self.modifiers(false));
        }
        format!("{}[{}]{}", self.selector(), self.duration(), self.modifiers(true))
    }

    fn selector(&mut self) -> String {
        if self.below(8) == 7 {
            let matcher = format!("j{}\"a\"", ["=", "=~"][self.below(2)]);
            return format!(
                "{{{}{matcher}}}",
                ["", "\"m\", ", "__name__=~\"m|n\", "][self.below(3)]
            );
        }
        let mut text = self.one_of(NAMES).to_owned();
        let count = self.below(4).saturating_sub(1);
        if count > 0 {
            text.push('{');
            for _ in 0..count {
                // A second name would be one too many.
                let label = LABELS[self.below(LABELS.len() - 1)];
                let (op, value) = (["=", "!=", "=~", "!~"][self.below(4)], self.one_of(STRINGS));
                write!(text, "{label}{op}{value}, ").expect("strings grow");
            }
            text.push('}');
        }
        text
    }

    fn modifiers(&mut self, of_selector: bool) -> String {
        let mut text = String::new();
        if of_selector && self.below(8) == 7 {
            text.push_str([" anchored", " smoothed"][self.below(2)]);
        }
        if self.below(4) == 3 {
            let times = ["0", "600", "start()", "end()", "-1.5", "1234.5678"];
            write!(text, " @ {}", self.one_of(&times)).expect("strings grow");
        }
        if self.below(4) == 3 {
            let sign = ["", "-", "+"][self.below(3)];
            let duration = match self.below(3) {
                0 => format!("({})", self.duration()),
                1 => "step()".to_owned(),
                _ => self.one_of(DURATIONS).to_owned(),
            };
            write!(text, " offset {sign}{duration}").expect("strings grow");
        }
        text
    }

    /// A duration that is more than nothing whatever the step is.
    fn duration(&mut self) -> String {
        if !self.deeper() {
            return self.one_of(DURATIONS).to_owned();
        }
        match self.below(9) {
            0 => format!("{} + {}", self.duration(), self.duration()),
            1 => format!("max_of({}, step() * 2)", self.duration()),
            2 => format!("min_of({}, {})", self.duration(), self.duration()),
            3 => format!("({})", self.duration()),
            4 => format!("{} / 2", self.one_of(DURATIONS)),
            5 => "-(-5m)".to_owned(),
            6 => "range() + 1m ^ 1".to_owned(),
            _ => self.one_of(DURATIONS).to_owned(),
        }
    }

    fn call_of(&mut self, returns: ValueType) -> String {
        let fits = |signature: &&Signature| {
            signature.returns == returns && !PARTICULAR.contains(&signature.name)
        };
        let all: Vec<&Signature> = signatures::all().iter().filter(fits).collect();
        let chosen = self.below(all.len() + if returns == ValueType::Vector { 3 } else { 0 });
        let Some(signature) = all.get(chosen) else {
            return self.particular_call(chosen - all.len());
        };
        let more = usize::from(signature.variadic != 0) * self.below(2);
        let more = more.min(signature.args_max().unwrap_or(usize::MAX) - signature.args_min());
        let args: Vec<String> = (0..signature.args_min() + more)
            .map(|index| match signature.arg(index) {
                Some(ValueType::Scalar) => self.scalar(),
                Some(ValueType::Matrix) => self.matrix(),
                Some(ValueType::String) => self.one_of(&["\"i\"", "\"q\"", "'é'"]).to_owned(),
                _ => self.vector(),
            })
            .collect();
        format!("{}({})", signature.name, args.join(", "))
    }

    fn particular_call(&mut self, which: usize) -> String {
        let vector = self.vector();
        match which {
            0 => format!("info({vector}, {{__name__=~\".*info\", x=~\".*\"}})"),
            1 => format!("label_replace({vector}, \"k\", \"$1-x\", \"i\", \"(.*)\")"),
            _ => format!("label_join({vector}, \"k\", \"-\", \"i\", \"j\")"),
        }
    }

    fn aggregation(&mut self) -> String {
        let clause = match self.below(4) {
            0 => String::new(),
            1 => format!(" by ({})", self.labels()),
            2 => format!(" without ({})", self.labels()),
            _ => " by ()".to_owned(),
        };
        let (name, args) = match self.below(5) {
            0 => (self.one_of(RANKED), format!("{}, {}", self.scalar(), self.vector())),
            1 => ("count_values", format!("\"v\", {}", self.vector())),
            _ => (self.one_of(AGGREGATIONS), self.vector()),
        };
        match self.below(2) {
            0 => format!("{name}{clause} ({args})"),
            _ => format!("{name}({args}){clause}"),
        }
    }

    fn labels(&mut self) -> String {
        let count = self.below(3);
        (0..count).map(|_| self.one_of(LABELS)).collect::<Vec<_>>().join(", ")
    }

    /// In parentheses, so that a matching of vectors around it never gets the scalar for an operand.
    fn with_scalar(&mut self) -> String {
        let (vector, scalar) = (self.vector(), self.scalar());
        let op = match self.below(4) {
            0 => self.one_of(&["</", ">/"]).to_owned(),
            1 => format!("{} bool", self.one_of(COMPARISONS)),
            2 => self.one_of(COMPARISONS).to_owned(),
            _ => self.one_of(ARITHMETIC).to_owned(),
        };
        match self.below(3) {
            0 if !op.ends_with('/') || op == "/" => format!("(({scalar}) {op} {vector})"),
            _ => format!("({vector} {op} ({scalar}))"),
        }
    }

    fn binary(&mut self) -> String {
        let (left, right) = (self.vector(), self.vector());
        let clause = match self.below(4) {
            0 => format!(" on ({})", self.labels()),
            1 => format!(" ignoring ({})", self.labels()),
            _ => String::new(),
        };
        if self.below(3) == 0 {
            return format!("{left} {}{clause} {right}", self.one_of(SETS));
        }
        let op = match self.below(3) {
            0 => self.one_of(COMPARISONS).to_owned(),
            1 => format!("{} bool", self.one_of(COMPARISONS)),
            _ => self.one_of(ARITHMETIC).to_owned(),
        };
        let group = match self.below(4) {
            _ if clause.is_empty() => "",
            0 => " group_left ()",
            1 => " group_right (x, \"y.z\")",
            _ => "",
        };
        let fill = match self.below(8) {
            0 => " fill (0)",
            1 => " fill_left (-1)",
            2 => " fill_right (2.5) fill_left (5m)",
            _ => "",
        };
        format!("{left} {op}{clause}{group}{fill} {right}")
    }
}
