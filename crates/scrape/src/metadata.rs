//! What a target says about its metrics: `# HELP`, `# TYPE` and `# UNIT`.
//!
//! Texts are shared between targets, because a job's targets say the same. A target keeps hashes of its metadata lines
//! in their order, so that lines which repeat the last scrape are passed over without being read.

use std::hash::BuildHasher as _;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use regain_model::{Metadata, MetricKind};

use crate::interner::Interner;

/// Says for how many scrapes a family is remembered that the target no longer names.
const SCRAPES_KEPT: u32 = 10;

/// Says after how many scrapes the store hears again what a target still says.
const SCRAPES_PER_SAYING: u32 = 256;

/// Is a family with what a target says about it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FamilyMetadata {
    pub name: String,
    pub metadata: Metadata,
}

/// Shares equal texts between targets.
pub(crate) type SharedMetadata = Interner<FamilyMetadata>;

/// Holds what one target says.
#[derive(Debug, Default)]
pub(crate) struct TargetMetadata {
    families: Vec<Known>,
    by_name: HashTable<u32>,
    lines: Vec<Line>,
    cursor: usize,
    scrape: u32,
    changed: bool,
    hasher: RandomState,
}

#[derive(Debug, Clone)]
struct Known {
    family: Arc<FamilyMetadata>,
    last_scrape: u32,
    /// Tells that the text may be the same as that of another target.
    unshared: bool,
}

/// Is a line that the last scrape had in the same place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KnownLine {
    /// Is present for a `# TYPE`.
    pub(crate) kind: Option<MetricKind>,
}

/// Is a metadata line of the last scrape.
#[derive(Debug, Clone, Copy)]
struct Line {
    hash: u64,
    family: u32,
    kind: Option<MetricKind>,
}

impl TargetMetadata {
    /// Starts a scrape.
    pub(crate) fn begin(&mut self) {
        self.scrape += 1;
        self.cursor = 0;
        self.changed = false;
    }

    /// Tells whether the line is the one expected here, and which kind it gives.
    #[inline]
    pub(crate) fn expected(&mut self, line: &[u8]) -> Option<KnownLine> {
        let expected = *self.lines.get(self.cursor)?;
        if self.changed || self.hasher.hash_one(line) != expected.hash {
            return None;
        }
        self.cursor += 1;
        self.families[expected.family as usize].last_scrape = self.scrape;
        Some(KnownLine { kind: expected.kind })
    }

    /// Takes over what a line says.
    pub(crate) fn learn(&mut self, line: &[u8], name: &str, said: Said<'_>) {
        if self.expected(line).is_some() {
            return;
        }
        if !self.changed {
            self.changed = true;
            self.lines.truncate(self.cursor);
        }
        let Some(at) = self.family(name) else { return };
        let known = &mut self.families[at as usize];
        known.last_scrape = self.scrape;
        let old = &known.family.metadata;
        let differs = match said {
            Said::Help(help) => old.help != help,
            Said::Kind(kind) => old.kind != kind,
            Said::Unit(unit) => old.unit != unit,
        };
        if differs {
            known.unshared = true;
            let metadata = &mut Arc::make_mut(&mut known.family).metadata;
            match said {
                Said::Help(help) => help.clone_into(&mut metadata.help),
                Said::Kind(kind) => metadata.kind = kind,
                Said::Unit(unit) => unit.clone_into(&mut metadata.unit),
            }
        }
        let kind = match said {
            Said::Kind(kind) => Some(kind),
            _ => None,
        };
        self.lines.push(Line { hash: self.hasher.hash_one(line), family: at, kind });
    }

    /// Returns the families of which this scrape said something new, or now and then all that it named.
    pub(crate) fn said(&self) -> Vec<(&str, &Metadata)> {
        let is_turn = self.scrape.is_multiple_of(SCRAPES_PER_SAYING);
        let said = self
            .families
            .iter()
            .filter(|known| known.unshared || is_turn && known.last_scrape == self.scrape);
        said.map(|known| (known.family.name.as_str(), &known.family.metadata)).collect()
    }

    /// Ends a scrape: texts are shared, and families that were not named for long are forgotten.
    pub(crate) fn finish(&mut self, shared: &SharedMetadata) {
        if !self.changed {
            self.lines.truncate(self.cursor);
        }
        for known in self.families.iter_mut().filter(|known| known.unshared) {
            known.family = shared.share(Arc::clone(&known.family));
            known.unshared = false;
        }
        let scrape = self.scrape;
        let old = |known: &Known| scrape - known.last_scrape > SCRAPES_KEPT;
        if !self.families.iter().any(old) {
            return;
        }
        self.families.retain(|known| !old(known));
        // Lines and names point at places: they are learned anew.
        self.lines.clear();
        self.by_name.clear();
        for at in 0..self.families.len() {
            self.index(at);
        }
    }

    /// Returns the families in no particular order.
    pub(crate) fn families(&self) -> impl Iterator<Item = &Arc<FamilyMetadata>> {
        self.families.iter().map(|known| &known.family)
    }

    /// Returns a family by its name.
    pub(crate) fn find(&self, name: &str) -> Option<Arc<FamilyMetadata>> {
        let hash = self.hasher.hash_one(name);
        let same = |&at: &u32| self.families[at as usize].family.name == name;
        let at = *self.by_name.find(hash, same)?;
        Some(Arc::clone(&self.families[at as usize].family))
    }

    /// Returns the memory that this target holds beside the texts, which targets share; in bytes.
    pub(crate) fn own_bytes(&self) -> usize {
        self.families.capacity() * size_of::<Known>()
            + self.by_name.allocation_size()
            + self.lines.capacity() * size_of::<Line>()
    }

    /// Returns the number of families and of the bytes in their texts.
    pub(crate) fn size(&self) -> (usize, usize) {
        let bytes = |family: &Arc<FamilyMetadata>| {
            family.name.len() + family.metadata.help.len() + family.metadata.unit.len()
        };
        (self.families.len(), self.families().map(bytes).sum())
    }

    /// Returns the place of a family, which is made where there is none.
    fn family(&mut self, name: &str) -> Option<u32> {
        let hash = self.hasher.hash_one(name);
        let same = |&at: &u32| self.families[at as usize].family.name == name;
        if let Some(&at) = self.by_name.find(hash, same) {
            return Some(at);
        }
        let at = self.families.len();
        let family = FamilyMetadata { name: name.to_owned(), metadata: Metadata::default() };
        let family = Arc::new(family);
        self.families.push(Known { family, last_scrape: self.scrape, unshared: true });
        self.index(at)
    }

    fn index(&mut self, at: usize) -> Option<u32> {
        let number = u32::try_from(at).ok()?;
        let hash =
            |at: &u32| self.hasher.hash_one(self.families[*at as usize].family.name.as_str());
        self.by_name.insert_unique(hash(&number), number, hash);
        Some(number)
    }
}

/// Is what one line says about a family.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Said<'a> {
    Help(&'a str),
    Kind(MetricKind),
    Unit(&'a str),
}
