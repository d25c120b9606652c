//! Blocks answer like a plain map, whatever is done to them in whatever order.

use proptest::prelude::*;
use regain_model::{MatchOp, Matcher, Span, Timestamp};
use regain_prometheus_tsdb::{Blocks, BlocksOptions, WINDOW_MS};
use regain_storage::fs::MemFs;
use regain_storage::{BlockFormat as _, Retention};

use super::{Expected, STEP_MS, content, labels, open_with, options, store, window};

#[derive(Clone, Debug)]
enum Action {
    /// Some rows of some series of a window.
    Cut {
        window: i64,
        series: Vec<i64>,
        rows: Vec<i64>,
    },
    /// Rows of series whose numbers match.
    Delete {
        regex: &'static str,
        rows: (i64, i64),
    },
    Compact,
    Clean,
    /// Everything before the window goes.
    Retain {
        windows: i64,
    },
    Reopen,
    Kill {
        operations: u64,
    },
}

fn action() -> impl Strategy<Value = Action> {
    let some = |range: std::ops::Range<i64>, count| prop::collection::btree_set(range, count);
    let cut =
        (0..12_i64, some(0..8, 1..5), some(0..60, 1..20)).prop_map(|(window, series, rows)| {
            let (series, rows) = (series.into_iter().collect(), rows.into_iter().collect());
            Action::Cut { window, series, rows }
        });
    let regex = prop::sample::select(vec!["[0-3]", "", ".*", "7", "[13579]"]);
    let delete = (regex, 0..700_i64, 0..150_i64)
        .prop_map(|(regex, from, length)| Action::Delete { regex, rows: (from, from + length) });
    prop_oneof![
        8 => cut,
        3 => delete,
        4 => Just(Action::Compact),
        1 => Just(Action::Clean),
        1 => (4..12_i64).prop_map(|windows| Action::Retain { windows }),
        1 => Just(Action::Reopen),
        1 => (0..40_u64).prop_map(|operations| Action::Kill { operations }),
    ]
}

struct World {
    fs: MemFs,
    blocks: Blocks,
    expected: Expected,
    cuts: u64,
}

fn opened(fs: &MemFs) -> Blocks {
    open_with(fs, BlocksOptions { span_max_ms: 9 * WINDOW_MS, ..options() }).unwrap()
}

impl World {
    fn new() -> Self {
        let fs = MemFs::new();
        Self { blocks: opened(&fs), fs, expected: Expected::new(), cuts: 0 }
    }

    fn act(&mut self, action: &Action) {
        match action {
            Action::Cut { window: number, series, rows } => {
                let rows: Vec<i64> = rows.iter().map(|row| number * 60 + row).collect();
                let store = store(series.iter().copied(), &rows);
                self.cuts += 1;
                self.blocks.write(&store, window(*number), self.cuts).unwrap();
                for (series, samples) in content(&store) {
                    self.expected.entry(series).or_default().extend(samples);
                }
            }
            Action::Delete { regex, rows } => {
                let matcher = Matcher::new("n", MatchOp::Regex, *regex).unwrap();
                let span = Span::new(Timestamp(rows.0 * STEP_MS), Timestamp(rows.1 * STEP_MS));
                self.blocks.delete(std::slice::from_ref(&matcher), span).unwrap();
                for number in (0..8).filter(|n| matcher.matches(&n.to_string())) {
                    if let Some(samples) = self.expected.get_mut(&labels(number).to_string()) {
                        samples.retain(|&time, _| !span.contains(Timestamp(time)));
                    }
                }
            }
            Action::Compact => while self.blocks.compact(&|| true).unwrap() {},
            Action::Clean => assert!(self.blocks.clean_tombstones(&|| true).unwrap()),
            Action::Retain { windows } => self.retain(*windows),
            Action::Reopen => self.blocks = opened(&self.fs),
            Action::Kill { operations } => {
                self.fs.stop_at(self.fs.operations() + operations);
                drop(self.blocks.compact(&|| true));
                self.fs.cut_power(0);
                self.blocks = opened(&self.fs);
            }
        }
        self.expected.retain(|_, samples| !samples.is_empty());
    }

    /// Whole blocks go, so what is expected is what those have that stay.
    fn retain(&mut self, windows: i64) {
        let end = self.blocks.all().iter().map(|block| block.meta().max_time).max();
        let cut = end.unwrap_or(0) - windows * WINDOW_MS;
        // No block of those that stay reaches further back than the longest may.
        let reaches = self.blocks.all();
        let kept = reaches.iter().filter(|block| block.meta().max_time > cut);
        let first = kept.map(|block| block.meta().min_time).min().unwrap_or(i64::MAX);
        self.blocks.set_retention(Retention::of_ms(windows * WINDOW_MS));
        self.blocks.tick(Timestamp(i64::MIN), 0).unwrap();
        self.blocks.set_retention(Retention::ENDLESS);
        let now = content(&self.blocks);
        for (series, samples) in &mut self.expected {
            let found = now.get(series);
            samples.retain(|time, _| {
                *time >= cut
                    || *time >= first && found.is_some_and(|found| found.contains_key(time))
            });
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn blocks_answer_like_a_map(actions in prop::collection::vec(action(), 1..30)) {
        let mut world = World::new();
        for (at, action) in actions.iter().enumerate() {
            world.act(action);
            prop_assert_eq!(&content(&world.blocks), &world.expected, "after {} of them: {:?}", at + 1, action);
            prop_assert!(world.blocks.damages().is_empty());
        }
    }
}
