//! Calls: every function, with arguments that make sense to it most of the time.

use super::super::data::METRICS;
use super::super::tree::{Kind, Tree};
use super::{Function, Grammar};

impl Grammar<'_> {
    /// A call of a function of a range vector, or of one that needs none.
    pub(super) fn call_over(&mut self, kind: Kind, depth: i64) -> Tree {
        let over_range = |function: &Function| function.args.contains(&Kind::Matrix);
        let wanted = |function: &&Function| {
            function.returns == Kind::Vector && over_range(function) == (kind == Kind::Matrix)
        };
        let functions: Vec<&Function> = self.functions.iter().filter(wanted).collect();
        let function = self.random.pick(&functions);
        self.call(function, depth)
    }

    pub(super) fn scalar_call(&mut self, depth: i64) -> Tree {
        let functions = self.functions;
        let functions: Vec<&Function> =
            functions.iter().filter(|function| function.returns == Kind::Scalar).collect();
        let function = self.random.pick(&functions);
        self.call(function, depth)
    }

    fn call(&mut self, function: &Function, depth: i64) -> Tree {
        let mut args = match function.name {
            "label_replace" => self.label_replace(depth),
            "label_join" => self.label_join(depth),
            "sort_by_label" | "sort_by_label_desc" => self.sort_by_label(depth),
            "info" => self.info(),
            "histogram_quantiles" => {
                let vector = self.histogram_or(depth);
                let label = Tree::leaf(Kind::Text, "\"q\"");
                vec![vector, label, self.quantile(), self.quantile()]
            }
            "quantile_over_time" => vec![self.quantile_or_scalar(depth), self.matrix(depth)],
            "histogram_quantile" => vec![self.quantile_or_scalar(depth), self.histogram_or(depth)],
            "histogram_fraction" => {
                vec![self.scalar(depth - 1), self.scalar(depth - 1), self.histogram_or(depth)]
            }
            "double_exponential_smoothing" => {
                let factors = ["0.5", "0.1", "0.9", "0.3", "0", "1.5"];
                let mut factor = || Tree::leaf(Kind::Scalar, self.random.pick(&factors));
                let (smoothing, trend) = (factor(), factor());
                vec![self.matrix(depth), smoothing, trend]
            }
            name if name.starts_with("histogram_") => vec![self.histogram_or(depth)],
            "rate" | "increase" | "irate" | "resets" if self.random.percent(60) => {
                vec![self.counter_range()]
            }
            _ => self.any_arguments(function, depth),
        };
        let mut tree = Tree::new(function.returns).text(format!("{}(", function.name));
        for (at, arg) in args.drain(..).enumerate() {
            tree = if at > 0 { tree.text(", ").part(arg) } else { tree.part(arg) };
        }
        tree.text(")")
    }

    fn any_arguments(&mut self, function: &Function, depth: i64) -> Vec<Tree> {
        let mut kinds = function.args.clone();
        for &kind in &function.optional {
            if self.random.percent(50) {
                kinds.push(kind);
            }
        }
        let mut argument = |kind: Kind| match kind {
            Kind::Matrix => self.matrix(depth),
            kind => self.of_kind(kind, depth - 1),
        };
        kinds.into_iter().map(&mut argument).collect()
    }

    fn counter_range(&mut self) -> Tree {
        let counters: Vec<_> =
            METRICS.iter().filter(|m| m.is_counter() || m.has_histograms()).collect();
        let metric = self.random.pick(&counters);
        let range = self.random.pick(&["1m", "2m", "5m", "10m"]);
        Tree::leaf(Kind::Matrix, format!("{}[{range}]", metric.name))
    }

    /// A vector that holds histograms most of the time.
    fn histogram_or(&mut self, depth: i64) -> Tree {
        if self.random.percent(40) {
            return self.vector(depth - 1);
        }
        let metrics: Vec<_> = METRICS
            .iter()
            .filter(|metric| metric.has_histograms() || metric.name == "latency_bucket")
            .collect();
        let metric = self.random.pick(&metrics);
        self.selector_of(metric)
    }

    /// What dashboards ask of classic histograms.
    pub(super) fn quantile_of_buckets(&mut self) -> Tree {
        let tree = Tree::new(Kind::Vector).text("histogram_quantile(").part(self.quantile());
        let inner = self.random.pick(&[
            "rate(latency_bucket[2m])",
            "sum by (le) (rate(latency_bucket[5m]))",
            "sum by (job, le) (increase(latency_bucket[1m]))",
            "{__name__=~\"latency|latency_bucket\"}",
            "latency_bucket",
        ]);
        tree.text(", ").part(Tree::leaf(Kind::Vector, inner)).text(")")
    }

    fn text(&mut self, texts: &[&str]) -> Tree {
        let text = self.random.pick(texts);
        Tree::leaf(Kind::Text, format!("\"{text}\""))
    }

    fn label_replace(&mut self, depth: i64) -> Vec<Tree> {
        let vector = self.vector(depth - 1);
        let target = self.text(&["job", "new", "instance", "__name__", "lab.el", ""]);
        let replacement = self.text(&["$1", "x", "$1-$2", "${1}", "", "$name"]);
        let source = self.text(&["instance", "job", "nosuch", "__name__", "code"]);
        let regex = self.text(&["(.*)", "h:(.*)", "(a)(p)i", "(?P<name>.+)", "db", "(", ""]);
        vec![vector, target, replacement, source, regex]
    }

    fn label_join(&mut self, depth: i64) -> Vec<Tree> {
        let vector = self.vector(depth - 1);
        let target = self.text(&["joined", "job", "__name__", "lab.el"]);
        let mut args = vec![vector, target, self.text(&["-", "", ","])];
        for _ in 0..self.random.between(0, 3) {
            args.push(self.text(&["job", "instance", "code", "__name__", "nosuch"]));
        }
        args
    }

    fn sort_by_label(&mut self, depth: i64) -> Vec<Tree> {
        let mut args = vec![self.vector(depth - 1)];
        for _ in 0..self.random.between(1, 2) {
            args.push(self.text(&["instance", "job", "code", "__name__", "le"]));
        }
        args
    }

    fn info(&mut self) -> Vec<Tree> {
        const DATA: [&str; 6] = [
            "{version=~\".+\"}",
            "{__name__=\"build_info\"}",
            "{__name__=~\".+_info\"}",
            "{version=\"1\"}",
            "{__name__=\"build_info\",version=~\".*\"}",
            "{nosuch=~\".*\"}",
        ];
        let vector = if self.random.percent(70) { self.selector() } else { self.vector(1) };
        if self.random.percent(40) {
            return vec![vector];
        }
        vec![vector, Tree::leaf(Kind::Vector, self.random.pick(&DATA))]
    }
}
