//! Times that a target exposes.

use regain_scrape::JobConfig;

use crate::support::{Exporter, Reply, START, Scraping, config};

const M: &str = r#"m{instance="a", job="j"}"#;

/// Returns an exposition of one sample with a time, in seconds after the start of the clock.
fn at(value: i32, seconds: u64) -> String {
    format!("m {value} {}\n", START.as_millis() + u128::from(seconds) * 1000)
}

async fn play(config: JobConfig, bodies: &[String]) -> Scraping {
    let exporter = Exporter::text("").await;
    let scraping = Scraping::start(config, &[&exporter]).await;
    for body in bodies {
        exporter.set_text(body);
        scraping.scrape().await;
    }
    scraping
}

#[tokio::test(start_paused = true)]
async fn exposed_times_are_kept_and_their_series_do_not_end() {
    let scraping = play(config(), &[at(1, 3), at(2, 14), String::new()]).await;
    scraping.check(&[(M, "1@3 2@14"), (r#"up{instance="a", job="j"}"#, "1@10 1@20 1@30")]);
}

#[tokio::test(start_paused = true)]
async fn series_with_times_end_where_the_job_tracks_them() {
    let tracking = JobConfig { track_timestamps_staleness: true, ..config() };
    let scraping = play(tracking, &[at(1, 3), at(2, 14), String::new()]).await;
    scraping.check(&[(M, "1@3 2@14 stale@30")]);
}

#[tokio::test(start_paused = true)]
async fn times_that_are_not_honored_are_those_of_the_scrape() {
    let ignoring = JobConfig { honor_timestamps: false, ..config() };
    let scraping = play(ignoring, &[at(1, 3), String::new()]).await;
    scraping.check(&[(M, "1@10 stale@20")]);
}

#[tokio::test(start_paused = true)]
async fn open_metrics_times_are_seconds() {
    let exporter = Exporter::text("").await;
    let scraping = Scraping::start(config(), &[&exporter]).await;
    exporter.set(Reply::open_metrics(format!("m 1 {}.5\n# EOF\n", START.as_secs() + 3)));
    scraping.scrape().await;
    scraping.check(&[(M, "1@3.5")]);
}

#[tokio::test(start_paused = true)]
async fn bad_times_are_dropped_and_counted_one_by_one() {
    // The third is older than the second, the fourth has another value at the same time, the fifth is ten minutes
    // and a second ahead of the clock.
    let bodies = [at(1, 3), at(2, 14), at(3, 13), at(4, 14), at(5, 50 + 601), at(6, 60 + 600)];
    let scraping = play(config(), &bodies).await;
    scraping.check(&[
        (M, "1@3 2@14 6@660"),
        (r#"up{instance="a", job="j"}"#, "1@10 1@20 1@30 1@40 1@50 1@60"),
    ]);
    for (name, count) in [
        ("prometheus_target_scrapes_sample_out_of_order_total", 1.0),
        ("prometheus_target_scrapes_sample_duplicate_timestamp_total", 1.0),
        ("prometheus_target_scrapes_sample_out_of_bounds_total", 1.0),
    ] {
        assert_eq!(scraping.own_metric(name), count, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_series_whose_samples_are_all_refused_was_not_added() {
    let ahead = |value| at(value, 5000);
    let relabel = |name: &str, body: String| body.replace("m ", &format!("{name} "));
    let bodies = [
        at(1, 9),
        // The same series in other words, twice too old; another one twice too far ahead; and a new one.
        [
            relabel("m{}", at(2, 8)),
            relabel("m{}", at(3, 7)),
            relabel("n", ahead(4)),
            relabel("n", ahead(5)),
            "o 6\n".to_owned(),
        ]
        .concat(),
    ];
    let scraping = play(config(), &bodies).await;
    scraping.check(&[
        (M, "1@9"),
        (r#"o{instance="a", job="j"}"#, "6@20"),
        (r#"scrape_series_added{instance="a", job="j"}"#, "1@10 1@20"),
        (r#"scrape_samples_post_metric_relabeling{instance="a", job="j"}"#, "1@10 5@20"),
    ]);
}

#[tokio::test(start_paused = true)]
async fn one_series_may_have_several_times_in_one_exposition() {
    let scraping = play(config(), &[format!("{}{}m 9\n", at(1, 3), at(2, 5))]).await;
    // The last line has no time and names a series that was there already.
    scraping.check(&[(M, "1@3 2@5")]);
    assert_eq!(
        scraping.own_metric("prometheus_target_scrapes_sample_duplicate_timestamp_total"),
        1.0
    );
}
