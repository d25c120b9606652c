//! The samples of one series while they are put together from its pieces.

/// Times and values, one to one, times ascending.
#[derive(Debug, Default, Clone)]
pub(crate) struct Column {
    pub(crate) times: Vec<i64>,
    pub(crate) values: Vec<f64>,
}

impl Column {
    pub(crate) fn clear(&mut self) {
        self.times.clear();
        self.values.clear();
    }

    pub(crate) fn push(&mut self, time: i64, value: f64) {
        self.times.push(time);
        self.values.push(value);
    }

    /// The newest sample: time and bits.
    pub(crate) fn newest(&self) -> Option<(i64, u64)> {
        let newest = (0..self.times.len()).max_by_key(|&at| self.times[at])?;
        Some((self.times[newest], self.values[newest].to_bits()))
    }

    /// Restores the order after pieces were appended from `start` on, each ascending in itself. At
    /// equal times the sample that was appended last wins, so pieces come oldest source first.
    pub(crate) fn merge_from(&mut self, start: usize) {
        if self.times[start..].windows(2).all(|pair| pair[0] < pair[1]) {
            return;
        }
        let mut order: Vec<usize> = (start..self.times.len()).collect();
        order.sort_by_key(|&at| self.times[at]);
        let mut merged = Self::default();
        for at in order {
            let (time, value) = (self.times[at], self.values[at]);
            if merged.times.last() == Some(&time) {
                *merged.values.last_mut().expect("as long as the times") = value;
            } else {
                merged.push(time, value);
            }
        }
        self.times.truncate(start);
        self.values.truncate(start);
        self.times.extend_from_slice(&merged.times);
        self.values.extend_from_slice(&merged.values);
    }

    /// Keeps the samples for which `kept` says so.
    pub(crate) fn keep(&mut self, kept: &[bool]) {
        let (mut times, mut values) = (kept.iter(), kept.iter());
        self.times.retain(|_| times.next().copied().unwrap_or_default());
        self.values.retain(|_| values.next().copied().unwrap_or_default());
    }

    /// Removes what lies outside of `min..=max` from `start` on.
    pub(crate) fn clip_from(&mut self, start: usize, min: i64, max: i64) {
        let end = start + self.times[start..].partition_point(|&time| time <= max);
        self.times.truncate(end);
        self.values.truncate(end);
        let first = start + self.times[start..].partition_point(|&time| time < min);
        self.times.drain(start..first);
        self.values.drain(start..first);
    }
}

/// First and last time and the largest gap of times that come in ascending order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) span: Option<(i64, i64)>,
    pub(crate) max_gap: u64,
}

impl Times {
    /// Adds a time that lies within `min..=max`.
    #[inline]
    pub(crate) fn add(&mut self, time: i64, (min, max): (i64, i64)) {
        if time < min || time > max {
            return;
        }
        self.span = match self.span {
            None => Some((time, time)),
            Some((first, last)) => {
                self.max_gap = self.max_gap.max(time.abs_diff(last));
                Some((first, time))
            }
        };
    }
}
