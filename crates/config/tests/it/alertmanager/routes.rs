//! Files and the routing trees they make.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use regain_alerting::matcher::MatcherMode;
use regain_alerting::route::RouteTree;
use regain_alerting::settings::{GroupBy, IntegrationKind};
use regain_config::load_alertmanager_file;
use regain_model::Labels;

use super::{folder, load};
use crate::folder::Folder;

/// What upstream's packages (0.34) make of the tree in `matching.yml`: number, key, id and receiver of each node;
/// then label sets and the ids of the nodes that match.
const MATCHING: &str = include_str!("../../alertmanager/matching.txt");

#[test]
fn a_tree_routes_alerts_as_upstream_does() {
    let text = fs::read_to_string(folder().join("matching.yml")).unwrap();
    let tree = RouteTree::new(&load(&text).unwrap().settings.route);
    let (nodes, matches) = MATCHING.split_once("\n\n").unwrap();
    let found: Vec<String> = tree
        .routes()
        .into_iter()
        .map(|route| {
            let receiver = &route.options.receiver;
            format!("{}\t{}\t{}\t{receiver}", route.index(), route.key(), route.id())
        })
        .collect();
    assert_eq!(found, nodes.lines().collect::<Vec<_>>());
    for line in matches.lines() {
        let (labels, expected) = line.split_once('\t').unwrap();
        let pairs = labels.split_whitespace().filter_map(|pair| pair.split_once('='));
        let found = tree.matching(&Labels::from_pairs(pairs));
        let ids: Vec<&str> = found.iter().map(|route| route.id()).collect();
        assert_eq!(ids.join(" | "), expected, "{labels}");
    }
}

#[test]
fn the_demonstration_of_2017_loads_unchanged() {
    let text = fs::read_to_string(folder().join("demo2017.yml")).unwrap();
    let loaded = load(&text).unwrap();
    assert_eq!(loaded.unbuilt, []);
    let settings = &loaded.settings;
    assert_eq!(settings.resolve_timeout, Duration::from_secs(10));
    let tree = RouteTree::new(&settings.route);
    let alert = Labels::from_pairs([("alertname", "app_down"), ("severity", "critical")]);
    let routes = tree.matching(&alert);
    let receivers: Vec<&str> = routes.iter().map(|route| &*route.options.receiver).collect();
    assert_eq!(receivers, ["slack_general", "jenkins_start_app"]);
    let jenkins = &routes[1].options;
    assert_eq!(jenkins.group_by, GroupBy::Labels(Arc::new(["alertname".to_owned()])));
    let five = Duration::from_secs(5);
    assert_eq!([jenkins.group_wait, jenkins.group_interval, jenkins.repeat_interval], [five; 3]);
    let group = routes[1].group_labels(&alert);
    let key = "{}/{alertname=\"app_down\"}:{alertname=\"app_down\"}";
    assert_eq!(routes[1].group_key(&group), key);

    let receiver = settings.receivers.iter().find(|one| &*one.name == "jenkins_start_app").unwrap();
    let [integration] = &receiver.integrations[..] else { panic!("one webhook") };
    assert!(integration.send_resolved);
    let IntegrationKind::Webhook(webhook) = &integration.kind else { panic!("a webhook") };
    let url = "http://admin:hunter2@127.0.0.1:8080/job/start_app/build?token=token";
    assert_eq!(webhook.url.expose(), url, "with its credentials, and sent as it is");
    assert_eq!(loaded.warnings.len(), 1, "the job in a folder: {:?}", loaded.warnings);
}

#[test]
fn integrations_stand_in_upstreams_order_and_inherit() {
    let text = fs::read_to_string(folder().join("slack_app.yml")).unwrap();
    let text =
        text.replace("slack_configs:", "webhook_configs: [{url: 'http://x'}]\n  slack_configs:");
    let settings = load(&text).unwrap().settings;
    let integrations = &settings.receivers[0].integrations;
    let kinds: Vec<_> = integrations.iter().map(|one| one.kind.name()).collect();
    assert_eq!(kinds, ["webhook", "slack", "slack", "slack", "slack"]);
    let slack = |index: usize| match &integrations[index].kind {
        IntegrationKind::Slack(slack) => slack,
        IntegrationKind::Webhook(_) => panic!("slack comes last"),
    };
    let url = |index: usize| slack(index).api_url.as_ref().map(|url| url.expose().to_owned());
    let app = "https://slack.com/api/chat.postMessage";
    assert_eq!(url(1).as_deref(), Some(app), "the application's token is inherited");
    assert_eq!(url(2).as_deref(), Some("https://hooks.slack.com/services/hunter2"));
    assert_eq!(slack(2).http.authorization, None, "a URL of its own needs no token");
    let token = slack(1).http.authorization.as_ref().unwrap();
    assert_eq!(token.credentials.expose(), "hunter2");
    assert!(!slack(1).http.enable_http2, "the global client is inherited");
    assert!(slack(4).http.enable_http2, "a client of its own inherits nothing");
}

#[test]
fn templates_are_found_beside_the_file() {
    let folder = Folder::new(&[
        (
            "conf/am.yml",
            "templates: ['t/*.tmpl', '../shared/[ab].tmpl', none/*]\n\
             route: {receiver: web}\nreceivers: [{name: web}]\n",
        ),
        ("conf/t/two.tmpl", "{{ define \"two\" }}2{{ end }}"),
        ("conf/t/one.tmpl", "{{ define \"one\" }}1{{ end }}"),
        ("conf/t/readme.md", "no template"),
        ("shared/b.tmpl", "b"),
        ("shared/c.tmpl", "c"),
    ]);
    let path = folder.path().join("conf/am.yml");
    let loaded = load_alertmanager_file(&path, MatcherMode::Fallback).unwrap();
    let found: Vec<_> = loaded
        .templates
        .iter()
        .map(|file| (folder.local(&file.path.display()), file.text.as_str()))
        .collect();
    let expected = [
        ("conf/t/one.tmpl", "{{ define \"one\" }}1{{ end }}"),
        ("conf/t/two.tmpl", "{{ define \"two\" }}2{{ end }}"),
        ("shared/b.tmpl", "b"),
    ];
    assert_eq!(found, expected.map(|(path, text)| (path.to_owned(), text)));
}

#[test]
fn only_clients_and_templates_start_at_the_directory_of_the_file() {
    let folder = Folder::new(&[(
        "am.yml",
        "global: {http_config: {tls_config: {ca_file: ca.pem}}}\n\
         route: {receiver: web}\n\
         receivers:\n- name: web\n  webhook_configs: [{url_file: secrets/url}]\n",
    )]);
    let path = folder.path().join("am.yml");
    let loaded = load_alertmanager_file(&path, MatcherMode::Fallback).unwrap();
    let IntegrationKind::Webhook(webhook) = &loaded.settings.receivers[0].integrations[0].kind
    else {
        panic!("a webhook")
    };
    assert_eq!(webhook.http.tls_config.ca_file, Some(folder.path().join("ca.pem")));
    assert_eq!(webhook.url_file, Some("secrets/url".into()));
}
