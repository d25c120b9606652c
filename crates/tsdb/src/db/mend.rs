//! Mending: a segment in which damage was found is written anew without what is damaged, and the damaged file
//! is kept under another name.

use std::sync::Arc;

use regain_model::{Span, Timestamp};
use regain_storage::{Error, Result};

use super::Inner;
use super::health::SetAside;
use super::merge::GoOn;
use crate::layout::{io_error, set_aside};
use crate::report::Damage;
use crate::segment::{Segment, Summary};
use crate::view::View;

impl Inner {
    /// The first segment in which damage was found.
    pub(super) fn first_damaged<'a>(&self, view: &'a View) -> Option<&'a Arc<Segment>> {
        let damaged = self.damaged_segments();
        view.segments.iter().find(|segment| damaged.contains(&segment.number))
    }

    /// Writes a damaged segment anew without what is damaged; where nothing of it can be read, it goes.
    pub(super) fn mend(&self, view: &View, damaged: &Arc<Segment>, go_on: GoOn<'_>) -> Result<()> {
        let number = self.next_segment();
        let mut left_out = Vec::new();
        let inputs = std::slice::from_ref(damaged);
        let written =
            self.write_merged(number, inputs, (&view.deleted, go_on), Some(&mut left_out));
        let mended = match written {
            Ok(mended) => Some(mended),
            Err(Error::Corrupt { .. }) => {
                left_out.clear();
                left_out.push(0..damaged.summary.size_bytes);
                None
            }
            Err(error) => return Err(error),
        };
        if left_out.is_empty() {
            // It reads well by now: a disk may have answered wrongly once.
            self.forget_damaged(damaged.number);
            return mended.map_or(Ok(()), |mended| self.remove_file(&mended.path));
        }
        if !self.replace(inputs, mended.as_ref(), &view.deleted)? {
            return Ok(());
        }
        let path = set_aside(&damaged.path);
        self.fs.rename(&damaged.path, &path).map_err(io_error("rename", &damaged.path))?;
        let Summary { min_time, max_time, .. } = damaged.summary;
        let damage = |bytes| Damage { path: damaged.path.clone(), bytes };
        self.note_set_aside(SetAside {
            path,
            span: Span::new(Timestamp(min_time), Timestamp(max_time)),
            damage: left_out.into_iter().map(damage).collect(),
            is_recovered: false,
            is_archive: false,
        });
        self.forget_damaged(damaged.number);
        // What was read of it before is not what is there now.
        self.note_change(min_time);
        Ok(())
    }
}
