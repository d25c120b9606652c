//! Directory pages of segments that queries have read, kept for the next ones.
//!
//! A page is read and checked as a whole even if one series of it is asked for, so that dashboards, which
//! ask for the same few series again and again, would spend most of their time on pages.

use std::hash::BuildHasher as _;
use std::sync::{Arc, Mutex};

use foldhash::fast::FixedState;

use crate::segment::page::Page;

/// How many pages are kept; each takes about seven kilobytes. A power of two.
const PAGES: usize = 1024;

/// A segment's number and one of its groups.
type PageId = (u64, usize);

/// Some of the pages that were read last; one that falls on another's place takes it.
#[derive(Debug)]
pub(super) struct PageCache(Mutex<Box<[Option<KeptPage>]>>);

type KeptPage = (PageId, Arc<Page>);

impl Default for PageCache {
    fn default() -> Self {
        Self(Mutex::new(std::iter::repeat_n(None, PAGES).collect()))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a hash in a table of few places")]
fn place_of(id: PageId) -> usize {
    FixedState::default().hash_one(id) as usize % PAGES
}

impl PageCache {
    pub(super) fn get(&self, id: PageId) -> Option<Arc<Page>> {
        let pages = self.0.lock().expect("no holder of this lock panics");
        let page = pages[place_of(id)].as_ref().filter(|(known, _)| *known == id);
        page.map(|(_, page)| Arc::clone(page))
    }

    pub(super) fn put(&self, id: PageId, page: &Arc<Page>) {
        let mut pages = self.0.lock().expect("no holder of this lock panics");
        pages[place_of(id)] = Some((id, Arc::clone(page)));
    }
}
