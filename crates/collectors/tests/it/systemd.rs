//! The systemd collector where there is no systemd.

use regain_collectors::{Settings, SystemdSettings};

use super::exposition::scrape;

#[test]
fn a_host_without_systemd_costs_the_collector_and_nothing_else() {
    if std::path::Path::new("/run/systemd/private").exists() {
        println!("skipped: this host has a systemd");
        return;
    }
    let settings = Settings {
        systemd: SystemdSettings { private: true, ..SystemdSettings::default() },
        ..Settings::default()
    };
    let text = scrape(&settings, &["loadavg", "systemd"]);
    assert!(text.contains("node_scrape_collector_success{collector=\"systemd\"} 0\n"), "{text}");
    assert!(text.contains("node_scrape_collector_success{collector=\"loadavg\"} 1\n"), "{text}");
    assert!(!text.contains("node_systemd_"), "{text}");
}
