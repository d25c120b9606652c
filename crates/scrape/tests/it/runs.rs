//! Lines that repeat those of the last scrape, and others among them.

use regain_model::relabel::{Action, RelabelConfig};
use regain_scrape::{Health, JobConfig};

use crate::support::{Exporter, START, Scraping, config};

const A: &str = r#"a{instance="a", job="j"}"#;
const B: &str = r#"drop_b{instance="a", job="j"}"#;
const C: &str = r#"c{instance="a", job="j"}"#;
const D: &str = r#"d{instance="a", job="j"}"#;
const SCRAPED: &str = r#"scrape_samples_scraped{instance="a", job="j"}"#;
const KEPT: &str = r#"scrape_samples_post_metric_relabeling{instance="a", job="j"}"#;

async fn play(config: JobConfig, bodies: &[&str]) -> Scraping {
    let exporter = Exporter::text("").await;
    let scraping = Scraping::start(config, &[&exporter]).await;
    for body in bodies {
        exporter.set_text(body);
        scraping.scrape().await;
        assert_eq!(scraping.health(), (Health::Up, String::new()), "for {body}");
    }
    scraping
}

#[tokio::test(start_paused = true)]
async fn a_dropped_series_among_others_leaves_them_their_values() {
    let relabel = RelabelConfig {
        source_labels: vec!["__name__".to_owned()],
        regex: regain_go_regexp::Regex::anchored("drop_.*").unwrap(),
        action: Action::Drop,
        ..RelabelConfig::default()
    };
    let config = JobConfig { metric_relabel_configs: vec![relabel], ..config() };
    let scraping = play(
        config,
        &[
            "a 1\ndrop_b 2\nc 3\nd 4\n",
            "a 10\ndrop_b 20\nc 30\nd 40\n",
            "a 11\ndrop_b 21\n# TYPE c gauge\nc 31\nd 41\n",
        ],
    )
    .await;
    scraping.check(&[
        (A, "1@10 10@20 11@30"),
        (B, ""),
        (C, "3@10 30@20 31@30"),
        (D, "4@10 40@20 41@30"),
        (SCRAPED, "4@10 4@20 4@30"),
        (KEPT, "3@10 3@20 3@30"),
    ]);
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_not_plain_is_read_amid_plain_ones() {
    let timed = format!("a 3\nc 3 {}\nd 3\n", START.as_millis() + 25_000);
    let bodies =
        ["a 1\nc 1\nd 1\n", "a 2\nc\t 2\nd 2\n", &timed, "a 4\nd 4\n", "a 5\nc 5\na 6\nd 5\n"];
    let scraping = play(config(), &bodies).await;
    scraping.check(&[
        (A, "1@10 2@20 3@30 4@40 5@50"),
        (C, "1@10 2@20 3@25 stale@30 5@50"),
        (D, "1@10 2@20 3@30 4@40 5@50"),
    ]);
    let duplicates = "prometheus_target_scrapes_sample_duplicate_timestamp_total";
    assert_eq!(scraping.own_metric(duplicates), 1.0);
}
