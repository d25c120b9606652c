//! The language alone: what is printed, and what is said of expressions that are none.

use regain_promql::ast::ValueType;
use regain_promql::{parse, pretty};
use regain_tests::oracle::grammar::Grammar;
use regain_tests::oracle::{Eval, Oracle, Parse, Parsed, Random};

use super::{SEED_DEFAULT, features, functions, number, ours};
use crate::peer;

const CASES_DEFAULT: u64 = 6_000;
/// How many different expressions with a mistake are made of a right one.
const MUTANTS: usize = 3;
/// Disagreements after which it is clear that something is wrong.
const DISAGREEMENTS_MAX: usize = 20;

#[test]
fn prints_and_refuses_as_the_referee_does() {
    let Some(program) = Oracle::find().unwrap() else {
        peer::skip("no referee at hand; `make oracle` builds it where there is a Go 1.26");
        return;
    };
    let mut oracle = Oracle::start(&program).unwrap();
    let first = number("DIFFERENTIAL_SEED").unwrap_or(SEED_DEFAULT);
    let cases = number("DIFFERENTIAL_CASES").unwrap_or(CASES_DEFAULT);
    let functions = functions();
    let (mut refused, mut wrong) = (0, Vec::new());
    for seed in first..first + cases {
        let mut random = Random::new(seed);
        let features = features(&mut random);
        let expr = Grammar::new(random.clone(), &functions).expression(false).to_string();
        let mutants: Vec<String> = (0..MUTANTS).map(|_| mutant(&mut random, &expr)).collect();
        for expr in [expr].into_iter().chain(mutants) {
            let asked = Parse { expr, features: features.clone() };
            let (theirs, ours) = (oracle.parse(&asked).unwrap(), parsed(&asked));
            refused += u64::from(!theirs.errors.is_empty());
            if ours != first_only(theirs.clone()) && !is_theirs_alone(&asked, &ours, &theirs) {
                wrong.push(complaint(seed, &asked, &theirs, &ours));
            }
        }
        if wrong.len() >= DISAGREEMENTS_MAX {
            break;
        }
    }
    let texts = cases * (MUTANTS as u64 + 1);
    let line = format!(
        "language: seed {first}, {texts} texts, {refused} refused, {} disagreed\n",
        wrong.len()
    );
    std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes()).unwrap();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n\n"));
}

/// What we say, in the referee's terms.
fn parsed(asked: &Parse) -> Parsed {
    let Parse { expr, features } = asked.clone();
    let options = ours::language(&Eval { features, ..Eval::default() });
    match parse(&expr, &options) {
        Ok(expr) => Parsed {
            errors: Vec::new(),
            kind: kind(expr.value_type()).to_owned(),
            printed: expr.to_string(),
            pretty: pretty(&expr),
        },
        Err(errors) => Parsed { errors: vec![errors.to_string()], ..Parsed::default() },
    }
}

const fn kind(of: ValueType) -> &'static str {
    match of {
        ValueType::Scalar => "scalar",
        ValueType::Vector => "vector",
        ValueType::Matrix => "matrix",
        ValueType::String => "string",
    }
}

/// Of several mistakes the API tells the first.
fn first_only(mut parsed: Parsed) -> Parsed {
    parsed.errors.truncate(1);
    parsed
}

/// Whether upstream prints something else than it has read: behind two signs, an `offset` goes on with the operators that
/// follow it, and is printed without the parentheses that would say so.
fn is_theirs_alone(asked: &Parse, ours: &Parsed, theirs: &Parsed) -> bool {
    let mut offsets = asked.expr.split("offset").skip(1);
    let signed = offsets.any(|behind| {
        let mut signs = behind.chars().filter(|c| !c.is_whitespace());
        [signs.next(), signs.next()].iter().all(|sign| matches!(sign, Some('+' | '-')))
    });
    let bare = |text: &str| text.replace(['(', ')'], "");
    signed && ours.kind == theirs.kind && bare(&ours.printed) == bare(&theirs.printed)
}

fn complaint(seed: u64, asked: &Parse, theirs: &Parsed, ours: &Parsed) -> String {
    let Parse { expr, features } = asked;
    let features = features.join(" ");
    format!(
        "# DIFFERENTIAL_SEED={seed}: {features}\n{expr}\n# Prometheus: {theirs:?}\n# Regain: {ours:?}"
    )
}

/// `expr` with a word or two left out, said twice, or in each other's place.
fn mutant(random: &mut Random, expr: &str) -> String {
    let mut words = words(expr);
    for _ in 0..random.between(1, 2) {
        let place = |random: &mut Random| {
            let last = i64::try_from(words.len().saturating_sub(1)).expect("texts are short");
            usize::try_from(random.between(0, last)).expect("places are not negative")
        };
        let (at, other) = (place(random), place(random));
        match random.between(0, 3) {
            _ if words.is_empty() => {}
            0 => drop(words.remove(at)),
            1 => words.insert(at, words[at]),
            2 => words.insert(at, words[other]),
            _ => words.swap(at, other),
        }
    }
    words.concat()
}

/// The text in pieces: names and numbers, strings, and single signs, each with the blanks behind it.
fn words(text: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_alphanumeric() || "_.".contains(c);
    let (mut words, mut rest) = (Vec::new(), text);
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '"' => rest.match_indices('"').nth(1).map_or(rest.len(), |(end, _)| end + 1),
            first if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            first => first.len_utf8(),
        };
        let behind = rest.split_at(end).1.trim_start();
        let (word, behind) = rest.split_at(rest.len() - behind.len());
        words.push(word);
        rest = behind;
    }
    words
}
