//! Mistakes: where they are and what they are, in upstream's words.

use regain_alerting::matcher::MatcherMode;
use regain_config::load_alertmanager_text;

use super::{around, load};

/// Sections around which [`around`] puts a route and a receiver, and the mistakes in the whole, which start at
/// line 3.
pub(super) const SECTIONS: &[(&str, &[&str])] = &[
    ("", &[]),
    ("global:\n", &[]),
    (
        "globl: {}\n",
        &["3:1: field globl not found in type config.plain (did you mean \"global\"?)"],
    ),
    (
        "global: {resolve_timout: 1m}\n",
        &[
            "3:10: field resolve_timout not found in type config.plain (did you mean \"resolve_timeout\"?)",
        ],
    ),
    ("global: {resolve_timeout: 1x}\n", &["3:27: unknown unit \"x\" in duration \"1x\""]),
    ("global: {smtp_smarthost: 'mail:'}\n", &["3:26: address \"mail:\": port cannot be empty"]),
    ("global: {smtp_smarthost: mail}\n", &["3:26: address mail: missing port in address"]),
    ("global: {slack_api_url: 'ftp://x'}\n", &["3:25: unsupported scheme \"ftp\" for URL"]),
    ("global: {jira_api_url: 'http:///x'}\n", &["3:24: missing host for URL"]),
    (
        "global: {slack_app_token: a, slack_app_token_file: b}\n",
        &["3:52: at most one of slack_app_token & slack_app_token_file must be configured"],
    ),
    (
        "global: {slack_api_url: 'http://x', slack_api_url_file: b}\n",
        &["3:57: at most one of slack_api_url & slack_api_url_file must be configured"],
    ),
    (
        "global: {slack_api_url: 'http://x', slack_app_token: b}\n",
        &[
            "3:25: at most one of slack_app_token/slack_app_token_file & slack_api_url/slack_api_url_file must be configured",
        ],
    ),
    (
        "global: {rocketchat_token_id: a, rocketchat_token_id_file: b}\n",
        &["3:60: at most one of rocketchat_token_id & rocketchat_token_id_file must be configured"],
    ),
    (
        "global: {http_config: {basic_auth: {}, authorization: {}}}\n",
        &["3:55: at most one of basic_auth, oauth2 & authorization must be configured"],
    ),
    ("inhibit_rules: [{equal: ['']}]\n", &["3:26: invalid label name \"\" in equal list"]),
    ("inhibit_rules: [{source_match: {a-b: c}}]\n", &["3:33: invalid label name \"a-b\""]),
    ("inhibit_rules: [{target_match_re: {a: }}]\n", &["3:37: invalid regexp value for \"a\""]),
    (
        "inhibit_rules: [{source_matchers: ['a=~\"[\"']}]\n",
        &["3:36: error parsing regexp: missing closing ]: `[)$`"],
    ),
    ("inhibit_rules: [{source_matchers: [a]}]\n", &["3:36: bad matcher format: a"]),
    (
        "inhibit_rules: [{source_matchers: 'a=b'}]\n",
        &["3:35: cannot unmarshal !!str `a=b` into list"],
    ),
    ("time_intervals: [{time_intervals: []}]\n", &["3:18: missing name in time interval"]),
    (
        "mute_time_intervals: [{time_intervals: []}]\n",
        &["3:23: missing name in mute time interval"],
    ),
    (
        "mute_time_intervals: [{name: x}]\ntime_intervals: [{name: x}]\n",
        &["4:25: time interval \"x\" is not unique"],
    ),
    (
        "mute_time_intervals: [{name: x}, {name: x}]\n",
        &["3:41: mute time interval \"x\" is not unique"],
    ),
    (
        "time_intervals: [{name: x, time_intervals: [{times: [{start_time: '9:00', end_time: '10:00'}]}]}]\n",
        &["3:54: couldn't parse timestamp 9:00, invalid format"],
    ),
    (
        "time_intervals: [{name: x, time_intervals: [{times: [{start_time: '10:00', end_time: '10:00'}]}]}]\n",
        &["3:54: start time cannot be equal or greater than end time"],
    ),
    (
        "time_intervals: [{name: x, time_intervals: [{times: [{start_time: '10:00'}]}]}]\n",
        &["3:54: both start and end times must be provided"],
    ),
    (
        "time_intervals: [{name: x, time_intervals: [{times: [{start_time: '10:00', end_time: '24:01'}]}]}]\n",
        &["3:54: couldn't parse timestamp 24:01, invalid format"],
    ),
    (
        "time_intervals: [{name: x, time_intervals: [{weekdays: ['friday:monday']}]}]\n",
        &["3:57: start day cannot be before end day"],
    ),
    (
        "time_intervals: [{name: x, time_intervals: [{weekdays: ['fri']}]}]\n",
        &["3:57: fri is not a valid weekday"],
    ),
    (
        "time_intervals: [{name: x, time_intervals: [{weekdays: ['a:b:c']}]}]\n",
        &["3:57: couldn't parse range a:b:c, invalid format"],
    ),
    (
        "time_intervals: [{name: x, time_intervals: [{days_of_month: ['0', '32', '-1:5', '5:-28', x]}]}]\n",
        &[
            "3:62: 0 is not a valid day of the month: out of range",
            "3:67: 32 is not a valid day of the month: out of range",
            "3:73: end day must be negative if start day is negative",
            "3:81: end day -28 is always before start day 5",
            "3:90: strconv.Atoi: parsing \"x\": invalid syntax",
        ],
    ),
    (
        "time_intervals: [{name: x, time_intervals: [{months: ['march:january', smarch]}]}]\n",
        &[
            "3:55: end month january is before start month march",
            "3:72: smarch is not a valid month",
        ],
    ),
    (
        "time_intervals: [{name: x, time_intervals: [{years: ['2021:2020']}]}]\n",
        &["3:54: end year 2020 is before start year 2021"],
    ),
    (
        "time_intervals: [{name: x, time_intervals: [{location: Europe/Nowhere}]}]\n",
        &["3:56: unknown time zone Europe/Nowhere"],
    ),
    (
        "time_intervals: [{name: x, time_intervals: [{location: europe/paris}]}]\n",
        &["3:56: unknown time zone europe/paris"],
    ),
    ("tracing: {}\n", &["3:10: tracing endpoint must be set"]),
    (
        "tracing: {endpoint: x, client_type: udp}\n",
        &["3:37: expected tracing client type to be to be http or grpc, but got udp"],
    ),
    (
        "event_recorder: {file_outputs: [{}]}\n",
        &["3:33: event_recorder file output requires a path"],
    ),
];

/// Whole files and the mistakes in them.
pub(super) const FILES: &[(&str, &[&str])] = &[
    ("", &["1:1: no route provided in config"]),
    ("global: {}\n", &["1:1: no routes provided"]),
    ("route: {}\nreceivers: [{name: a}]\n", &["1:8: root route must specify a default receiver"]),
    (
        "route: {receiver: a, match: {a: b}}\nreceivers: [{name: a}]\n",
        &["1:8: root route must not have any matchers"],
    ),
    (
        "route: {receiver: a, continue: true}\nreceivers: [{name: a}]\n",
        &["1:8: cannot have continue in root route"],
    ),
    (
        "route: {receiver: a, mute_time_intervals: [x]}\nreceivers: [{name: a}]\ntime_intervals: [{name: x}]\n",
        &["1:8: root route must not have any mute time intervals"],
    ),
    (
        "route: {receiver: a, active_time_intervals: [x]}\nreceivers: [{name: a}]\ntime_intervals: [{name: x}]\n",
        &["1:8: root route must not have any active time intervals"],
    ),
    (
        "route: {receiver: a, routes: [{receiver: c}]}\nreceivers: [{name: a}]\n",
        &["1:42: undefined receiver \"c\" used in route"],
    ),
    (
        "route: {receiver: a, routes: [{mute_time_intervals: [n]}]}\nreceivers: [{name: a}]\n",
        &["1:54: undefined time interval \"n\" used in route"],
    ),
    (
        "route: {receiver: a, group_by: [job, job]}\nreceivers: [{name: a}]\n",
        &["1:38: duplicated label \"job\" in group_by"],
    ),
    (
        "route: {receiver: a, group_by: [job, '...']}\nreceivers: [{name: a}]\n",
        &["1:32: cannot have wildcard group_by (`...`) and other labels at the same time"],
    ),
    (
        "route: {receiver: a, group_by: ['']}\nreceivers: [{name: a}]\n",
        &["1:33: invalid label name \"\" in group_by list"],
    ),
    (
        "route: {receiver: a, group_interval: 0s}\nreceivers: [{name: a}]\n",
        &["1:38: group_interval cannot be zero"],
    ),
    (
        "route: {receiver: a, repeat_interval: 0s}\nreceivers: [{name: a}]\n",
        &["1:39: repeat_interval cannot be zero"],
    ),
    (
        "route: {receiver: a, routes: [{match_re: {x: '('}}]}\nreceivers: [{name: a}]\n",
        &["1:46: error parsing regexp: missing closing ): `^(?:()$`"],
    ),
    ("route: {receiver: a}\nreceivers: {name: a}\n", &["2:12: cannot unmarshal !!map into list"]),
    (
        "route: {receiver: a}\nreceivers: [{name: a}, {name: a}]\n",
        &["2:31: notification config name \"a\" is not unique"],
    ),
    (
        "route: {receiver: a}\nreceivers: [{name: a, labels: {name: b}}]\n",
        &["2:31: receiver label \"name\" must match receiver name \"a\", got \"b\""],
    ),
    (
        "route: {receiver: a, group_by: [job, job], repeat_interval: 0s}\nreceivers: [{}]\n",
        &[
            "1:19: undefined receiver \"a\" used in route",
            "1:38: duplicated label \"job\" in group_by",
            "1:61: repeat_interval cannot be zero",
            "2:13: missing name in receiver",
        ],
    ),
];

/// The inside of the receiver `a`, and the mistakes in it at line 2.
pub(super) const RECEIVERS: &[(&str, &[&str])] = &[
    ("webhook_configs: [{}]", &["41: one of url or url_file must be configured"]),
    ("webhook_configs: [null]", &["41: missing webhook config"]),
    (
        "webhook_configs: [{url: 'http://x', url_file: y}]",
        &["69: at most one of url & url_file must be configured"],
    ),
    (
        "webhook_configs: [{url: 'mailto:x'}]",
        &["47: invalid URL: unsupported scheme \"mailto\" for URL"],
    ),
    ("webhook_configs: [{url: 'http://'}]", &["47: invalid URL: missing host for URL"]),
    (
        "webhook_configs: [{url: 'http://{{ .x'}]",
        &["47: invalid template syntax: template: :1: unclosed action"],
    ),
    (
        "webhook_configs: [{url: 'http://{{ toUpper .x }}'}]",
        &["47: invalid template syntax: template: :1: function \"toUpper\" not defined"],
    ),
    (
        "webhook_configs: [{url: 'http://x', payload: {a: 1, a: 2}}]",
        &["75: key \"a\" already set in map"],
    ),
    ("webhook_configs: [{url: '{{ .GroupLabels.host | printf \"http://%s\" }}'}]", &[]),
    (
        "webhook_configs: [{url: 'http://x', timeout: 1d}]",
        &["68: cannot unmarshal !!str `1d` into time.Duration"],
    ),
    (
        "webhook_configs: [{url: 'http://x', retries: 1}]",
        &["59: field retries not found in type webhook.plain"],
    ),
    (
        "slack_configs: [{channel: c}]",
        &["39: no Slack API URL nor App token set either inline or in a file"],
    ),
    (
        "slack_configs: [{api_url: 'http://x', api_url_file: y}]",
        &["75: at most one of api_url & api_url_file must be configured"],
    ),
    (
        "slack_configs: [{app_token: x, app_token_file: y}]",
        &["70: at most one of app_token & app_token_file must be configured"],
    ),
    (
        "slack_configs: [{api_url: 'http://x', app_token: y}]",
        &["39: at most one of api_url/api_url_file & app_token/app_token_file must be configured"],
    ),
    (
        "slack_configs: [{api_url: 'http://x', update_message: true}]",
        &[
            "77: update_message can only be used with bot tokens. api_url must be set to https://slack.com/api/chat.postMessage",
        ],
    ),
    (
        "slack_configs: [{app_token: x, http_config: {authorization: {credentials: y}}}]",
        &["67: http authorization can't be set when using Slack App tokens"],
    ),
    (
        "slack_configs: [{api_url: 'http://x', fields: [{title: t}, {value: v}]}]",
        &[
            "70: missing value in Slack field configuration",
            "82: missing title in Slack field configuration",
        ],
    ),
    (
        "slack_configs: [{api_url: 'http://x', actions: [{type: t, text: x}]}]",
        &["71: missing name or url in Slack action configuration"],
    ),
    (
        "slack_configs: [{api_url: 'http://x', actions: [{type: t, name: n, confirm: {}}]}]",
        &[
            "71: missing text in Slack action configuration",
            "99: missing text in Slack confirmation configuration",
        ],
    ),
    ("email_configs: [{to: x, from: y}]", &["39: no global SMTP smarthost set"]),
    ("email_configs: [{to: x, smarthost: 'm:25'}]", &["39: no global SMTP from set"]),
    ("email_configs: [{from: y, smarthost: 'm:25'}]", &["39: missing to address in email config"]),
    (
        "email_configs: [{to: x, from: y, smarthost: 'm:25', headers: {subject: a, Subject: b}}]",
        &["84: duplicate header \"Subject\" in email config"],
    ),
    ("pagerduty_configs: [{}]", &["43: missing service or routing key in PagerDuty config"]),
    ("opsgenie_configs: [{}]", &["42: no global OpsGenie API Key set either inline or in a file"]),
    (
        "opsgenie_configs: [{api_key: x, teams: y}]",
        &["55: field teams not found in type opsgenie.plain"],
    ),
    ("wechat_configs: [{api_secret: x}]", &["40: no global Wechat CorpID set"]),
    ("pushover_configs: [{user_key: x}]", &["42: one of token or token_file must be configured"]),
    ("victorops_configs: [{routing_key: x}]", &["43: no global VictorOps API Key set"]),
    (
        "sns_configs: [{sigv4: {}}]",
        &["37: must provide either a Target ARN, Topic ARN, or Phone Number for SNS config"],
    ),
    (
        "sns_configs: [{topic_arn: x, sigv4: {access_key: y}}]",
        &[
            "59: must provide a AWS SigV4 Access key and Secret Key if credentials are specified in the SigV4 config",
        ],
    ),
    (
        "telegram_configs: [{chat_id: 1}]",
        &["42: missing bot_token or bot_token_file on telegram_config"],
    ),
    (
        "telegram_configs: [{bot_token: x}]",
        &["42: missing chat_id or chat_id_file on telegram_config"],
    ),
    ("webex_configs: [{room_id: x}]", &["39: missing webex_configs.http_config.authorization"]),
    ("discord_configs: [{}]", &["41: one of webhook_url or webhook_url_file must be configured"]),
    ("msteams_configs: [null]", &["41: missing msteams config"]),
    (
        "msteamsv2_configs: [{webhook_url: 'http://x', webhook_url_file: y}]",
        &["87: at most one of webhook_url & webhook_url_file must be configured"],
    ),
    ("jira_configs: [{project: x, issue_type: y}]", &["38: no global Jira Cloud URL set"]),
    (
        "jira_configs: [{api_url: 'http://x', project: x}]",
        &["38: missing issue_type in jira_config"],
    ),
    (
        "rocketchat_configs: [{token_id: x}]",
        &["44: no global Rocketchat Token set either inline or in a file"],
    ),
    (
        "mattermost_configs: [{}]",
        &["44: missing webhook_url or webhook_url_file on mattermost_config"],
    ),
    ("incidentio_configs: [{}]", &["44: one of url or url_file must be configured"]),
];

/// A file whose receiver `a` has `inside`.
pub(super) fn with_receiver(inside: &str) -> String {
    format!("route: {{receiver: a}}\nreceivers: [{{name: a, {inside}}}]\n")
}

fn mistakes(text: &str) -> Vec<String> {
    match load(text) {
        Ok(_) => Vec::new(),
        Err(error) => {
            error.to_string().lines().map(|line| line.replacen("a.yml:", "", 1)).collect()
        }
    }
}

#[test]
fn each_mistake_is_told_with_its_place() {
    let mut wrong = Vec::new();
    let mut check = |text: &str, expected: &[String]| {
        let found = mistakes(text);
        if found != expected {
            wrong.push(format!("{text}found {found:#?}\nexpected {expected:#?}"));
        }
    };
    let owned = |lines: &[&str]| lines.iter().map(ToString::to_string).collect::<Vec<_>>();
    for (sections, expected) in SECTIONS {
        check(&around(sections), &owned(expected));
    }
    for (text, expected) in FILES {
        check(text, &owned(expected));
    }
    for (inside, expected) in RECEIVERS {
        let expected: Vec<_> = expected.iter().map(|line| format!("2:{line}")).collect();
        check(&with_receiver(inside), &expected);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn mistakes_do_not_tell_secrets() {
    for text in [
        around("global: {slack_api_url: 'ht tp://hunter2'}\n"),
        with_receiver("webhook_configs: [{url: 'http://u:hunter2@x:port/'}]"),
        with_receiver("slack_configs: [{api_url: 'http://hooks:port/hunter2'}]"),
    ] {
        let found = mistakes(&text).join("\n");
        assert!(!found.is_empty() && !found.contains("hunter2"), "{found}");
    }
}

#[test]
fn the_mode_decides_which_names_and_matchers_are_valid() {
    let route =
        |route: &str| format!("route: {{receiver: a, {route}}}\nreceivers: [{{name: a}}]\n");
    let (all, classic, utf8) = (
        &[MatcherMode::Fallback, MatcherMode::Classic, MatcherMode::Utf8Strict][..],
        &[MatcherMode::Fallback, MatcherMode::Classic][..],
        &[MatcherMode::Fallback, MatcherMode::Utf8Strict][..],
    );
    for (text, modes) in [
        (route("group_by: [job]"), all),
        (route("group_by: ['a b']"), utf8),
        (route("labels: {'a.b': c}"), utf8),
        (route("routes: [{matchers: ['\"a b\"=\"c\"']}]"), utf8),
        (route("routes: [{matchers: ['a=b c']}]"), classic),
        (route("routes: [{match: {'a.b': c}}]"), &[]),
        (around("inhibit_rules: [{equal: ['a.b']}]\n"), utf8),
    ] {
        for mode in all {
            let loaded = load_alertmanager_text("a.yml".as_ref(), &text, *mode);
            assert_eq!(loaded.is_ok(), modes.contains(mode), "{text} {mode:?} {loaded:?}");
        }
    }
}

#[test]
fn what_is_not_built_is_listed_by_name_and_place() {
    let text = format!(
        "{}tracing: {{endpoint: x}}\nevent_recorder: {{stdout_outputs: [{{}}]}}\n",
        with_receiver(
            "discord_configs: [{webhook_url: 'http://x'}], sns_configs: [], \
             webhook_configs: [{url: 'http://x'}]"
        )
    );
    let unbuilt = load(&text).unwrap().unbuilt;
    let found: Vec<_> = unbuilt.iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "a.yml:2:40: discord_configs is not built yet",
            "a.yml:3:10: tracing is not built yet",
            "a.yml:4:17: event_recorder is not built yet",
        ]
    );
}

#[test]
fn a_jenkins_folder_without_its_job_segment_is_warned_about() {
    let url = "http://jenkins:8080/job/production/clean_data_worker/build";
    let text = with_receiver(&format!("webhook_configs: [{{url: '{url}'}}]"));
    let warnings = load(&text).unwrap().warnings;
    let found: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        ["a.yml:2:47: a job in a Jenkins folder has the path /job/FOLDER/job/JOB/build; this one \
             lacks a /job/"]
    );
    let text = with_receiver(&format!(
        "webhook_configs: [{{url: '{}'}}]",
        url.replace("/clean", "/job/clean")
    ));
    assert_eq!(load(&text).unwrap().warnings, []);
}
