//! Native histograms as they are written: `{{schema:1 sum:-0.3 count:32 buckets:[7 4]}}`.

use super::SeriesProblem;
use super::cursor::Cursor;

/// The places of a histogram, and what stands there.
const FIELDS: [(&str, Field); 11] = [
    ("schema", Field::Integer),
    ("sum", Field::Number),
    ("count", Field::Number),
    ("z_bucket", Field::Number),
    ("z_bucket_w", Field::Number),
    ("custom_values", Field::Numbers),
    ("buckets", Field::Numbers),
    ("offset", Field::Integer),
    ("n_buckets", Field::Numbers),
    ("n_offset", Field::Integer),
    ("counter_reset_hint", Field::Hint),
];

const HINTS: [&str; 4] = ["unknown", "reset", "not_reset", "gauge"];

#[derive(Clone, Copy)]
enum Field {
    Integer,
    Number,
    Numbers,
    Hint,
}

/// Passes a histogram that starts at the cursor.
pub(super) fn skip(cursor: &mut Cursor<'_>) -> Result<(), SeriesProblem> {
    if !cursor.skip("{{") {
        return Err(cursor.unexpected("\"{{\""));
    }
    loop {
        cursor.skip_space();
        if cursor.skip("}}") {
            return Ok(());
        }
        let name = cursor.identifier()?;
        let known = FIELDS.iter().find(|(known, _)| *known == name);
        let Some((_, field)) = known else {
            return Err(SeriesProblem::Unexpected {
                found: format!("{name:?}"),
                expected: "a histogram's schema, sum, count, buckets, …",
            });
        };
        if !cursor.skip(":") {
            return Err(cursor.unexpected("\":\""));
        }
        value(cursor, *field)?;
        if !cursor.at(" ") && !cursor.at("}}") {
            return Err(cursor.unexpected("a space or \"}}\""));
        }
    }
}

fn value(cursor: &mut Cursor<'_>, field: Field) -> Result<(), SeriesProblem> {
    match field {
        Field::Number => {
            super::signed(cursor)?;
        }
        Field::Integer => {
            if super::signed(cursor)?.fract() != 0.0 {
                return Err(cursor.unexpected("an integer"));
            }
        }
        Field::Numbers => {
            if !cursor.skip("[") {
                return Err(cursor.unexpected("\"[\""));
            }
            while !cursor.skip("]") {
                super::signed(cursor)?;
                if !cursor.skip_space() && !cursor.at("]") {
                    return Err(cursor.unexpected("a space or \"]\""));
                }
            }
        }
        Field::Hint => {
            let hint = cursor.identifier()?;
            if !HINTS.contains(&hint) {
                return Err(SeriesProblem::Unexpected {
                    found: format!("{hint:?}"),
                    expected: "unknown, reset, not_reset or gauge",
                });
            }
        }
    }
    Ok(())
}
