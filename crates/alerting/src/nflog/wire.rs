//! Entries as upstream stores them: `MeshEntry` of `nflog/nflogpb/nflog.proto` in 0.34.

use std::collections::BTreeMap;

use jiff::Timestamp;
use regain_protowire::{Error as WireError, Field, PackedVarints, Reader, Value, write};

use super::{Entry, Recipient};
use crate::notify::ReceiverValue;
use crate::wire::{map_entry, put_text, put_time, time};

impl Entry {
    /// The message as files hold it.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        write::put_message(&mut out, 1, |out| {
            write::put_bytes(out, 1, self.group_key.as_bytes());
            write::put_message(out, 2, |out| {
                put_text(out, 1, &self.recipient.group_name);
                put_text(out, 2, &self.recipient.integration);
                if self.recipient.index != 0 {
                    write::put_varint(out, 3, u64::from(self.recipient.index));
                }
            });
            put_time(out, 5, self.timestamp);
            for (field, hashes) in [(6, &self.firing), (7, &self.resolved)] {
                if !hashes.is_empty() {
                    write::put_packed_varints(out, field, hashes.iter().copied());
                }
            }
            for (key, value) in &self.receiver_data {
                write::put_message(out, 8, |out| {
                    write::put_str(out, 1, key);
                    write::put_message(out, 2, |out| put_value(out, value));
                });
            }
        });
        put_time(&mut out, 2, self.expires_at);
        out
    }

    /// Reads the message; `None` is one without an entry or without a receiver.
    pub(crate) fn decode(message: &[u8]) -> Result<Option<Self>, WireError> {
        let mut reader = Reader::new(message);
        let (mut entry, mut expires_at) = (None, Timestamp::UNIX_EPOCH);
        while let Some(field) = reader.next_field()? {
            match field.number {
                1 => entry = decode_entry(field.message()?)?,
                2 => expires_at = time(&field)?,
                _ => {}
            }
        }
        Ok(entry.map(|entry| Self { expires_at, ..entry }))
    }
}

fn decode_entry(mut reader: Reader<'_>) -> Result<Option<Entry>, WireError> {
    let (mut group_key, mut recipient) = ("", None);
    let mut timestamp = Timestamp::UNIX_EPOCH;
    let (mut firing, mut resolved) = (Vec::new(), Vec::new());
    let mut receiver_data = BTreeMap::new();
    while let Some(field) = reader.next_field()? {
        match field.number {
            1 => group_key = field.str()?,
            2 => recipient = Some(decode_recipient(field.message()?)?),
            5 => timestamp = time(&field)?,
            6 => read_hashes(&field, &mut firing)?,
            7 => read_hashes(&field, &mut resolved)?,
            8 => {
                let (key, value) = map_entry(&field)?;
                if let Some(value) = value.map(|value| decode_value(&value)).transpose()?.flatten()
                {
                    receiver_data.insert(key.to_owned(), value);
                }
            }
            _ => {}
        }
    }
    let entry = recipient.map(|recipient| Entry {
        group_key: group_key.into(),
        recipient,
        timestamp,
        firing,
        resolved,
        receiver_data,
        expires_at: Timestamp::UNIX_EPOCH,
    });
    Ok(entry)
}

fn decode_recipient(mut reader: Reader<'_>) -> Result<Recipient, WireError> {
    let (mut group_name, mut integration, mut index) = ("", "", 0);
    while let Some(field) = reader.next_field()? {
        match field.number {
            1 => group_name = field.str()?,
            2 => integration = field.str()?,
            3 => index = u32::try_from(field.uint64()?).unwrap_or(u32::MAX),
            _ => {}
        }
    }
    Ok(Recipient { group_name: group_name.into(), integration: integration.into(), index })
}

/// Reads repeated numbers, which may be packed or not.
fn read_hashes(field: &Field<'_>, hashes: &mut Vec<u64>) -> Result<(), WireError> {
    match field.value {
        Value::Bytes(bytes) => {
            for hash in PackedVarints::new(bytes) {
                hashes.push(hash?);
            }
        }
        _ => hashes.push(field.uint64()?),
    }
    Ok(())
}

fn put_value(out: &mut Vec<u8>, value: &ReceiverValue) {
    match value {
        ReceiverValue::Text(text) => write::put_str(out, 1, text),
        ReceiverValue::Integer(number) => write::put_int64(out, 2, *number),
        ReceiverValue::Float(number) => write::put_double(out, 3, *number),
    }
}

fn decode_value(field: &Field<'_>) -> Result<Option<ReceiverValue>, WireError> {
    let mut value = None;
    let mut reader = field.message()?;
    while let Some(field) = reader.next_field()? {
        match field.number {
            1 => value = Some(ReceiverValue::Text(field.str()?.to_owned())),
            2 => value = Some(ReceiverValue::Integer(field.int64()?)),
            3 => value = Some(ReceiverValue::Float(field.double()?)),
            _ => {}
        }
    }
    Ok(value)
}
