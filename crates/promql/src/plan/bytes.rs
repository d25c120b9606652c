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
