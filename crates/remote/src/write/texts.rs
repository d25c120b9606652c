//! The texts that the labels of one sender consist of, each once.

use std::hash::BuildHasher as _;
use std::num::NonZeroU32;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// The number of a text, the same in all requests of its sender. There is none that is zero, so that one that is not known takes
/// no more memory than one that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct TextId(NonZeroU32);

/// Texts by number and numbers by text. The texts are not known to be UTF-8.
#[derive(Debug)]
pub(super) struct Texts {
    bytes: Vec<u8>,
    /// Where each text ends, behind where the first one starts.
    bounds: Vec<usize>,
    by_text: HashTable<TextId>,
    hasher: RandomState,
}

impl Default for Texts {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            bounds: vec![0],
            by_text: HashTable::new(),
            hasher: RandomState::default(),
        }
    }
}

impl Texts {
    /// The text with a number that [`Self::number`] gave.
    #[inline]
    pub(super) fn get(&self, id: TextId) -> &[u8] {
        text_of(&self.bytes, &self.bounds, id)
    }

    /// The number of a text, if it has one.
    pub(super) fn find(&self, text: &[u8]) -> Option<TextId> {
        let Self { bytes, bounds, by_text, hasher } = self;
        let is = |&id: &TextId| text_of(bytes, bounds, id) == text;
        by_text.find(hasher.hash_one(text), is).copied()
    }

    /// The number of a text, which gets one if it has none.
    pub(super) fn number(&mut self, text: &[u8]) -> TextId {
        if let Some(id) = self.find(text) {
            return id;
        }
        let Self { bytes, bounds, by_text, hasher } = self;
        // The bound where the first text starts makes the length of `bounds` the number of the next text.
        let number = u32::try_from(bounds.len()).ok().and_then(NonZeroU32::new);
        let id = TextId(number.expect("the limit in bytes is below 2^32 texts"));
        bytes.extend_from_slice(text);
        bounds.push(bytes.len());
        by_text.insert_unique(hasher.hash_one(text), id, |&id| {
            hasher.hash_one(text_of(bytes, bounds, id))
        });
        id
    }

    /// About how much memory the texts take.
    pub(super) const fn size_bytes(&self) -> usize {
        // The table's slots grow by doubling, so up to twice their number is reserved.
        self.bytes.len() + self.bounds.len() * (size_of::<usize>() + 2 * size_of::<TextId>())
    }
}

#[inline]
fn text_of<'a>(bytes: &'a [u8], bounds: &[usize], id: TextId) -> &'a [u8] {
    let at = id.0.get() as usize;
    &bytes[bounds[at - 1]..bounds[at]]
}
