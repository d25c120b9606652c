//! Native histograms as they are written: `{{schema:1 sum:-0.3 count:32 buckets:[7 4]}}`.

use std::sync::Arc;

use regain_model::histogram::CUSTOM_SCHEMA;
use regain_model::{Buckets, Histogram, ResetHint};

use super::SeriesProblem;
use super::cursor::Cursor;

/// A histogram that was written down.
#[derive(Clone, Debug, PartialEq)]
pub struct WrittenHistogram {
    /// The histogram.
    pub histogram: Arc<Histogram>,
    /// Whether a hint was written, so that it matters.
    pub hinted: bool,
}

/// What has been read of a histogram.
#[derive(Default)]
struct Draft {
    histogram: Histogram,
    hinted: bool,
    bounds: Vec<f64>,
    positive: (i32, Vec<f64>),
    negative: (i32, Vec<f64>),
    seen: Vec<String>,
}

impl Draft {
    fn finish(self) -> WrittenHistogram {
        let Self { mut histogram, hinted, bounds, positive, negative, .. } = self;
        histogram.positive = Buckets::run(positive.0, positive.1);
        histogram.negative = Buckets::run(negative.0, negative.1);
        if histogram.schema == CUSTOM_SCHEMA && !bounds.is_empty() {
            histogram.bounds = Some(bounds.into());
        }
        WrittenHistogram { histogram: Arc::new(histogram), hinted }
    }
}

/// Reads a histogram that starts at the cursor.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<WrittenHistogram, SeriesProblem> {
    if !cursor.skip("{{") {
        return Err(cursor.unexpected("\"{{\""));
    }
    let mut draft = Draft::default();
    loop {
        cursor.skip_space();
        if cursor.skip("}}") {
            return Ok(draft.finish());
        }
        let name = cursor.identifier()?;
        field(cursor, name, &mut draft)?;
        if !cursor.at(" ") && !cursor.at("}}") {
            return Err(cursor.unexpected("a space or \"}}\""));
        }
    }
}

fn field(cursor: &mut Cursor<'_>, name: &str, draft: &mut Draft) -> Result<(), SeriesProblem> {
    const FIELDS: [&str; 11] = [
        "schema",
        "sum",
        "count",
        "z_bucket",
        "z_bucket_w",
        "custom_values",
        "buckets",
        "offset",
        "n_buckets",
        "n_offset",
        "counter_reset_hint",
    ];
    if !FIELDS.contains(&name) {
        return Err(SeriesProblem::Unexpected {
            found: format!("{name:?}"),
            expected: "a histogram's schema, sum, count, buckets, …",
        });
    }
    if draft.seen.iter().any(|seen| seen == name) {
        return Err(SeriesProblem::Twice(name.to_owned()));
    }
    draft.seen.push(name.to_owned());
    if !cursor.skip(":") {
        return Err(cursor.unexpected("\":\""));
    }
    let histogram = &mut draft.histogram;
    match name {
        "schema" => histogram.schema = integer(cursor)?,
        "sum" => histogram.sum = super::signed(cursor)?,
        "count" => histogram.count = super::signed(cursor)?,
        "z_bucket" => histogram.zero_count = super::signed(cursor)?,
        "z_bucket_w" => histogram.zero_threshold = super::signed(cursor)?,
        "custom_values" => draft.bounds = numbers(cursor)?,
        "buckets" => draft.positive.1 = numbers(cursor)?,
        "offset" => draft.positive.0 = integer(cursor)?,
        "n_buckets" => draft.negative.1 = numbers(cursor)?,
        "n_offset" => draft.negative.0 = integer(cursor)?,
        _ => {
            histogram.hint = hint(cursor)?;
            draft.hinted = true;
        }
    }
    Ok(())
}

fn integer(cursor: &mut Cursor<'_>) -> Result<i32, SeriesProblem> {
    let value = super::signed(cursor)?;
    #[expect(clippy::cast_possible_truncation, reason = "what does not fit is refused")]
    let integer = value as i32;
    if f64::from(integer).to_bits() == (value + 0.0).to_bits() {
        Ok(integer)
    } else {
        Err(cursor.unexpected("an integer"))
    }
}

fn numbers(cursor: &mut Cursor<'_>) -> Result<Vec<f64>, SeriesProblem> {
    if !cursor.skip("[") {
        return Err(cursor.unexpected("\"[\""));
    }
    let mut numbers = Vec::new();
    while !cursor.skip("]") {
        numbers.push(super::signed(cursor)?);
        if !cursor.skip_space() && !cursor.at("]") {
            return Err(cursor.unexpected("a space or \"]\""));
        }
    }
    Ok(numbers)
}

fn hint(cursor: &mut Cursor<'_>) -> Result<ResetHint, SeriesProblem> {
    Ok(match cursor.identifier()? {
        "unknown" => ResetHint::Unknown,
        "reset" => ResetHint::Reset,
        "not_reset" => ResetHint::NotReset,
        "gauge" => ResetHint::Gauge,
        other => {
            return Err(SeriesProblem::Unexpected {
                found: format!("{other:?}"),
                expected: "unknown, reset, not_reset or gauge",
            });
        }
    })
}

/// The histogram after `base`, which differs from it by `step`.
pub(super) fn stepped(
    base: &Histogram,
    step: &Histogram,
    negative: bool,
) -> Result<Histogram, SeriesProblem> {
    if base.schema > step.schema {
        return Err(SeriesProblem::MixedSchemas);
    }
    let mut next = base.clone();
    let combined = if negative { next.subtract(step) } else { next.add(step) };
    combined.map_err(|_| SeriesProblem::MixedSchemas)?;
    Ok(next)
}
