//! What the journal's records hold (`docs/formats/alerting-log.md`).

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use regain_model::Labels;
use regain_protowire::{Error as WireError, Reader, write};

use crate::alert::Alert;
use crate::dispatch::{GroupName, Timer};
use crate::nflog::Entry;
use crate::silences::{StoredSilence, Undecodable};
use crate::wire::{map_entry, put_text, put_time, time};

const SILENCE: u8 = 1;
const NOTIFICATION: u8 = 2;
const TIMER: u8 = 3;
const NO_TIMER: u8 = 4;
const ALERT: u8 = 5;

/// One change, or one part of the state in a log that starts anew.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Record {
    /// A silence as it is now.
    Silence(StoredSilence),
    /// What a receiver was told about a group.
    Notification(Arc<Entry>),
    /// When a group is due.
    Timer(Timer),
    /// A group is no more.
    NoTimer(GroupName),
    /// An alert at the end of the process.
    Alert(Arc<Alert>),
}

/// Why a record is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnusableRecord {
    #[error(transparent)]
    Silence(#[from] Undecodable),
    #[error(transparent)]
    Wire(#[from] WireError),
    #[error("a notification without a receiver")]
    NoReceiver,
    #[error("unknown kind {0}")]
    Kind(u8),
}

impl Record {
    /// Appends the payload.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Silence(silence) => put_kind(out, SILENCE, &silence.encode()),
            Self::Notification(entry) => put_kind(out, NOTIFICATION, &entry.encode()),
            Self::Timer(timer) => {
                out.push(TIMER);
                put_name(out, &timer.name);
                put_time(out, 3, timer.next);
                write::put_bool(out, 4, timer.has_flushed);
            }
            Self::NoTimer(name) => {
                out.push(NO_TIMER);
                put_name(out, name);
            }
            Self::Alert(alert) => {
                out.push(ALERT);
                put_alert(out, alert);
            }
        }
    }

    /// Reads the payload.
    pub(super) fn read(payload: &[u8]) -> Result<Self, UnusableRecord> {
        let Some((kind, message)) = payload.split_first() else {
            return Err(WireError::Truncated.into());
        };
        match *kind {
            SILENCE => Ok(Self::Silence(StoredSilence::decode(message)?)),
            NOTIFICATION => match Entry::decode(message)? {
                Some(entry) => Ok(Self::Notification(Arc::new(entry))),
                None => Err(UnusableRecord::NoReceiver),
            },
            TIMER => Ok(Self::Timer(read_timer(message)?)),
            NO_TIMER => Ok(Self::NoTimer(read_timer(message)?.name)),
            ALERT => Ok(Self::Alert(Arc::new(read_alert(message)?))),
            kind => Err(UnusableRecord::Kind(kind)),
        }
    }
}

fn put_kind(out: &mut Vec<u8>, kind: u8, message: &[u8]) {
    out.push(kind);
    out.extend_from_slice(message);
}

fn put_name(out: &mut Vec<u8>, name: &GroupName) {
    write::put_str(out, 1, &name.group_key);
    put_text(out, 2, &name.receiver);
}

fn read_timer(message: &[u8]) -> Result<Timer, WireError> {
    let (mut group_key, mut receiver) = ("", "");
    let (mut next, mut has_flushed) = (Timestamp::UNIX_EPOCH, false);
    let mut reader = Reader::new(message);
    while let Some(field) = reader.next_field()? {
        match field.number {
            1 => group_key = field.str()?,
            2 => receiver = field.str()?,
            3 => next = time(&field)?,
            4 => has_flushed = field.bool()?,
            _ => {}
        }
    }
    let name = GroupName { group_key: group_key.into(), receiver: receiver.into() };
    Ok(Timer { name, next, has_flushed })
}

fn put_alert(out: &mut Vec<u8>, alert: &Alert) {
    for (name, value) in &alert.labels {
        put_pair(out, 1, name, value);
    }
    for (name, value) in &alert.annotations {
        put_pair(out, 2, name, value);
    }
    put_time(out, 3, alert.starts_at);
    if let Some(end) = alert.ends_at {
        put_time(out, 4, end);
    }
    put_text(out, 5, &alert.generator_url);
    put_time(out, 6, alert.updated_at);
    write::put_bool(out, 7, alert.timeout);
}

fn put_pair(out: &mut Vec<u8>, field: u32, name: &str, value: &str) {
    write::put_message(out, field, |out| {
        write::put_str(out, 1, name);
        write::put_str(out, 2, value);
    });
}

fn read_alert(message: &[u8]) -> Result<Alert, WireError> {
    let mut labels = Vec::new();
    let mut alert = Alert {
        labels: Labels::empty(),
        annotations: BTreeMap::new(),
        starts_at: Timestamp::UNIX_EPOCH,
        ends_at: None,
        generator_url: String::new(),
        updated_at: Timestamp::UNIX_EPOCH,
        timeout: false,
    };
    let mut reader = Reader::new(message);
    while let Some(field) = reader.next_field()? {
        match field.number {
            1 | 2 => {
                let (name, value) = map_entry(&field)?;
                let value = value.map(|value| value.str()).transpose()?.unwrap_or_default();
                if field.number == 1 {
                    labels.push((name, value));
                } else {
                    alert.annotations.insert(name.to_owned(), value.to_owned());
                }
            }
            3 => alert.starts_at = time(&field)?,
            4 => alert.ends_at = Some(time(&field)?),
            5 => field.str()?.clone_into(&mut alert.generator_url),
            6 => alert.updated_at = time(&field)?,
            7 => alert.timeout = field.bool()?,
            _ => {}
        }
    }
    alert.labels = Labels::from_pairs(labels);
    Ok(alert)
}
