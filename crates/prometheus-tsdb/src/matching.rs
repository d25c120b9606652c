//! Which series satisfy matchers: lists of series by label, united, intersected and subtracted.

use regain_model::{MatchOp, Matcher};
use regain_storage::{Ctx, Result};

/// How often a query asks whether it is still wanted while it goes through the values of a label.
const VALUES_PER_CHECK: usize = 4096;

/// Lists of series by label. Within a list, references ascend.
pub(crate) trait Lists {
    /// All series.
    fn all(&self) -> Result<Vec<u32>>;
    /// The series with this label.
    fn with(&self, name: &str, value: &str) -> Result<Vec<u32>>;
    /// The series that have a value of a label that is `wanted`, those of one value behind those of another.
    fn with_any(
        &self,
        name: &str,
        wanted: &mut dyn FnMut(&str) -> Result<bool>,
    ) -> Result<Vec<u32>>;

    /// The series whose label has a value that satisfies the matcher, or one that does not, ascending.
    fn of(&self, matcher: &Matcher, satisfies: bool, ctx: &Ctx) -> Result<Vec<u32>> {
        let mut count = 0;
        let mut all = self.with_any(matcher.name(), &mut |value| {
            if count % VALUES_PER_CHECK == 0 {
                ctx.cancel.check()?;
            }
            count += 1;
            Ok(matcher.matches(value) == satisfies)
        })?;
        all.sort_unstable();
        all.dedup();
        Ok(all)
    }
}

/// The references of the series that satisfy all `matchers`, ascending.
pub(crate) fn matching(lists: &impl Lists, matchers: &[Matcher], ctx: &Ctx) -> Result<Vec<u32>> {
    let (optional, needed): (Vec<_>, Vec<_>) =
        matchers.iter().partition(|matcher| matcher.matches_empty());
    let mut found: Option<Vec<u32>> = None;
    for matcher in needed {
        let list = with_value(lists, matcher, true, ctx)?;
        let kept = match found {
            None => list,
            Some(found) => intersection(&found, &list),
        };
        if kept.is_empty() {
            return Ok(kept);
        }
        found = Some(kept);
    }
    let mut found = match found {
        Some(found) => found,
        None => lists.all()?,
    };
    for matcher in optional {
        if found.is_empty() {
            break;
        }
        found = difference(&found, &with_value(lists, matcher, false, ctx)?);
    }
    Ok(found)
}

/// The series whose label has a value that satisfies the matcher, or one that does not.
fn with_value(
    lists: &impl Lists,
    matcher: &Matcher,
    satisfies: bool,
    ctx: &Ctx,
) -> Result<Vec<u32>> {
    if satisfies && matcher.op() == MatchOp::Equal {
        return lists.with(matcher.name(), matcher.value());
    }
    lists.of(matcher, satisfies, ctx)
}

fn intersection(a: &[u32], b: &[u32]) -> Vec<u32> {
    let (few, many) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let mut rest = many;
    let mut in_both = |reference: u32| {
        rest = &rest[rest.partition_point(|&other| other < reference)..];
        rest.first() == Some(&reference)
    };
    few.iter().copied().filter(|&reference| in_both(reference)).collect()
}

fn difference(a: &[u32], b: &[u32]) -> Vec<u32> {
    a.iter().filter(|reference| b.binary_search(reference).is_err()).copied().collect()
}
