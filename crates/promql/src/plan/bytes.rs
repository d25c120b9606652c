//! Strings that are no UTF-8. They are names of no label, and are refused where a name is wanted.

use crate::ast::{Call, Expr, ExprKind};
use crate::eval_error::{EvalError, Result};

/// Checks the names of labels among the arguments of `call`.
pub(super) fn check_call(call: &Call) -> Result<()> {
    let function = match call.function.as_str() {
        "label_replace" => "label_replace",
        "label_join" => "label_join",
        _ => return Ok(()),
    };
    if let Some(name) = call.args.get(1).and_then(lossy) {
        return Err(EvalError::InvalidDestination { function, name });
    }
    let sources = call.args.iter().skip(3).find_map(lossy);
    match sources.filter(|_| function == "label_join") {
        Some(name) => Err(EvalError::InvalidSource(name)),
        None => Ok(()),
    }
}

/// Checks the label of `count_values`.
pub(super) fn check_label(param: Option<&Expr>) -> Result<()> {
    match param.map(|param| &param.kind) {
        Some(ExprKind::Bytes(bytes)) => Err(EvalError::InvalidLabelName(bytes.clone())),
        _ => Ok(()),
    }
}

fn lossy(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use regain_model::Timestamp;
    use regain_storage::memory::MemoryStore;

    use crate::engine::{Engine, EngineOptions};
    use crate::parser::{ParserOptions, parse};

    #[test]
    fn strings_that_are_no_utf8_name_no_label() {
        let cases = [
            (r#"count_values("a\xc5z", a)"#, r#"invalid label name "a\xc5z""#),
            (
                r#"label_replace(a, "\xff", "", "b", "")"#,
                "invalid destination label name in label_replace(): \u{fffd}",
            ),
            (
                r#"label_join(a, "b", ",", "c", "\xff")"#,
                "invalid source label name in label_join(): \u{fffd}",
            ),
        ];
        let engine = Engine::new(EngineOptions::default());
        for (text, message) in cases {
            let expr = parse(text, &ParserOptions::all()).unwrap();
            let ctx = engine.context();
            let answer = engine.instant(&MemoryStore::default(), &expr, Timestamp(0), &ctx);
            assert_eq!(answer.err().map(|error| error.to_string()).as_deref(), Some(message));
        }
    }
}
