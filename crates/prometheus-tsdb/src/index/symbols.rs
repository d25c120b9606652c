//! The texts of an index, each once.

use crate::cursor::Cursor;
use crate::fault::{Fault, Read};

/// The texts of an index.
#[derive(Debug)]
pub(super) struct Symbols {
    text: Box<str>,
    /// Where each text starts, and where the last one ends.
    starts: Box<[u32]>,
    /// Where each text is in a file of version 1, whose references are offsets.
    offsets: Option<Box<[u64]>>,
}

impl Symbols {
    /// The symbols of a section's content. `base` is the content's offset in a file of version 1.
    pub(super) fn read(content: &[u8], base: Option<u64>) -> Read<Self> {
        let mut cursor = Cursor::new(content);
        let count = cursor.u32()? as usize;
        let mut text = String::with_capacity(content.len());
        let mut starts = Vec::with_capacity(cursor.plausible(count, 1)? + 1);
        let mut offsets = base.map(|_| Vec::with_capacity(count));
        for _ in 0..count {
            if let (Some(offsets), Some(base)) = (&mut offsets, base) {
                offsets.push(base + cursor.at() as u64);
            }
            starts.push(text.len());
            text.push_str(cursor.text()?);
        }
        starts.push(text.len());
        let starts = starts.into_iter().map(u32::try_from).collect::<Result<_, _>>();
        let starts = starts.map_err(|_| cursor.fault("there are more than 4 GiB of symbols"))?;
        Ok(Self { text: text.into(), starts, offsets: offsets.map(Vec::into_boxed_slice) })
    }

    /// The text that `reference` stands for.
    pub(super) fn get(&self, reference: u32) -> Read<&str> {
        let place = match &self.offsets {
            None => Some(reference as usize),
            Some(offsets) => offsets.binary_search(&u64::from(reference)).ok(),
        };
        let text = place.and_then(|at| self.at(at));
        text.ok_or(Fault { at: reference as usize, what: "a symbol is not there" })
    }

    fn at(&self, at: usize) -> Option<&str> {
        let (start, end) = (*self.starts.get(at)?, *self.starts.get(at + 1)?);
        self.text.get(start as usize..end as usize)
    }

    /// The memory that they take.
    pub(super) fn size_bytes(&self) -> u64 {
        let offsets = self.offsets.as_ref().map_or(0, |offsets| size_of_val(&**offsets));
        (self.text.len() + size_of_val(&*self.starts) + offsets) as u64
    }

    /// All texts, in the order of the file.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        (0..self.starts.len()).map_while(|at| self.at(at))
    }
}
