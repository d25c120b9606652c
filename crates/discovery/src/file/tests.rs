use std::fs;
use std::io::Write as _;

use regain_metrics::Registry;
use regain_model::Labels;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::group::{Groups, TargetGroup};

fn put(path: &Path, text: &str) {
    let partial = path.with_extension("partial");
    fs::File::create(&partial).unwrap().write_all(text.as_bytes()).unwrap();
    fs::rename(partial, path).unwrap();
}

fn decode(text: &str) -> Result<FileSdConfig, String> {
    regain_yaml::read(Path::new("f.yml"), text, FileSdConfig::decode)
        .map_err(|errors| errors.to_string())
}

async fn until(
    groups: &mut watch::Receiver<Groups>,
    wanted: impl FnMut(&Groups) -> bool,
) -> Vec<TargetGroup> {
    groups.wait_for(wanted).await.unwrap().to_vec()
}

fn addresses(groups: &Groups) -> Vec<String> {
    groups.iter().flat_map(TargetGroup::addresses).map(str::to_owned).collect()
}

#[test]
fn only_patterns_with_a_star_in_the_last_element_and_a_known_extension_are_valid() {
    for (path, valid) in [
        ("a.json", true),
        ("dir/*.yml", true),
        ("dir/x*y*.YAML", true),
        ("d*r/a.yml", false),
        ("a.txt", false),
        ("a", false),
    ] {
        assert_eq!(decode(&format!("files: ['{path}']")).is_ok(), valid, "{path}");
    }
    let message = decode("refresh_interval: 0s").unwrap_err();
    assert!(message.contains("must contain at least one path name"), "{message}");
    let config = decode("{files: [a.yml], refresh_interval: 30s}").unwrap();
    assert_eq!(config.refresh_interval, Duration::from_secs(30));
}

#[tokio::test]
async fn follows_files_and_keeps_the_groups_of_a_broken_one() {
    let dir = tempfile::tempdir().unwrap();
    let (yaml, json) = (dir.path().join("a.yml"), dir.path().join("b.json"));
    put(&yaml, "- targets: [one:1, two:2]\n  labels: {env: prod}\n- targets: [three:3]\n");
    put(&json, r#"[{"Targets": ["four:4"], "labels": {"a": "b"}}]"#);
    let pattern = |extension| dir.path().join(extension).to_string_lossy().into_owned();
    let config = FileSdConfig {
        files: vec![pattern("*.yml"), pattern("*.json")],
        refresh_interval: Duration::from_hours(1),
    };
    let registry = Registry::new();
    let metrics = FileSdMetrics::register(&registry);
    let (sender, mut groups) = watch::channel(Groups::default());
    let stop = CancellationToken::new();
    let discovery = FileDiscovery::new(config, metrics.clone());
    let running = tokio_util::task::TaskTracker::new().spawn(discovery.run(sender, stop.clone()));

    let first = until(&mut groups, |groups| groups.len() == 3).await;
    let name = yaml.to_string_lossy().into_owned();
    assert_eq!(&*first[0].source, &format!("{name}:0"));
    assert_eq!(&*first[1].source, &format!("{name}:1"));
    let expected = Labels::from_pairs([("env", "prod"), ("__meta_filepath", &*name)]);
    assert_eq!(first[0].labels, expected);
    assert_eq!(first[2].targets, [Labels::from_pairs([("__address__", "four:4")])]);

    put(&json, r#"[{"targets": ["five:5"], "unknown": 1}]"#);
    put(&yaml, "- targets: [six:6]\n");
    let second = until(&mut groups, |groups| groups.len() == 2).await;
    assert_eq!(addresses(&second.into()), ["six:6", "four:4"]);
    assert!(metrics.read_errors.get() >= 1.0);

    fs::remove_file(&json).unwrap();
    let third = until(&mut groups, |groups| groups.len() == 1).await;
    assert_eq!(addresses(&third.into()), ["six:6"]);

    stop.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn a_broken_file_tells_what_is_wrong_and_where() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.yml");
    for (text, expected) in [
        ("- target: [a]\n", "a.yml:1:3: field target not found in type targetgroup.Group"),
        ("- \n", "nil target group item found"),
        ("a: b\n", "cannot unmarshal !!map"),
        ("- {targets: [a], labels: {a: b, a: c}}\n", "key \"a\" already set in map"),
    ] {
        put(&path, text);
        let error = read::read(&path).err().unwrap().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
