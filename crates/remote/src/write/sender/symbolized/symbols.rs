//! The table of texts of one request.

use regain_protowire::{Error, Reader};

use crate::write::problem::Pair;
use crate::write::texts::{TextId, Texts};
use crate::write::v2::REQUEST_SYMBOL;

/// The memory that is kept for the next request, in symbols.
const SYMBOLS_KEPT_MAX: usize = 1 << 16;

/// Where the texts of a request lie in its body, and their numbers as far as they were asked for. Texts that no series uses,
/// such as explanations of metrics, are never looked at.
#[derive(Debug, Default)]
pub(super) struct Symbols {
    spans: Vec<Span>,
    texts: Vec<Option<TextId>>,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    len: u32,
}

impl Symbols {
    /// Finds the texts of `body`, which may lie before and behind the series that use them.
    pub(super) fn read(&mut self, body: &[u8]) -> Result<(), Error> {
        self.spans.clear();
        self.spans.shrink_to(SYMBOLS_KEPT_MAX);
        let mut reader = Reader::new(body);
        while let Some(field) = reader.next_field()? {
            if field.number == REQUEST_SYMBOL {
                let text = field.bytes()?;
                let start = body.len() - reader.rest().len() - text.len();
                self.spans.push(Span { start: small(start), len: small(text.len()) });
            }
        }
        self.texts.clear();
        self.texts.shrink_to(SYMBOLS_KEPT_MAX);
        self.texts.resize(self.spans.len(), None);
        Ok(())
    }

    /// The number of texts.
    pub(super) const fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether the texts at the packed places `refs` are those of `key`. Places that are malformed are not.
    #[inline]
    pub(super) fn spell(
        &mut self,
        key: &[TextId],
        refs: &[u8],
        body: &[u8],
        known: &Texts,
    ) -> bool {
        let mut places = Reader::new(refs);
        for &expected in key {
            let Ok(place) = places.varint() else { return false };
            let place = (place & 0xffff_ffff) as usize;
            match self.texts.get(place).copied() {
                Some(Some(text)) if text == expected => {}
                Some(None) if self.is(place, expected, body, known) => {}
                _ => return false,
            }
        }
        places.is_empty()
    }

    /// Whether the text at `place`, which nobody has asked for yet, is the one that is `expected`.
    #[cold]
    fn is(&mut self, place: usize, expected: TextId, body: &[u8], known: &Texts) -> bool {
        let is = self.spans[place].of(body) == known.get(expected);
        if is {
            self.texts[place] = Some(expected);
        }
        is
    }

    /// The texts at these places, which are pairs of places in the table.
    pub(super) fn pairs<'b>(&self, refs: &[u32], body: &'b [u8]) -> Vec<Pair<'b>> {
        let (pairs, _) = refs.as_chunks();
        pairs.iter().map(|&[name, value]| (self.text(name, body), self.text(value, body))).collect()
    }

    /// The text at `place`; empty beyond the table.
    #[inline]
    pub(super) fn text<'b>(&self, place: u32, body: &'b [u8]) -> &'b [u8] {
        self.spans.get(place as usize).map_or(&[][..], |span| span.of(body))
    }

    /// The number of the text at `place`; `None` beyond the table.
    pub(super) fn number(&mut self, place: u32, body: &[u8], known: &mut Texts) -> Option<TextId> {
        let place = place as usize;
        let text = self.texts.get_mut(place)?;
        if text.is_none() {
            *text = Some(known.number(self.spans[place].of(body)));
        }
        *text
    }
}

impl Span {
    fn of(self, body: &[u8]) -> &[u8] {
        let start = self.start as usize;
        body.get(start..start + self.len as usize).unwrap_or_default()
    }
}

fn small(offset: usize) -> u32 {
    u32::try_from(offset).expect("a body is shorter than 2^32 bytes")
}
