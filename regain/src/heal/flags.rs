//! The flags of a healer of its own, and those of the commands that ask one.

use crate::api_client::HTTP_CONFIG;
use crate::flags::{Argument, BASIC_FLAGS, Command, Flag, Kind};
use crate::logging::LOG_FLAGS;

/// The healer behind a stock Alertmanager.
pub(crate) static HEAL: Command = Command {
    name: "regain heal",
    about: "Heals behind a stock Alertmanager, whose webhooks tell it of alerts. With one of the commands \
            list, show, pause, resume and audit it asks a running program instead; `regain heal list --help` \
            shows the flags of a command.",
    flags: &[BASIC_FLAGS, HEALER_FLAGS, LOG_FLAGS],
    ..Command::PLAIN
};

static HEALER_FLAGS: &[Flag] = &[
    Flag::new("config.file", Kind::Text, "remediations.yml", "A file with remediations.")
        .repeated(),
    Flag::new(
        "query.url",
        Kind::Text,
        "http://127.0.0.1:9090",
        "The server that is asked whether an action helped, and whether one may begin.",
    ),
    Flag::new(
        "query.http.config.file",
        Kind::ExistingFile,
        "",
        "A file that says how to reach that server and log in there.",
    ),
    Flag::new(
        "alertmanager.url",
        Kind::Text,
        "",
        "The Alertmanager that is told of what could not be healed, by alerts named RemediationEscalated; \
         without one they are logged.",
    ),
    Flag::new(
        "alertmanager.http.config.file",
        Kind::ExistingFile,
        "",
        "A file that says how to reach that Alertmanager and log in there.",
    ),
    Flag::new(
        "alertmanager.receiver",
        Kind::Text,
        "",
        "The receiver of that Alertmanager whose webhooks come here. With it the Alertmanager is asked every few \
         seconds which of its alerts fire and which are silenced.",
    ),
    Flag::new("storage.path", Kind::Text, "data", "The directory of the data."),
    Flag::switch("web.systemd-socket", "Take over the sockets that systemd passes on."),
    Flag::new("web.listen-address", Kind::Text, "127.0.0.1:9098", "An address to listen on.")
        .repeated(),
    Flag::new(
        "web.config.file",
        Kind::Text,
        "",
        "A file that turns on TLS or basic authentication for every port.",
    ),
    Flag::new(
        "web.external-url",
        Kind::Text,
        "",
        "The URL under which clients find it; by default made from the host's name and the port.",
    ),
    Flag::switch(
        "web.allow-anonymous-changes",
        "Let other hosts send alerts and stop healing without a login.",
    ),
];

/// The commands that ask a running program.
pub(crate) static HEAL_COMMANDS: Command = Command {
    name: "regain heal",
    about: "Asks a running program what it heals, stops it and lets it go on.",
    flags: &[BASIC_FLAGS, CLIENT_FLAGS],
    commands: &[
        Command {
            name: "list",
            about: "Shows what is healed, how often, and the runs that go on or ended last.",
            flags: &[OUTPUT, &[Flag::new("limit", Kind::Integer, "20", "The most runs to show.")]],
            ..Command::PLAIN
        },
        Command {
            name: "show",
            about: "Shows one run: its stages, its log, and where to look.",
            flags: &[OUTPUT],
            arguments: &[Argument::new("run", Kind::Text, "The id of the run.")],
            ..Command::PLAIN
        },
        Command {
            name: "pause",
            about: "Stops healing: all of it, a remediation, or a target.",
            flags: &[
                SCOPE,
                &[
                    Flag::new("reason", Kind::Text, "", "Why.").required(),
                    Flag::new("for", Kind::Duration, "", "How long; by default until resumed."),
                ],
            ],
            ..Command::PLAIN
        },
        Command {
            name: "resume",
            about: "Lets healing go on: all of it, a remediation, or a target.",
            flags: &[SCOPE],
            ..Command::PLAIN
        },
        Command {
            name: "audit",
            about: "Shows what was decided, and why something was not done, the newest first.",
            flags: &[
                OUTPUT,
                &[
                    Flag::new("limit", Kind::Integer, "100", "The most decisions to show."),
                    Flag::new("before", Kind::Text, "", "Only decisions before this number."),
                    Flag::new("decision", Kind::Text, "", "Only decisions of this kind."),
                    Flag::new("remediation", Kind::Text, "", "Only decisions on this remediation."),
                ],
            ],
            ..Command::PLAIN
        },
    ],
    ..Command::PLAIN
};

static CLIENT_FLAGS: &[Flag] =
    &[Flag::new("url", Kind::Text, "http://127.0.0.1:9090", "The program to ask."), HTTP_CONFIG];

const OUTPUT: &[Flag] =
    &[Flag::new("output", Kind::Choice(&["table", "json"]), "table", "How answers are printed.")
        .short('o')];

const SCOPE: &[Flag] = &[
    Flag::new("remediation", Kind::Text, "", "Only this remediation."),
    Flag::new(
        "target",
        Kind::Text,
        "",
        "Only targets that are written like this, or have a label with this value.",
    ),
    Flag::new("by", Kind::Text, "", "Who asks; by default the user."),
];
