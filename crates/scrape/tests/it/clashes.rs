//! Labels of a target and labels that it exposes.

use regain_scrape::JobConfig;

use crate::support::{Exporter, Scraping, config};

const BODY: &str = "m{job=\"mine\",instance=\"\",exported_job=\"taken\"} 1\nup 7\n";

async fn series(honor_labels: bool) -> Scraping {
    let exporter = Exporter::text(BODY).await;
    let config = JobConfig { honor_labels, ..config() };
    let scraping = Scraping::start(config, &[&exporter]).await;
    scraping.scrape().await;
    scraping
}

#[tokio::test(start_paused = true)]
async fn target_labels_win_unless_the_job_honors_those_exposed() {
    let scraping = series(false).await;
    assert_eq!(
        scraping.exposed_series(),
        [r#"m{exported_exported_job="mine", exported_job="taken", instance="a", job="j"}"#]
    );
    let scraping = series(true).await;
    assert_eq!(scraping.exposed_series(), [r#"m{exported_job="taken", job="mine"}"#]);
}

#[tokio::test(start_paused = true)]
async fn an_exposed_series_of_the_reports_name_comes_first() {
    let scraping = series(false).await;
    scraping.check(&[(r#"up{instance="a", job="j"}"#, "7@10")]);
}
