//! A row that is a lot of work is computed in pieces, so that its query can end in between: the same values.

use std::sync::Arc;

use regain_model::{Labels, Timestamp};
use regain_promql::{Engine, ParserOptions, Steps, Value, parse};
use regain_storage::Ctx;
use regain_storage::memory::MemoryStore;

#[test]
fn a_row_in_pieces_has_the_values_of_its_steps() {
    let store = MemoryStore::new();
    let labels = Labels::from_pairs([("__name__", "m")]);
    let samples =
        (0..7000).map(|at: i32| (Timestamp(i64::from(at) * 1000), f64::from(at * at % 997)));
    store.add(&labels, samples).unwrap();
    let engine = Engine::default();
    for query in ["rate(m[6000s])", "max_over_time(m[6000s])", "predict_linear(m[6000s], time())"] {
        let expr = parse(query, &ParserOptions::all()).unwrap();
        let steps = Steps { start: Timestamp(0), end: Timestamp(6_999_000), step_ms: 1000 };
        let whole = engine.range(&store, &expr, steps, &Arc::new(Ctx::default())).unwrap();
        let Value::Matrix(series) = whole.value else { panic!("a matrix") };
        for at in [2, 5000, 6500, 6999] {
            let time = Timestamp(at * 1000);
            let one = engine.instant(&store, &expr, time, &Arc::new(Ctx::default())).unwrap();
            let Value::Vector(samples) = one.value else { panic!("a vector") };
            let point = series[0].points.iter().find(|point| point.time == time).unwrap();
            assert_eq!(point.value.to_bits(), samples[0].value.to_bits(), "{query} at {at}");
        }
    }
}
