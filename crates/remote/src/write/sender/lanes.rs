//! The lanes of one sender: one per job and instance.

use hashbrown::HashMap;
use regain_model::{INSTANCE_NAME, JOB_NAME, Labels};
use regain_storage::{Appendable, Appender, Committed, Error, LaneKey, SeriesRef};

/// About what an open lane takes besides its name.
const LANE_BYTES: usize = 256;

#[derive(Default)]
pub(super) struct Lanes {
    sender: String,
    by_key: HashMap<LaneKey, u32>,
    open: Vec<Lane>,
    /// Lanes that hold staged samples.
    staged: Vec<u32>,
    key_bytes: usize,
}

struct Lane {
    appender: Box<dyn Appender>,
    staged: bool,
}

impl Lanes {
    pub(super) fn new(sender: &str) -> Self {
        Self { sender: sender.to_owned(), ..Self::default() }
    }

    /// Closes all lanes, which hold nothing staged between requests.
    pub(super) fn close(&mut self) {
        self.by_key.clear();
        self.open.clear();
        self.staged.clear();
        self.key_bytes = 0;
    }

    pub(super) const fn size_bytes(&self) -> usize {
        self.open.len() * LANE_BYTES + self.key_bytes
    }

    /// The index of the lane of the series `labels`, opened on first use.
    pub(super) fn open(&mut self, store: &dyn Appendable, labels: &Labels) -> Result<u32, Error> {
        let value = |name| labels.get(name).unwrap_or_default();
        let key = LaneKey::push(&self.sender, value(JOB_NAME), value(INSTANCE_NAME));
        if let Some(&lane) = self.by_key.get(&key) {
            return Ok(lane);
        }
        let lane = u32::try_from(self.open.len());
        let lane = lane.expect("the limit in bytes is below 2^32 lanes");
        self.open.push(Lane { appender: store.appender(&key)?, staged: false });
        self.key_bytes += key.0.len();
        self.by_key.insert(key, lane);
        Ok(lane)
    }

    /// The reference of a series; `None` where the store refuses its labels.
    pub(super) fn series(
        &mut self,
        lane: u32,
        labels: &Labels,
    ) -> Result<Option<SeriesRef>, Error> {
        match self.open[lane as usize].appender.series(labels) {
            Ok(reference) => Ok(Some(reference)),
            // Neither gets better when the sender tries again.
            Err(Error::InvalidLabels { .. } | Error::KeyCollision { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The appender of `lane`, which is about to hold staged samples.
    #[inline]
    pub(super) fn staging(&mut self, lane: u32) -> &mut dyn Appender {
        let index = lane as usize;
        if !self.open[index].staged {
            self.open[index].staged = true;
            self.staged.push(lane);
        }
        &mut *self.open[index].appender
    }

    /// Commits what is staged. After a failure, the lanes that are left drop theirs.
    pub(super) fn commit(&mut self) -> Result<Committed, Error> {
        let mut total = Committed::default();
        while let Some(index) = self.staged.pop() {
            let lane = &mut self.open[index as usize];
            lane.staged = false;
            match lane.appender.commit() {
                Ok(committed) => {
                    total.samples += committed.samples;
                    total.series_created += committed.series_created;
                }
                Err(error) => {
                    lane.appender.rollback();
                    self.rollback();
                    return Err(error);
                }
            }
        }
        Ok(total)
    }

    /// Drops what is staged.
    pub(super) fn rollback(&mut self) {
        while let Some(index) = self.staged.pop() {
            let lane = &mut self.open[index as usize];
            lane.staged = false;
            lane.appender.rollback();
        }
    }
}
