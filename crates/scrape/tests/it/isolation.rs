//! One bad target never harms another.

use std::sync::Arc;

use regain_scrape::Health;
use tokio::time::advance;

use crate::support::stores::{Fault, FaultyStore};
use crate::support::{Exporter, INTERVAL, Reply, Scraping, config, job, last_scrape, until};

#[tokio::test(start_paused = true)]
async fn a_good_target_is_scraped_in_its_slots_whatever_others_do() {
    let good = Exporter::text("m 1\n").await;
    let mut bad = Vec::new();
    for reply in [
        Reply::Silence,
        Reply::Endless,
        Reply::Raw(b"nonsense".to_vec()),
        Reply::text(vec![0xff; 100_000]),
        Reply::status("500 Internal Server Error", ""),
        Reply::text("boom 1\n"),
    ] {
        bad.push(Exporter::start(reply).await);
    }
    let mut exporters = vec![&good];
    exporters.extend(&bad);
    let faulty = FaultyStore::new(Fault::PanicOver("boom"));
    let scraping = Scraping::with_store(faulty.store.clone(), Arc::new(faulty));
    scraping.apply(vec![job(config(), &exporters)]).await;
    let targets = scraping.targets();
    let url = format!("http://{}/metrics", good.address);
    let target = targets.iter().find(|target| target.scrape_url() == url).unwrap();
    for _ in 0..3 {
        let before = last_scrape(target);
        advance(INTERVAL).await;
        until(|| last_scrape(target) != before).await;
    }
    scraping.check(&[
        (r#"m{instance="a", job="j"}"#, "1@10 1@20 1@30"),
        (r#"up{instance="a", job="j"}"#, "1@10 1@20 1@30"),
    ]);
    scraping.pass(5).await;
    let others = targets.iter().filter(|other| !Arc::ptr_eq(other, target));
    for other in others {
        until(|| other.status().health == Health::Down).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_ends_one_scrape() {
    let exporter = Exporter::text("m 1\n").await;
    let faulty = FaultyStore::new(Fault::PanicOver("boom"));
    let scraping = Scraping::with_store(faulty.store.clone(), Arc::new(faulty));
    scraping.apply(vec![job(config(), &[&exporter])]).await;
    scraping.scrape().await;
    exporter.set_text("m 2\nboom 1\n");
    scraping.scrape().await;
    assert_eq!(scraping.health(), (Health::Down, "the scrape ended in a panic".to_owned()));
    exporter.set_text("m 3\n");
    scraping.scrape().await;
    assert_eq!(scraping.health().0, Health::Up);
    scraping.check(&[
        (r#"m{instance="a", job="j"}"#, "1@10 stale@20 3@30"),
        (r#"up{instance="a", job="j"}"#, "1@10 0@20 1@30"),
    ]);
}
