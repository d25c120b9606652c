//! The texts of an index, each once.

use std::ops::Range;

use crate::cursor::Cursor;
use crate::fault::{Fault, Read};

/// The texts of an index.
#[derive(Debug)]
pub(super) struct Symbols {
    text: Box<[u8]>,
    /// Where each text lies.
    places: Vec<Range<u32>>,
    /// Where the symbols start in the file, for version 1, whose references are offsets.
    base: Option<u64>,
}

impl Symbols {
    /// The symbols of a section's content. `base` is the content's offset in a file of version 1.
    pub(super) fn read(content: Vec<u8>, base: Option<u64>) -> Read<Self> {
        let mut cursor = Cursor::new(&content);
        let count = cursor.u32()? as usize;
        let mut places = Vec::with_capacity(cursor.plausible(count, 1)?);
        let place = |at: usize| u32::try_from(at);
        for _ in 0..count {
            let text = cursor.text()?;
            let (start, end) = (place(cursor.at() - text.len()), place(cursor.at()));
            let (Ok(start), Ok(end)) = (start, end) else {
                return Err(cursor.fault("there are more than 4 GiB of symbols"));
            };
            places.push(start..end);
        }
        Ok(Self { text: content.into_boxed_slice(), places, base })
    }

    /// The text that `reference` stands for.
    pub(super) fn get(&self, reference: u32) -> Read<&str> {
        let fault = |what| Fault { at: reference as usize, what };
        let place = match self.base {
            None => self.places.get(reference as usize),
            Some(base) => self.at_offset(base, reference),
        };
        let place = place.ok_or_else(|| fault("a symbol is not there"))?;
        let text = &self.text[place.start as usize..place.end as usize];
        std::str::from_utf8(text).map_err(|_| fault("a symbol is not UTF-8"))
    }

    /// All texts, in the order of the file.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        let text = |place: &Range<u32>| &self.text[place.start as usize..place.end as usize];
        self.places.iter().filter_map(move |place| std::str::from_utf8(text(place)).ok())
    }

    /// The symbol whose length is written at this offset of the file.
    fn at_offset(&self, base: u64, reference: u32) -> Option<&Range<u32>> {
        let at = u64::from(reference).checked_sub(base)?;
        let next = self.places.partition_point(|place| u64::from(place.start) <= at);
        let place = self.places.get(next)?;
        let length_bytes = match place.end - place.start {
            0..0x80 => 1,
            0x80..0x4000 => 2,
            0x4000..0x20_0000 => 3,
            _ => 4,
        };
        (u64::from(place.start) - length_bytes == at).then_some(place)
    }
}
