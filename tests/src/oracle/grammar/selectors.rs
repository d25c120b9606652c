//! Selectors, ranges, and when they look.

use super::super::data::Metric;
use super::super::tree::{Kind, Tree};
use super::Grammar;

const DURATIONS: [&str; 12] =
    ["1m", "2m", "5m", "30s", "15s", "10s", "1m30s", "10m", "1h", "1ms", "90", "61s"];
const COMPUTED: [&str; 8] = [
    "(1m * 2)",
    "step()",
    "max_of(step(), 30s)",
    "min_of(range(), 2m)",
    "(1m + 15s)",
    "-(-1m)",
    "(5m - step())",
    "range() + 1m",
];

impl Grammar<'_> {
    /// An instant selector.
    pub(super) fn selector(&mut self) -> Tree {
        let metric = self.metric();
        self.selector_of(&metric)
    }

    /// An instant selector of `metric`.
    pub(super) fn selector_of(&mut self, metric: &Metric) -> Tree {
        let tree = self.series(metric);
        self.when(tree)
    }

    /// The name and the matchers.
    fn series(&mut self, metric: &Metric) -> Tree {
        const MATCHERS: [&str; 10] = [
            "job=\"api\"",
            "job=\"db\"",
            "job!=\"db\"",
            "instance=~\"h:1.*\"",
            "instance!~\"h:(2|10)\"",
            "code=\"\"",
            "code=~\"2..|5..\"",
            "instance=~\"h:[12]\"",
            "nosuch!=\"\"",
            "le=~\"0\\\\.[0-9]+|\\\\+Inf\"",
        ];
        const SEVERAL: [&str; 5] = [
            "{__name__=~\"temperature|pressure\"}",
            "{__name__=~\"requests_total|errors_total\",job=\"api\"}",
            "{__name__=~\"size|custom|mixture\"}",
            "{__name__=~\"latency.*\",job=\"db\"}",
            "{job=\"api\",__name__!~\".*(total|bucket)\"}",
        ];
        if self.random.percent(7) {
            return Tree::leaf(Kind::Vector, self.random.pick(&SEVERAL));
        }
        if metric.name.starts_with('"') {
            return Tree::leaf(Kind::Vector, format!("{{{}}}", metric.name));
        }
        let tree = Tree::leaf(Kind::Vector, metric.name);
        if self.random.percent(35) {
            tree.optional(format!("{{{}}}", self.random.pick(&MATCHERS)))
        } else {
            tree
        }
    }

    /// `tree` with `offset` and `@`, perhaps.
    fn when(&mut self, tree: Tree) -> Tree {
        const AT: [&str; 6] = [" @ 300", " @ start()", " @ end()", " @ 0", " @ 1234.567", " @ -60"];
        const OFFSETS: [&str; 4] = [" offset ", " offset ", " offset -", " offset -"];
        let mut modifiers = Vec::new();
        if self.random.percent(12) {
            let offset = self.random.pick(&OFFSETS);
            let computed = offset == " offset " && self.random.percent(20);
            let duration =
                if computed { self.random.pick(&COMPUTED) } else { self.random.pick(&DURATIONS) };
            modifiers.push(format!("{offset}{duration}"));
        }
        if self.pins && self.random.percent(8) {
            modifiers.push(self.random.pick(&AT).to_owned());
        }
        if self.random.percent(50) {
            modifiers.reverse();
        }
        modifiers.into_iter().fold(tree, Tree::optional)
    }

    /// A range vector.
    pub(super) fn matrix(&mut self, depth: i64) -> Tree {
        if depth > 1 && self.random.percent(25) {
            return self.subquery(depth);
        }
        let metric = self.metric();
        let range = self.duration();
        let series = self.series(&metric);
        let mut tree = Tree::new(Kind::Matrix).part(series).text(format!("[{range}]"));
        if self.random.percent(12) {
            tree = tree.optional(if self.random.percent(50) { " anchored" } else { " smoothed" });
        }
        self.when(tree)
    }

    fn subquery(&mut self, depth: i64) -> Tree {
        let range = self.duration();
        let step = if self.random.percent(25) { "" } else { self.random.pick(&DURATIONS) };
        // A step of a millisecond over an hour asks for more than anybody wants to wait for.
        let step = if step == "1ms" { "7s" } else { step };
        let tree = if self.random.percent(10) {
            Tree::new(Kind::Matrix).text("(").part(self.scalar(depth - 1)).text(")")
        } else {
            Tree::new(Kind::Matrix).text("(").part(self.vector(depth - 1)).text(")")
        };
        self.when(tree.text(format!("[{range}:{step}]")))
    }

    fn duration(&mut self) -> String {
        if self.random.percent(10) {
            self.random.pick(&COMPUTED).to_owned()
        } else {
            self.random.pick(&DURATIONS).to_owned()
        }
    }
}
