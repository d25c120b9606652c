//! `silences` and `silence/{id}`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use http::{Request, StatusCode};
use jiff::Timestamp;
use regain_alerting::{
    MatcherDraft, Silence, SilenceDraft, SilenceError, SilenceFailure, SilenceFilter, SilenceState,
};
use regain_go_format::quote::quote;
use regain_go_format::time::format_rfc3339_fixed_ms;
use regain_model::{MatchOp, Matcher};
use serde::Serialize;

use super::answer::{Answer, Failure, Mistake};
use super::posted::{self, Object};
use super::{Open, matching};
use crate::guard::MayChange;
use crate::params::Params;

/// What errors call the body of a request.
const BODY: &str = "silence";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SilenceJson<'a> {
    id: &'a str,
    status: Status,
    updated_at: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: &'a BTreeMap<String, String>,
    comment: &'a str,
    created_by: &'a str,
    ends_at: String,
    matchers: Vec<MatcherJson<'a>>,
    starts_at: String,
}

#[derive(Serialize)]
struct Status {
    state: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MatcherJson<'a> {
    is_equal: bool,
    is_regex: bool,
    name: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
struct Made<'a> {
    #[serde(rename = "silenceID")]
    id: &'a str,
}

/// `GET /api/v2/silences`.
pub(super) async fn list(open: Open, params: Params) -> Result<Response, Failure> {
    let filter = SilenceFilter {
        matchers: matching::filter(&params, open.mode())?,
        active: matching::is_on(&params, "active"),
        pending: matching::is_on(&params, "pending"),
        expired: matching::is_on(&params, "expired"),
    };
    let found = open.0.alerting.silences(filter).await?;
    let shown: Vec<_> = found.iter().map(shown).collect::<Result<_, _>>()?;
    Ok(Answer(shown).into_response())
}

/// `GET /api/v2/silence/{id}`.
pub(super) async fn get(open: Open, Path(id): Path<String>) -> Result<Response, Failure> {
    check_id(&id)?;
    let found = open.0.alerting.silence(&id).await?.ok_or(Failure::Absent)?;
    Ok(Answer(shown(&found)?).into_response())
}

/// `DELETE /api/v2/silence/{id}`: ends it.
pub(super) async fn delete(
    open: Open,
    _: MayChange,
    Path(id): Path<String>,
) -> Result<StatusCode, Failure> {
    check_id(&id)?;
    match open.0.alerting.expire_silence(&id).await {
        Ok(()) => Ok(StatusCode::OK),
        Err(SilenceFailure::Refused(SilenceError::NotFound)) => Err(Failure::Absent),
        Err(error) => Err(Failure::Text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}

/// `POST /api/v2/silences`: makes one, or changes one.
pub(super) async fn post(
    open: Open,
    _: MayChange,
    request: Request<Body>,
) -> Result<Response, Failure> {
    let body = posted::read(request, BODY).await?;
    let draft = draft(&Object::whole(BODY, &body)?)?;
    check_times(&draft, open.0.alerting.now())?;
    match open.0.alerting.set_silence(draft).await {
        Ok(id) => Ok(Answer(Made { id: &id }).into_response()),
        Err(SilenceFailure::Refused(error @ SilenceError::NotFound)) => {
            Err(Failure::Text(StatusCode::NOT_FOUND, error.to_string()))
        }
        Err(SilenceFailure::Refused(error)) => Err(Failure::bad(error)),
        Err(error) => Err(Failure::Text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}

/// What upstream's handler looks at before the silences do.
fn check_times(draft: &SilenceDraft, now: Timestamp) -> Result<(), Failure> {
    let complain = |why| Err(Failure::bad(format!("Failed to create silence: {why}")));
    if draft.starts_at >= draft.ends_at {
        return complain("start time must be before end time");
    }
    if draft.ends_at < Some(now) {
        return complain("end time can't be in the past");
    }
    Ok(())
}

fn draft(object: &Object<'_>) -> Result<SilenceDraft, Failure> {
    let annotations = object.texts("annotations")?.unwrap_or_default();
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let comment = object.needed_text("comment")?.to_owned();
    let created_by = object.needed_text("createdBy")?.to_owned();
    let ends_at = Some(object.needed_time("endsAt")?);
    let matchers = object.needed_objects("matchers")?;
    let matchers = matchers.iter().map(matcher).collect::<Result<_, _>>()?;
    Ok(SilenceDraft {
        id: object.text("id")?.filter(|id| !id.is_empty()).map(str::to_owned),
        matcher_sets: vec![matchers],
        starts_at: Some(object.needed_time("startsAt")?),
        ends_at,
        created_by,
        comment,
        annotations: annotations.into_iter().map(owned).collect(),
    })
}

fn matcher(object: &Object<'_>) -> Result<MatcherDraft, Failure> {
    let is_regex = object.needed_flag("isRegex")?;
    let name = object.needed_text("name")?.to_owned();
    let value = object.needed_text("value")?.to_owned();
    let op = match (object.flag("isEqual")?.unwrap_or(true), is_regex) {
        (true, false) => MatchOp::Equal,
        (false, false) => MatchOp::NotEqual,
        (true, true) => MatchOp::Regex,
        (false, true) => MatchOp::NotRegex,
    };
    Ok(MatcherDraft { name, op, value })
}

fn shown((silence, state): &(Arc<Silence>, SilenceState)) -> Result<SilenceJson<'_>, Failure> {
    let id = &*silence.id;
    if silence.matcher_sets.len() > 1 {
        let why = format!(
            "silence '{id}' has multiple matcher sets which is not supported by this API version"
        );
        return Err(Failure::Text(StatusCode::INTERNAL_SERVER_ERROR, why));
    }
    Ok(SilenceJson {
        id,
        status: Status { state: state.as_str() },
        updated_at: format_rfc3339_fixed_ms(silence.updated_at),
        annotations: &silence.annotations,
        comment: &silence.comment,
        created_by: &silence.created_by,
        ends_at: format_rfc3339_fixed_ms(silence.ends_at),
        matchers: silence.matcher_sets.iter().flatten().map(MatcherJson::of).collect(),
        starts_at: format_rfc3339_fixed_ms(silence.starts_at),
    })
}

impl<'a> MatcherJson<'a> {
    fn of(matcher: &'a Matcher) -> Self {
        Self {
            is_equal: matches!(matcher.op(), MatchOp::Equal | MatchOp::Regex),
            is_regex: matches!(matcher.op(), MatchOp::Regex | MatchOp::NotRegex),
            name: matcher.name(),
            value: matcher.value(),
        }
    }
}

/// An id is a UUID: 32 hexadecimal digits, in groups or not.
fn check_id(id: &str) -> Result<(), Failure> {
    let groups: Vec<&str> = id.split('-').collect();
    let is_hex = |group: &&str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
    let sizes: Vec<_> = groups.iter().map(|group| group.len()).collect();
    if matches!(*sizes, [8, 4, 4, 4, 12] | [32]) && groups.iter().all(is_hex) {
        return Ok(());
    }
    let message = format!("silenceID in path must be of type uuid: {}", quote(id));
    Err(Failure::invalid(Mistake::WrongType, message))
}
