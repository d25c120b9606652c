//! `/federate`. What is expected is what Prometheus 3.14 answered to the same series.

use std::sync::Arc;

use axum::body::Body;
use http::Request;
use regain_exposition::read::{
    Item, MetadataItem, ProtobufSource, ReadOptions, Reading, Says, Source as _,
};
use regain_model::histogram::{Buckets, CUSTOM_SCHEMA};
use regain_model::{Histogram, Labels, ResetHint, STALE_NAN, Timestamp};
use regain_storage::memory::MemoryStore;
use regain_storage::{Appender as _, Value};

use crate::server::{NOW_MS, Server, Setup};

fn server(external_labels: &[(&str, &str)]) -> Server {
    let store = MemoryStore::new();
    let add = |labels: &[(&str, &str)], samples: &[(i64, f64)]| {
        let samples = samples.iter().map(|&(ago_ms, value)| (Timestamp(NOW_MS - ago_ms), value));
        store.add(&Labels::from_pairs(labels.iter().copied()), samples).unwrap();
    };
    add(&[("__name__", "zz"), ("job", "b")], &[(2000, 1.5)]);
    add(&[("__name__", "fed"), ("instance", "x"), ("job", "a")], &[(1000, 1.0), (500, 2.0)]);
    add(&[("__name__", "fed"), ("job", "b"), ("region", "own")], &[(1000, f64::NAN)]);
    add(&[("__name__", "fed"), ("job", "c")], &[(1000, 1.0), (900, STALE_NAN)]);
    add(&[("__name__", "fed"), ("job", "old")], &[(301_000, 1.0)]);
    add(&[("__name__", "utf8.name"), ("a\"\\\n", "<v>\"\\\n")], &[(1000, 1e21)]);
    add(&[("nameless", "1")], &[(1000, 1.0)]);
    add(&[("__name__", "edge")], &[(300_000, 1.0)]);
    let external_labels = Labels::from_pairs(external_labels.iter().copied());
    Server::ready(Setup { store: Arc::new(store), external_labels, ..Setup::default() })
}

const EXTERNAL: [(&str, &str); 2] = [("region", "eu"), ("zone", "z")];

#[tokio::test]
async fn the_newest_samples_are_exposed_with_the_labels_they_lack() {
    let server = server(&EXTERNAL);
    let target =
        "/federate?match[]=fed&match[]=%7Bjob=~%22b%7Ca%22%7D&match[]=%7B%22utf8.name%22%7D";
    let answer = server.get(target).await;
    let expected = r#"# TYPE fed untyped
fed{instance="x",job="a",region="eu",zone="z"} 2 1700000299500
fed{job="b",region="own",instance="",zone="z"} NaN 1700000299000
# TYPE utf8_name untyped
utf8_name{a___="<v>\"\\\n",instance="",region="eu",zone="z"} 1e+21 1700000299000
# TYPE zz untyped
zz{job="b",instance="",region="eu",zone="z"} 1.5 1700000298000
"#;
    assert_eq!(answer.text(), expected);
    let content_type = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";
    assert_eq!(answer.header("content-type"), content_type);
}

#[tokio::test]
async fn names_come_as_the_client_takes_them_and_open_metrics_is_not_offered() {
    let server = server(&EXTERNAL);
    for (accept, escaping, first) in [
        (
            "text/plain;version=0.0.4;escaping=allow-utf-8",
            "allow-utf-8",
            "# TYPE \"utf8.name\" untyped\n{\"utf8.name\",\"a\\\"\\\\\\n\"=",
        ),
        ("application/openmetrics-text", "underscores", "# TYPE utf8_name untyped\nutf8_name{"),
    ] {
        let request =
            Request::get("/federate?match[]=%7B%22utf8.name%22%7D").header("accept", accept);
        let answer = server.send(request.body(Body::empty()).unwrap()).await;
        assert!(answer.text().starts_with(first), "{}", answer.text());
        let expected = format!("text/plain; version=0.0.4; charset=utf-8; escaping={escaping}");
        assert_eq!(answer.header("content-type"), expected);
    }
}

#[tokio::test]
async fn series_without_a_name_are_left_out_and_the_window_is_closed() {
    let server = server(&[]);
    assert_eq!(server.get("/federate?match[]=%7Bnameless=%221%22%7D").await.text(), "");
    // Unlike a query, federation still sees a sample that is exactly as old as the lookback.
    let expected = "# TYPE edge untyped\nedge{instance=\"\"} 1 1700000000000\n";
    assert_eq!(server.get("/federate?match[]=edge").await.text(), expected);
    // An empty selector selects nothing, one that matches everything does.
    assert_eq!(server.get("/federate?match[]=%7B%7D").await.text(), "");
    let all = server.get("/federate?match[]=%7Bjob=~%22.*%22%7D").await;
    assert_eq!(all.text().matches("# TYPE").count(), 4);
}

#[tokio::test]
async fn an_external_instance_stands_in_for_a_missing_one() {
    let server = server(&[("instance", "me")]);
    let expected = "# TYPE edge untyped\nedge{instance=\"me\"} 1 1700000000000\n";
    assert_eq!(server.get("/federate?match[]=edge").await.text(), expected);
}

/// A store with a native histogram, a gauge of one, a classic one and a float, all of the same name.
fn histograms() -> Arc<MemoryStore> {
    let store = MemoryStore::new();
    let buckets = |cells: &[f64]| Buckets::run(0, cells.to_vec());
    let native = |hint| Histogram {
        hint,
        count: 3.0,
        sum: 4.5,
        positive: buckets(&[1.0, 2.0]),
        ..Histogram::default()
    };
    let custom = Histogram {
        schema: CUSTOM_SCHEMA,
        count: 4.0,
        sum: 9.0,
        positive: buckets(&[1.0, 0.5, 2.5]),
        bounds: Some([0.5, 2.0].into()),
        ..Histogram::default()
    };
    for (kind, histogram) in [
        ("counter", native(ResetHint::Unknown)),
        ("gauge", native(ResetHint::Gauge)),
        ("listed", custom),
    ] {
        let mut writer = store.writer();
        let series = writer.series(&Labels::from_pairs([("__name__", "h"), ("kind", kind)]));
        let value = Value::Histogram(Arc::new(histogram));
        writer.stage_value(series.unwrap(), Timestamp(NOW_MS - 1000), Timestamp(0), value);
        writer.commit().unwrap();
    }
    let float = Labels::from_pairs([("__name__", "h"), ("kind", "z")]);
    store.add(&float, [(Timestamp(NOW_MS - 500), 1.0)]).unwrap();
    Arc::new(store)
}

#[tokio::test]
async fn text_has_the_histograms_whose_bounds_are_listed() {
    let server = Server::ready(Setup {
        store: histograms(),
        external_labels: Labels::default(),
        ..Setup::default()
    });
    let expected = r#"# TYPE h histogram
h_bucket{kind="listed",instance="",le="0.5"} 1 1700000299000
h_bucket{kind="listed",instance="",le="2"} 1.5 1700000299000
h_bucket{kind="listed",instance="",le="+Inf"} 4 1700000299000
h_sum{kind="listed",instance=""} 9 1700000299000
h_count{kind="listed",instance=""} 4 1700000299000
# TYPE h untyped
h{kind="z",instance=""} 1 1700000299500
"#;
    assert_eq!(server.get("/federate?match[]=h").await.text(), expected);
}

#[tokio::test]
async fn protobuf_has_all_histograms_each_as_a_family_of_its_kind() {
    let server = Server::ready(Setup {
        store: histograms(),
        external_labels: Labels::default(),
        ..Setup::default()
    });
    let message = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; \
                   encoding=delimited";
    let request = Request::get("/federate?match[]=h").header("accept", message);
    let answer = server.send(request.body(Body::empty()).unwrap()).await;
    let content_type = format!("{message}; escaping=underscores");
    assert_eq!(answer.header("content-type"), content_type);
    let options = ReadOptions { native_histograms: true, ..ReadOptions::default() };
    let mut source = ProtobufSource::new(&answer.body, options);
    let mut found = Vec::new();
    while let Some(item) = source.next_item().unwrap() {
        found.push(match item {
            Item::Metadata(MetadataItem { says: Says::Kind(kind), .. }) => kind.to_string(),
            Item::Metadata(_) => continue,
            Item::Sample(Reading { value: Some(value), .. }) => value.to_string(),
            Item::Sample(_) => source.histogram().unwrap().unwrap().histogram.test_notation(),
        });
    }
    let expected = [
        "histogram",
        "{{count:3 sum:4.5 buckets:[1 2]}}",
        "gaugehistogram",
        "{{count:3 sum:4.5 counter_reset_hint:gauge buckets:[1 2]}}",
        "histogram",
        "4",
        "9",
        "1",
        "1.5",
        "4",
        "unknown",
        "1",
    ];
    assert_eq!(found, expected);
}
