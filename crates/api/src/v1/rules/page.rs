//! One page of the groups of rules: `group_limit` and `group_next_token`.

use std::fmt::Write as _;
use std::num::{IntErrorKind, ParseIntError};

use aws_lc_rs::digest::{SHA256, digest};
use regain_rules::GroupView;

use super::{Group, Rule};
use crate::envelope::ApiError;
use crate::params::Params;

/// How many groups a request wants, and from which on.
#[derive(Debug)]
pub(super) struct Page<'a> {
    limit: Option<usize>,
    /// Empty for the first page.
    token: &'a str,
}

impl<'a> Page<'a> {
    pub(super) fn read(params: &'a Params) -> Result<Self, ApiError> {
        let (limit, token) = (params.text("group_limit"), params.text("group_next_token"));
        if limit.is_empty() {
            let why = "group_limit needs to be present in order to paginate over the groups";
            let complaint = ApiError::parameter("group_next_token", why);
            return if token.is_empty() { Ok(Self { limit: None, token }) } else { Err(complaint) };
        }
        let complain = |why: String| ApiError::parameter("group_limit", why);
        let number: i32 = limit.parse().map_err(|error: ParseIntError| {
            let why = match error.kind() {
                IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => "value out of range",
                _ => "invalid syntax",
            };
            complain(format!(
                "group_limit needs to be a valid number: strconv.ParseInt: parsing {limit:?}: {why}"
            ))
        })?;
        match usize::try_from(number) {
            Ok(limit) if limit > 0 => Ok(Self { limit: Some(limit), token }),
            _ => Err(complain("group_limit needs to be greater than 0".to_owned())),
        }
    }

    /// The groups of the page out of those that have rules, and the token of the next page where there is one.
    pub(super) fn cut<'g>(
        &self,
        groups: impl Iterator<Item = (&'g GroupView, Vec<Rule<'g>>)>,
    ) -> Result<(Vec<Group<'g>>, Option<String>), ApiError> {
        let mut shown = Vec::new();
        let mut has_begun = self.token.is_empty();
        for (group, rules) in groups {
            has_begun = has_begun || token_of(group) == self.token;
            if !has_begun || rules.is_empty() {
                continue;
            }
            if self.limit == Some(shown.len()) {
                return Ok((shown, Some(token_of(group))));
            }
            shown.push(Group::of(group, rules));
        }
        if has_begun {
            return Ok((shown, None));
        }
        let token = self.token;
        let why = format!("invalid group_next_token '{token}'. were rule groups changed?");
        Err(ApiError::parameter("group_next_token", why))
    }
}

/// What names a group to whoever asks for the page that begins with it: a hash, as upstream has it.
fn token_of(group: &GroupView) -> String {
    let hash = digest(&SHA256, group.settings.key().as_bytes());
    hash.as_ref().iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string succeeds");
        text
    })
}
