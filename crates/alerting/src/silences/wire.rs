//! Silences as upstream stores them: `MeshSilence` of `silence/silencepb/silence.proto` in 0.34.

use std::sync::Arc;

use jiff::Timestamp;
use regain_go_regexp as go_regexp;
use regain_model::{MatchOp, Matcher};
use regain_protowire::{Error as WireError, Field, Reader, write};

use super::silence::Silence;
use crate::matcher;
use crate::wire::{map_entry, put_text, put_time, time};

/// A silence and until when it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredSilence {
    pub(crate) silence: Arc<Silence>,
    pub(crate) expires_at: Timestamp,
}

/// Why stored bytes give no silence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Undecodable {
    #[error(transparent)]
    Wire(#[from] WireError),
    #[error("invalid state")]
    NoSilence,
    /// The silence is whole, but cannot be applied.
    #[error("silence {id}: {source}")]
    Regex { id: String, source: go_regexp::Error },
}

impl StoredSilence {
    /// Appends the message. Programs before 0.32 know only the field `matchers`, so the first set stands there,
    /// too, unless only the size of what is in memory matters.
    fn put(&self, out: &mut Vec<u8>, for_older_programs: bool) {
        let silence = &*self.silence;
        write::put_message(out, 1, |out| {
            put_text(out, 1, &silence.id);
            if let Some(first) = silence.matcher_sets.first().filter(|_| for_older_programs) {
                put_matchers(out, 2, first);
            }
            put_time(out, 3, silence.starts_at);
            put_time(out, 4, silence.ends_at);
            put_time(out, 5, silence.updated_at);
            put_text(out, 8, &silence.created_by);
            put_text(out, 9, &silence.comment);
            for (key, value) in &silence.annotations {
                write::put_message(out, 10, |out| {
                    write::put_str(out, 1, key);
                    write::put_str(out, 2, value);
                });
            }
            for set in &silence.matcher_sets {
                write::put_message(out, 11, |out| put_matchers(out, 1, set));
            }
        });
        put_time(out, 2, self.expires_at);
    }

    /// The message as files hold it.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.put(&mut out, true);
        out
    }

    /// What upstream takes for the size of the silence, in bytes.
    pub(super) fn size_bytes(&self) -> usize {
        let mut out = Vec::new();
        self.put(&mut out, false);
        out.len()
    }

    /// Reads the message.
    pub(crate) fn decode(message: &[u8]) -> Result<Self, Undecodable> {
        let mut reader = Reader::new(message);
        let (mut silence, mut expires_at) = (None, Timestamp::UNIX_EPOCH);
        while let Some(field) = reader.next_field()? {
            match field.number {
                1 => silence = Some(decode_silence(field.message()?)?),
                2 => expires_at = time(&field)?,
                _ => {}
            }
        }
        let silence = Arc::new(silence.ok_or(Undecodable::NoSilence)?);
        Ok(Self { silence, expires_at })
    }
}

fn decode_silence(mut reader: Reader<'_>) -> Result<Silence, Undecodable> {
    let mut silence = Silence {
        id: Arc::default(),
        matcher_sets: Vec::new(),
        starts_at: Timestamp::UNIX_EPOCH,
        ends_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
        created_by: String::new(),
        comment: String::new(),
        annotations: std::collections::BTreeMap::new(),
    };
    let (mut matchers, mut sets, mut comments) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(field) = reader.next_field()? {
        match field.number {
            1 => silence.id = field.str()?.into(),
            2 => matchers.push(field),
            3 => silence.starts_at = time(&field)?,
            4 => silence.ends_at = time(&field)?,
            5 => silence.updated_at = time(&field)?,
            7 => comments.push(field),
            8 => field.str()?.clone_into(&mut silence.created_by),
            9 => field.str()?.clone_into(&mut silence.comment),
            10 => {
                let (key, value) = map_entry(&field)?;
                let value = value.map(|value| value.str()).transpose()?.unwrap_or_default();
                silence.annotations.insert(key.to_owned(), value.to_owned());
            }
            11 => sets.push(decode_set(field.message()?)?),
            _ => {}
        }
    }
    if sets.is_empty() && !matchers.is_empty() {
        sets.push(matchers);
    }
    // The first of several comments was the one that counted, before there was only one.
    if let Some(first) = comments.first() {
        decode_comment(first.message()?, &mut silence)?;
    }
    let compile =
        |set: Vec<Field<'_>>| set.iter().map(|field| decode_matcher(field, &silence.id)).collect();
    silence.matcher_sets = sets.into_iter().map(compile).collect::<Result<_, _>>()?;
    Ok(silence)
}

fn decode_set(mut reader: Reader<'_>) -> Result<Vec<Field<'_>>, WireError> {
    let mut matchers = Vec::new();
    while let Some(field) = reader.next_field()? {
        if field.number == 1 {
            matchers.push(field);
        }
    }
    Ok(matchers)
}

fn decode_comment(mut reader: Reader<'_>, silence: &mut Silence) -> Result<(), WireError> {
    while let Some(field) = reader.next_field()? {
        match field.number {
            1 => field.str()?.clone_into(&mut silence.created_by),
            2 => field.str()?.clone_into(&mut silence.comment),
            _ => {}
        }
    }
    Ok(())
}

fn decode_matcher(field: &Field<'_>, id: &str) -> Result<Matcher, Undecodable> {
    let (mut op, mut name, mut value) = (MatchOp::Equal, "", "");
    let mut reader = field.message()?;
    while let Some(field) = reader.next_field()? {
        match field.number {
            1 => {
                op = match field.uint64()? {
                    1 => MatchOp::Regex,
                    2 => MatchOp::NotEqual,
                    3 => MatchOp::NotRegex,
                    _ => MatchOp::Equal,
                }
            }
            2 => name = field.str()?,
            3 => value = field.str()?,
            _ => {}
        }
    }
    matcher::new(name, op, value).map_err(|source| Undecodable::Regex { id: id.to_owned(), source })
}

fn put_matchers(out: &mut Vec<u8>, field: u32, matchers: &[Matcher]) {
    for matcher in matchers {
        write::put_message(out, field, |out| {
            let kind = match matcher.op() {
                MatchOp::Equal => 0,
                MatchOp::Regex => 1,
                MatchOp::NotEqual => 2,
                MatchOp::NotRegex => 3,
            };
            if kind != 0 {
                write::put_varint(out, 1, kind);
            }
            put_text(out, 2, matcher.name());
            put_text(out, 3, matcher.value());
        });
    }
}
