//! `GET /api/v1/regain/healing/audit`: each decision, and each decision not to act.

use regain_go_format::time::format_rfc3339_fixed_ms;
use regain_healing::journal::AuditQuery;
use regain_healing::machine::{Decision, Entry};
use regain_healing::order::ExecutionId;
use regain_model::Labels;
use serde::Serialize;

use super::state::Open;
use crate::envelope::{ApiError, Success};
use crate::params::Params;
use crate::v1::LabelsObject;

/// How many decisions an answer has where nobody said how many.
const LIMIT_DEFAULT: usize = 100;

#[derive(Serialize)]
struct Page<'a> {
    entries: Vec<EntryJson<'a>>,
    next: Option<u64>,
}

#[derive(Serialize)]
struct EntryJson<'a> {
    sequence: u64,
    at: String,
    decision: &'static str,
    remediation: &'a str,
    target: LabelsObject<&'a Labels>,
    alert: Option<String>,
    run: Option<&'a str>,
    reason: Option<&'static str>,
    detail: &'a str,
}

/// Answers with a page of decisions, the newest first.
pub(super) async fn audit(Open(service): Open, params: Params) -> Result<Success, ApiError> {
    let page = service.healing.audit(query(&params)?).await;
    let entries = page.entries.iter().map(|entry| EntryJson::of(entry)).collect();
    Ok(Success::json(&Page { entries, next: page.next }))
}

fn query(params: &Params) -> Result<AuditQuery, ApiError> {
    let text = |name: &str| Some(params.text(name)).filter(|text| !text.is_empty());
    let decision = |word: &str| {
        Decision::parse(word).ok_or_else(|| {
            ApiError::parameter("decision", format!("there is no decision {word:?}"))
        })
    };
    let number = |word: &str| {
        word.parse().map_err(|_| ApiError::parameter("before", format!("{word:?} is no number")))
    };
    let limit = match params.limit()? {
        0 => LIMIT_DEFAULT,
        limit => limit,
    };
    Ok(AuditQuery {
        limit,
        before: text("before").map(number).transpose()?,
        decision: text("decision").map(decision).transpose()?,
        remediation: text("remediation").map(str::to_owned),
    })
}

impl<'a> EntryJson<'a> {
    fn of(entry: &'a Entry) -> Self {
        Self {
            sequence: entry.sequence,
            at: format_rfc3339_fixed_ms(entry.at),
            decision: entry.decision.as_str(),
            remediation: &entry.remediation,
            target: LabelsObject(&entry.target),
            alert: entry.alert.map(|fingerprint| fingerprint.to_string()),
            run: entry.run.as_ref().map(ExecutionId::as_str),
            reason: entry.reason.map(regain_healing::machine::Reason::as_str),
            detail: &entry.detail,
        }
    }
}
