//! Native histograms: from the protobuf format, and of classic ones.

use regain_model::relabel::{Action, RelabelConfig};
use regain_scrape::{Health, JobConfig, ScrapeProtocol};

use crate::support::protobuf::{GAUGE, HISTOGRAM, Message, SUMMARY, family, metric};
use crate::support::{Exporter, Reply, Scraping, config};

const H: &str = r#"h{instance="a", job="j"}"#;
const SCRAPED: &str = r#"scrape_samples_scraped{instance="a", job="j"}"#;
const KEPT: &str = r#"scrape_samples_post_metric_relabeling{instance="a", job="j"}"#;
const ADDED: &str = r#"scrape_series_added{instance="a", job="j"}"#;
const OVER_BUCKETS: &str = "prometheus_target_scrapes_exceeded_native_histogram_bucket_limit_total";

fn native() -> JobConfig {
    let scrape_protocols = ScrapeProtocol::PROTO_FIRST.to_vec();
    JobConfig { scrape_native_histograms: true, scrape_protocols, ..config() }
}

/// Returns a histogram of eight buckets with one observation each, native and classic.
fn histogram(schema: i64) -> Message {
    let count = Message::new().varint(1, 8).double(2, 2.5).signed(5, schema);
    count.bucket(1.0, 6).buckets(1, &[1, 0, 0, 0, 0, 0, 0, 0])
}

async fn scrape_once(config: JobConfig, reply: Reply) -> Scraping {
    let exporter = Exporter::start(reply).await;
    let scraping = Scraping::start(config, &[&exporter]).await;
    scraping.scrape().await;
    scraping
}

#[tokio::test(start_paused = true)]
async fn protobuf_is_asked_for_and_its_histograms_are_kept_until_they_vanish() {
    let summary = Message::new().varint(1, 3).double(2, 4.5);
    let gauge = family("g", GAUGE, Message::new().double(1, 7.0));
    let full = [family("h", HISTOGRAM, histogram(0)), gauge.clone(), family("s", SUMMARY, summary)];
    let exporter = Exporter::start(Reply::protobuf(&full)).await;
    let scraping = Scraping::start(native(), &[&exporter]).await;
    scraping.scrape().await;
    scraping.scrape().await;
    exporter.set(Reply::protobuf(&[gauge]));
    scraping.scrape().await;
    let heads = exporter.heads();
    assert!(heads[0].contains("accept: application/vnd.google.protobuf;proto="), "{}", heads[0]);
    let buckets = "offset:1 buckets:[1 1 1 1 1 1 1 1]";
    assert_eq!(
        scraping.values(H),
        [
            format!("{{{{count:8 sum:2.5 {buckets}}}}}@10"),
            format!("{{{{count:8 sum:2.5 counter_reset_hint:not_reset {buckets}}}}}@20"),
            "stale@30".to_owned(),
        ]
    );
    scraping.check(&[
        (r#"g{instance="a", job="j"}"#, "7@10 7@20 7@30"),
        (r#"s_count{instance="a", job="j"}"#, "3@10 3@20 stale@30"),
        (r#"s_sum{instance="a", job="j"}"#, "4.5@10 4.5@20 stale@30"),
        (SCRAPED, "4@10 4@20 1@30"),
        (KEPT, "4@10 4@20 1@30"),
        (ADDED, "4@10 0@20 0@30"),
    ]);
}

#[tokio::test(start_paused = true)]
async fn the_job_and_then_the_target_say_how_histograms_are_read() {
    let reply = Reply::protobuf(&[family("h", HISTOGRAM, histogram(0))]);
    let names = |scraping: &Scraping| {
        let series = scraping.exposed_series().into_iter();
        series.map(|series| series.replace(r#"instance="a", job="j""#, "")).collect::<Vec<_>>()
    };
    let classic = ["h_bucket{, le=\"+Inf\"}", "h_bucket{, le=\"1.0\"}", "h_count{}", "h_sum{}"];
    let set = |label: &str, value: &str| RelabelConfig {
        target_label: label.to_owned(),
        replacement: value.to_owned(),
        action: Action::Replace,
        ..RelabelConfig::default()
    };
    let relabelled = |label: &str, value: &str, job: JobConfig| JobConfig {
        relabel_configs: vec![set(label, value)],
        ..job
    };
    let beside = JobConfig { always_scrape_classic_histograms: true, ..native() };
    for (config, expected) in [
        (config(), &classic[..]),
        (native(), &["h{}"]),
        (beside, &[&["h{}"][..], &classic].concat()),
        (relabelled("__scrape_native_histograms__", "true", config()), &["h{}"]),
        (relabelled("__scrape_native_histograms__", "0", native()), &classic),
        (
            relabelled("__always_scrape_classic_histograms__", "T", native()),
            &[&["h{}"][..], &classic].concat(),
        ),
    ] {
        let scraping = scrape_once(config, reply.clone()).await;
        assert_eq!(scraping.health(), (Health::Up, String::new()));
        assert_eq!(names(&scraping), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn classic_histograms_of_any_format_become_custom_buckets() {
    let text =
        "# TYPE h histogram\nh_bucket{le=\"1\"} 6\nh_bucket{le=\"+Inf\"} 8\nh_sum 2.5\nh_count 8\n";
    let convert = JobConfig { convert_classic_histograms_to_nhcb: true, ..config() };
    let keep = JobConfig { always_scrape_classic_histograms: true, ..convert.clone() };
    let expected = "{{schema:-53 count:8 sum:2.5 custom_values:[1] buckets:[6 2]}}@10";
    for reply in [
        Reply::text(text),
        Reply::open_metrics(format!("{text}# EOF\n")),
        Reply::protobuf(&[family("h", HISTOGRAM, histogram(0))]),
    ] {
        let scraping = scrape_once(convert.clone(), reply.clone()).await;
        assert_eq!(scraping.values(H), [expected], "{reply:?}: {:?}", scraping.health());
        assert_eq!(scraping.exposed_series().len(), 1);
        scraping.check(&[(SCRAPED, "1@10"), (ADDED, "1@10")]);
        let scraping = scrape_once(keep.clone(), reply).await;
        assert_eq!(scraping.values(H), [expected]);
        scraping.check(&[
            (r#"h_bucket{instance="a", job="j", le="1.0"}"#, "6@10"),
            (r#"h_count{instance="a", job="j"}"#, "8@10"),
            (SCRAPED, "5@10"),
        ]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_histogram_with_too_many_buckets_is_made_coarser() {
    let buckets = |limit: usize, factor: f64| JobConfig {
        native_histogram_bucket_limit: limit,
        native_histogram_min_bucket_factor: factor,
        ..native()
    };
    for (config, notation) in [
        (buckets(8, 0.0), "{{schema:3 count:8 sum:2.5 offset:1 buckets:[1 1 1 1 1 1 1 1]}}@10"),
        (buckets(7, 0.0), "{{schema:2 count:8 sum:2.5 offset:1 buckets:[2 2 2 2]}}@10"),
        (buckets(1, 0.0), "{{count:8 sum:2.5 offset:1 buckets:[8]}}@10"),
        (buckets(0, 1.4), "{{schema:1 count:8 sum:2.5 offset:1 buckets:[4 4]}}@10"),
    ] {
        let reply = Reply::protobuf(&[family("h", HISTOGRAM, histogram(3))]);
        let scraping = scrape_once(config, reply).await;
        assert_eq!(scraping.values(H), [notation]);
        assert_eq!(scraping.own_metric(OVER_BUCKETS), 0.0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_scrape_with_a_histogram_that_cannot_be_coarser_fails() {
    let convert = JobConfig {
        convert_classic_histograms_to_nhcb: true,
        native_histogram_bucket_limit: 1,
        ..config()
    };
    let within = "# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_count 2\n# TYPE g gauge\ng 1\n";
    let exporter = Exporter::text(within).await;
    let scraping = Scraping::start(convert, &[&exporter]).await;
    scraping.scrape().await;
    assert_eq!(scraping.health(), (Health::Up, String::new()));
    exporter.set_text(&within.replace("h_count 2", "h_count 3"));
    scraping.scrape().await;
    let failed = (Health::Down, "histogram bucket limit exceeded".to_owned());
    assert_eq!(scraping.health(), failed);
    assert_eq!(scraping.own_metric(OVER_BUCKETS), 1.0);
    assert_eq!(scraping.values(H).last().unwrap(), "stale@20");
    scraping.check(&[
        (r#"g{instance="a", job="j"}"#, "1@10 stale@20"),
        (SCRAPED, "2@10 2@20"),
        (KEPT, "2@10 2@20"),
    ]);
}

#[tokio::test(start_paused = true)]
async fn a_histogram_is_one_sample_of_the_limit() {
    let families = [family("h", HISTOGRAM, histogram(0)), family("g", GAUGE, Message::new())];
    let limited = |sample_limit: usize| JobConfig { sample_limit, ..native() };
    let within = scrape_once(limited(2), Reply::protobuf(&families)).await;
    assert_eq!(within.health(), (Health::Up, String::new()));
    let above = scrape_once(limited(1), Reply::protobuf(&families)).await;
    assert_eq!(above.health(), (Health::Down, "sample limit exceeded".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_histogram_fails_the_scrape_with_upstreams_words() {
    for (value, error) in [
        (
            histogram(9),
            "histogram has an invalid schema, which must be between -4 and 8 for exponential \
             buckets, or -53 for custom buckets, got schema 9",
        ),
        (
            histogram(0).varint(1, 9),
            "8 observations found in buckets, but the Count field is 9: histogram's observation \
             count should equal the number of observations found in the buckets (in absence of NaN)",
        ),
    ] {
        let scraping =
            scrape_once(native(), Reply::protobuf(&[family("h", HISTOGRAM, value)])).await;
        assert_eq!(scraping.health(), (Health::Down, error.to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn histograms_have_times_of_their_own_where_these_are_honored() {
    let timed = metric(HISTOGRAM, histogram(0)).varint(6, 1_700_000_004_000);
    let reply =
        Reply::protobuf(&[Message::new().text(1, "h").varint(3, HISTOGRAM).holds(4, timed)]);
    for (honor_timestamps, at) in [(true, "@4"), (false, "@10")] {
        let config = JobConfig { honor_timestamps, ..native() };
        let scraping = scrape_once(config, reply.clone()).await;
        let values = scraping.values(H);
        assert!(values.len() == 1 && values[0].ends_with(at), "{values:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_target_may_change_its_format() {
    let exporter = Exporter::text("# TYPE g gauge\ng 1\n").await;
    let scraping = Scraping::start(native(), &[&exporter]).await;
    scraping.scrape().await;
    exporter.set(Reply::protobuf(&[family("g", GAUGE, Message::new().double(1, 2.0))]));
    scraping.scrape().await;
    exporter.set_text("# TYPE g gauge\ng 3\n");
    scraping.scrape().await;
    scraping.check(&[(r#"g{instance="a", job="j"}"#, "1@10 2@20 3@30")]);
}

#[tokio::test(start_paused = true)]
async fn a_type_that_names_nothing_may_be_taken_for_protobuf() {
    let fallback =
        JobConfig { fallback_protocol: Some(ScrapeProtocol::PrometheusProto), ..native() };
    let Reply::Full { body, .. } = Reply::protobuf(&[family("h", HISTOGRAM, histogram(0))]) else {
        unreachable!("it is an answer with a body")
    };
    let scraping = scrape_once(fallback, Reply::with("", body.clone())).await;
    assert_eq!(scraping.values(H).len(), 1);
    let scraping = scrape_once(native(), Reply::with("", body)).await;
    assert_eq!(scraping.health().0, Health::Down);
}
