//! What a figure has to reach, and whether it does.

use std::fmt;

use regain_tests::program::Program;

/// What a figure has to be, where less is better.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bar {
    /// So many times less than Prometheus takes, and than `VictoriaMetrics` where that is asked for.
    Less(f64, Option<f64>),
    /// No more than this.
    AtMost(f64),
}

/// The two bars of a figure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bars {
    /// What must be.
    pub(crate) must: Bar,
    /// What is aimed at.
    pub(crate) moonshot: Bar,
}

/// How many bars were reached, of how many about which this run can tell.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    /// Those that must be.
    pub(crate) must: Count,
    /// Those that are aimed at.
    pub(crate) moonshot: Count,
}

/// How many of how many.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    reached: usize,
    judged: usize,
}

/// Bars against both peers: each the factors over Prometheus and over `VictoriaMetrics`.
pub(crate) const fn less(must: (f64, f64), moonshot: (f64, f64)) -> Bars {
    Bars {
        must: Bar::Less(must.0, Some(must.1)),
        moonshot: Bar::Less(moonshot.0, Some(moonshot.1)),
    }
}

/// Bars against nobody.
pub(crate) const fn at_most(must: f64, moonshot: f64) -> Bars {
    Bars { must: Bar::AtMost(must), moonshot: Bar::AtMost(moonshot) }
}

impl Bar {
    /// Whether the first value, which is ours, reaches the bar; nothing where ours or a peer that counts is
    /// not there. Who never gets there takes longer than anybody.
    pub(crate) fn is_reached(self, servers: &[Program], values: &[Option<f64>]) -> Option<bool> {
        let of = |program: Program| {
            let index = servers.iter().position(|server| *server == program)?;
            values[index].map(|value| if value.is_nan() { f64::INFINITY } else { value })
        };
        let ours = of(Program::Regain)?;
        match self {
            Self::AtMost(most) => Some(ours <= most),
            Self::Less(prometheus, victoria_metrics) => {
                let mut is_reached = ours * prometheus <= of(Program::Prometheus)?;
                if let Some(factor) = victoria_metrics {
                    is_reached &= ours * factor <= of(Program::VictoriaMetrics)?;
                }
                Some(is_reached && ours.is_finite())
            }
        }
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Less(prometheus, None) => write!(f, "{prometheus}x"),
            Self::Less(prometheus, Some(victoria_metrics)) => {
                write!(f, "{prometheus}x / {victoria_metrics}x")
            }
            Self::AtMost(most) => write!(f, "≤ {most}"),
        }
    }
}

impl Tally {
    /// Adds another.
    pub(crate) fn add(&mut self, other: Self) {
        self.must.add(other.must);
        self.moonshot.add(other.moonshot);
    }
}

impl Count {
    /// Counts one more; nothing counts as not judged.
    pub(crate) fn judge(&mut self, is_reached: Option<bool>) {
        self.judged += usize::from(is_reached.is_some());
        self.reached += usize::from(is_reached == Some(true));
    }

    fn add(&mut self, other: Self) {
        self.judged += other.judged;
        self.reached += other.reached;
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.reached, self.judged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [Program; 3] = Program::SERVERS;

    #[test]
    fn a_bar_holds_against_each_peer_that_it_names() {
        let bar = Bar::Less(4.0, Some(2.0));
        assert_eq!(bar.is_reached(&BOTH, &[Some(1.0), Some(4.0), Some(2.0)]), Some(true));
        assert_eq!(bar.is_reached(&BOTH, &[Some(1.0), Some(3.9), Some(2.0)]), Some(false));
        assert_eq!(bar.is_reached(&BOTH, &[Some(1.0), Some(4.0), Some(1.9)]), Some(false));
        assert_eq!(Bar::AtMost(1.2).is_reached(&BOTH[..1], &[Some(1.2)]), Some(true));
        assert_eq!(Bar::AtMost(1.2).is_reached(&BOTH[..1], &[Some(1.3)]), Some(false));
    }

    #[test]
    fn a_bar_is_not_judged_without_a_peer_that_it_names() {
        assert_eq!(Bar::Less(4.0, None).is_reached(&BOTH[..1], &[Some(1.0)]), None);
        let unmeasured = [Some(1.0), Some(9.0), None];
        assert_eq!(Bar::Less(4.0, Some(2.0)).is_reached(&BOTH, &unmeasured), None);
        assert_eq!(Bar::Less(4.0, None).is_reached(&BOTH, &unmeasured), Some(true));
        assert_eq!(Bar::AtMost(1.0).is_reached(&BOTH[1..], &[Some(1.0), Some(1.0)]), None);
    }

    #[test]
    fn who_never_gets_there_is_worse_than_anybody() {
        let never = Some(f64::NAN);
        let bar = Bar::Less(4.0, None);
        assert_eq!(bar.is_reached(&BOTH, &[Some(1.0), never, None]), Some(true));
        assert_eq!(bar.is_reached(&BOTH, &[never, never, None]), Some(false));
        assert_eq!(Bar::AtMost(1.0).is_reached(&BOTH, &[never, None, None]), Some(false));
    }
}
