//! A vector that `topk` has put in order keeps it within an instant query, as in Prometheus.

use regain_model::{Labels, Timestamp};
use regain_promql::{Engine, ParserOptions, Value, parse};
use regain_storage::memory::MemoryStore;

#[test]
fn what_comes_first_of_a_ranking_is_the_best() {
    let store = MemoryStore::new();
    for (i, value) in [("1", 1.0), ("2", 3.0), ("3", 2.0)] {
        let labels = Labels::from_pairs([("__name__", "m"), ("i", i)]);
        store.add(&labels, [(Timestamp(0), value)]).unwrap();
    }
    let engine = Engine::default();
    for (text, found) in [
        ("limitk(1, topk(3, m))", vec!["2"]),
        ("limitk(2, topk(3, m))", vec!["2", "3"]),
        ("limitk(1, bottomk(3, m))", vec!["1"]),
    ] {
        let expr = parse(text, &ParserOptions::all()).unwrap();
        let result = engine.instant(&store, &expr, Timestamp(0), &engine.context()).unwrap();
        let Value::Vector(samples) = result.value else { panic!("{text} is a vector") };
        let names: Vec<_> = samples.iter().map(|one| one.labels.get("i").unwrap()).collect();
        assert_eq!(names, found, "{text}");
    }
}
