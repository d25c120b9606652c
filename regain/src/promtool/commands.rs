//! The commands of the tools: promtool 3.14's, as far as they are built, and `test promql`.

use crate::api_client::HTTP_CONFIG;
use crate::flags::{Argument, BASIC_FLAGS, Command, Flag, Kind};

/// The tools.
pub(crate) static PROMTOOL: Command = Command {
    name: "promtool",
    about: "Tools for servers and their files.",
    flags: &[BASIC_FLAGS, EXPERIMENT_FLAGS],
    commands: &[CHECK, QUERY, TEST, TSDB],
    unbuilt: &["debug", "push", "promql"],
    ..Command::PLAIN
};

const CHECK: Command = Command {
    name: "check",
    about: "Checks files and servers.",
    flags: &[CHECK_FLAGS],
    commands: &[
        Command {
            name: "config",
            about: "Checks configuration files, with what they name.",
            flags: &[CONFIG_FLAGS],
            arguments: &[files("config-files", "The files.")],
            ..Command::PLAIN
        },
        Command {
            name: "rules",
            about: "Checks rule files, or the rules that come through the standard input.",
            flags: &[RULES_FLAGS],
            arguments: &[Argument { required: false, ..files("rule-files", "The files.") }],
            ..Command::PLAIN
        },
        Command {
            name: "web-config",
            about: "Checks files that turn on TLS and logins, with what they name.",
            arguments: &[files("web-config-files", "The files.")],
            ..Command::PLAIN
        },
        Command {
            name: "healthy",
            about: "Checks whether a server is healthy.",
            flags: &[STATUS_FLAGS],
            ..Command::PLAIN
        },
        Command {
            name: "ready",
            about: "Checks whether a server is ready.",
            flags: &[STATUS_FLAGS],
            ..Command::PLAIN
        },
    ],
    unbuilt: &["metrics", "service-discovery"],
    ..Command::PLAIN
};

const QUERY: Command = Command {
    name: "query",
    about: "Asks a server.",
    flags: &[QUERY_FLAGS],
    commands: &[
        Command {
            name: "instant",
            about: "Evaluates an expression at one time.",
            flags: &[&[TIME, HEADER]],
            arguments: &[SERVER, EXPRESSION],
            ..Command::PLAIN
        },
        Command {
            name: "range",
            about: "Evaluates an expression over a range of time.",
            flags: &[&[
                HEADER,
                START,
                END,
                Flag::new("step", Kind::GoDuration, "", "The time between two evaluations."),
            ]],
            arguments: &[SERVER, EXPRESSION],
            ..Command::PLAIN
        },
        Command {
            name: "series",
            about: "Lists series.",
            flags: &[&[MATCH.required(), START, END]],
            arguments: &[SERVER],
            ..Command::PLAIN
        },
        Command {
            name: "labels",
            about: "Lists the values of a label.",
            flags: &[&[START, END, MATCH]],
            arguments: &[SERVER, Argument::new("name", Kind::Text, "The label.")],
            ..Command::PLAIN
        },
    ],
    unbuilt: &["analyze"],
    ..Command::PLAIN
};

const TEST: Command = Command {
    name: "test",
    about: "Runs tests.",
    flags: &[&[JUNIT]],
    commands: &[
        Command {
            name: "rules",
            about: "Runs unit tests of rules.",
            flags: &[TEST_RULES_FLAGS],
            arguments: &[files("test-rule-file", "The files of tests.")],
            ..Command::PLAIN
        },
        Command {
            name: "promql",
            about: "Runs tests of the query language: files of loads and evaluations, or \
                    directories of them.",
            flags: &[&[Flag::switch("list", "List every case with its file and line.")]],
            arguments: &[Argument::new(
                "paths",
                Kind::Text,
                "Files, or directories of *.test files.",
            )
            .repeated()],
            ..Command::PLAIN
        },
    ],
    ..Command::PLAIN
};

const TSDB: Command = Command {
    name: "tsdb",
    about: "Looks into a data directory, makes blocks, and measures.",
    commands: &[
        Command {
            name: "analyze",
            about: "Shows which labels a block, or Regain's store, has, and how often.",
            flags: &[ANALYZE_FLAGS],
            arguments: &[DATABASE, BLOCK],
            ..Command::PLAIN
        },
        Command {
            name: "list",
            about: "Lists the blocks, and the segments of Regain's store.",
            flags: &[&[HUMAN_READABLE]],
            arguments: &[DATABASE],
            ..Command::PLAIN
        },
        Command {
            name: "dump",
            about: "Prints all samples, or the labels of all series.",
            flags: &[
                DUMP_FLAGS,
                &[Flag::new(
                    "format",
                    Kind::Choice(&["prom", "seriesjson"]),
                    "prom",
                    "What is printed: samples (prom), or labels as JSON (seriesjson).",
                )],
            ],
            arguments: &[DATABASE],
            ..Command::PLAIN
        },
        Command {
            name: "dump-openmetrics",
            about: "Prints all samples that are floats, as OpenMetrics text.",
            flags: &[DUMP_FLAGS],
            arguments: &[DATABASE],
            ..Command::PLAIN
        },
        CREATE_BLOCKS,
        CONVERT,
        BENCH,
    ],
    ..Command::PLAIN
};

const CONVERT: Command = Command {
    name: "convert",
    about: "Turns a data directory of Regain into one of Prometheus, or the other way round.",
    flags: &[&[
        Flag::new(
            "to",
            Kind::Choice(&["prometheus", "regain"]),
            "",
            "What is made: blocks for Prometheus of Regain's store, or the store of all that a \
             Prometheus has left.",
        )
        .required(),
        Flag::new(
            "output",
            Kind::Text,
            "",
            "Where the blocks go (default: the data directory); only with --to=prometheus.",
        ),
    ]],
    arguments: &[Argument::new("data directory", Kind::Text, "The data directory.")],
    ..Command::PLAIN
};

const CREATE_BLOCKS: Command = Command {
    name: "create-blocks-from",
    about: "Makes blocks of samples that come from elsewhere.",
    flags: &[&[
        HUMAN_READABLE,
        Flag::switch("quiet", "Do not list the blocks.").short('q'),
        Flag::new(
            "max-block-duration",
            Kind::GoDuration,
            "0s",
            "How long blocks may be; less than two hours is as much as two hours.",
        )
        .hidden(),
    ]],
    commands: &[
        Command {
            name: "openmetrics",
            about: "Makes blocks of OpenMetrics text with timestamps.",
            flags: &[&[Flag::new(
                "label",
                Kind::Pair,
                "",
                "A label for all series, as NAME=VALUE.",
            )
            .repeated()]],
            arguments: &[
                Argument::new("input file", Kind::Text, "The text."),
                Argument {
                    required: false,
                    ..Argument::new("output directory", Kind::Text, "The data directory.")
                },
            ],
            ..Command::PLAIN
        },
        Command {
            name: "rules",
            about: "Makes blocks of what recording rules yield for times that are over.",
            flags: &[BACKFILL_FLAGS],
            arguments: &[files(
                "rule-files",
                "Files with recording rules; alerts are passed over.",
            )],
            ..Command::PLAIN
        },
    ],
    ..Command::PLAIN
};

const BENCH: Command = Command {
    name: "bench",
    about: "Measures the store.",
    commands: &[Command {
        name: "write",
        about: "Measures how many samples the store takes.",
        flags: &[&[
            Flag::new(
                "out",
                Kind::Text,
                "benchout",
                "Where the store is made; whatever is there is removed first.",
            ),
            Flag::new("metrics", Kind::Integer, "10000", "How many series are read."),
            Flag::new("scrapes", Kind::Integer, "3000", "How many scrapes are made of them."),
        ]],
        arguments: &[Argument::new(
            "file",
            Kind::Text,
            "The label sets of the series as JSON, one a line.",
        )],
        ..Command::PLAIN
    }],
    ..Command::PLAIN
};

/// Experiments. None of the built commands is one.
static EXPERIMENT_FLAGS: &[Flag] = &[
    Flag::switch("experimental", "Allow experimental commands.").not_built(),
    Flag::new(
        "enable-feature",
        Kind::Text,
        "",
        "Features of the query language that rules may use, with commas between names.",
    )
    .repeated(),
];

const CHECK_FLAGS: &[Flag] = &[Flag::new(
    "query.lookback-delta",
    Kind::GoDuration,
    "5m",
    "The lookback delta of the server, which scrapes should not come later than.",
)];

const CONFIG_FLAGS: &[Flag] = &[
    Flag::switch("syntax-only", "Check the file alone, not what it names."),
    Flag::new(
        "lint",
        Kind::Text,
        "duplicate-rules",
        "What to complain about beside mistakes: all, duplicate-rules, too-long-scrape-interval \
         or none.",
    ),
    LINT_FATAL,
    IGNORE_UNKNOWN_FIELDS,
    Flag::switch("agent", "Check for a server that only scrapes and forwards."),
];

const RULES_FLAGS: &[Flag] = &[
    Flag::new(
        "lint",
        Kind::Text,
        "duplicate-rules",
        "What to complain about beside mistakes: all, duplicate-rules or none.",
    ),
    LINT_FATAL,
    IGNORE_UNKNOWN_FIELDS,
];

const LINT_FATAL: Flag =
    Flag::switch("lint-fatal", "Exit with 3 where there is something to complain about.");
const IGNORE_UNKNOWN_FIELDS: Flag =
    Flag::switch("ignore-unknown-fields", "Let rule groups have unknown fields.");

/// Is written by `test rules` alone; the original takes it before the name of that command, too.
pub(super) const JUNIT: Flag =
    Flag::new("junit", Kind::Text, "", "Write the results of rules to this file, as JUnit's XML.");

const TEST_RULES_FLAGS: &[Flag] = &[
    Flag::new("run", Kind::Text, "", "Run only tests whose names match this regular expression.")
        .repeated(),
    Flag::switch("debug", "Show when tests start and end, and all their samples."),
    Flag::switch("diff", "Show alerts that are not as expected as one text with colours."),
    IGNORE_UNKNOWN_FIELDS,
];

const STATUS_FLAGS: &[Flag] =
    &[Flag::new("url", Kind::Text, "http://localhost:9090", "The server."), HTTP_CONFIG];

const BACKFILL_FLAGS: &[Flag] = &[
    HTTP_CONFIG,
    Flag::new("url", Kind::Text, "http://localhost:9090", "The server that evaluates the rules."),
    START.required(),
    Flag::new(
        "end",
        Kind::Text,
        "",
        "The end, in RFC 3339 or seconds since 1970; by default three hours ago.",
    ),
    Flag::new("output-dir", Kind::Text, "data/", "The data directory that gets the blocks."),
    Flag::new(
        "eval-interval",
        Kind::GoDuration,
        "60s",
        "How often rules are evaluated whose group says nothing of it.",
    ),
];

const QUERY_FLAGS: &[Flag] = &[
    Flag::new("format", Kind::Choice(&["promql", "json"]), "promql", "How answers are printed.")
        .short('o'),
    HTTP_CONFIG,
];

const HEADER: Flag =
    Flag::new("header", Kind::Pair, "", "A header to send, as NAME=VALUE.").repeated();
const MATCH: Flag = Flag::new("match", Kind::Text, "", "A selector of series.").repeated();
const TIME: Flag = Flag::new(
    "time",
    Kind::Text,
    "",
    "The time, in RFC 3339 or seconds since 1970; by default now.",
);
const START: Flag =
    Flag::new("start", Kind::Text, "", "The start, in RFC 3339 or seconds since 1970.");
const END: Flag = Flag::new("end", Kind::Text, "", "The end, in RFC 3339 or seconds since 1970.");

const ANALYZE_FLAGS: &[Flag] = &[
    Flag::new("limit", Kind::Integer, "20", "How many items each list has at most."),
    Flag::switch("extended", "Show how large chunks are as well."),
    Flag::new("match", Kind::Text, "", "A selector of series."),
];

const DUMP_FLAGS: &[Flag] = &[
    Flag::new(
        "sandbox-dir-root",
        Kind::Text,
        "",
        "Where the original puts files while it works; this one needs none.",
    )
    .without_effect(),
    Flag::new(
        "min-time",
        Kind::Integer,
        "-9223372036854775808",
        "The first time, in milliseconds since 1970.",
    ),
    Flag::new(
        "max-time",
        Kind::Integer,
        "9223372036854775807",
        "The last time, in milliseconds since 1970.",
    ),
    Flag::new("match", Kind::Text, "{__name__=~'(?s:.*)'}", "A selector of series.").repeated(),
];

const HUMAN_READABLE: Flag =
    Flag::switch("human-readable", "Print times and sizes for people.").short('r');

const DATABASE: Argument = Argument {
    required: false,
    ..Argument::new("db path", Kind::Text, "The data directory (default: data/).")
};
const BLOCK: Argument = Argument {
    required: false,
    ..Argument::new("block id", Kind::Text, "The block (default: the last one).")
};

const SERVER: Argument = Argument::new("server", Kind::Text, "The server's URL.");
const EXPRESSION: Argument = Argument::new("expr", Kind::Text, "The expression.");

const fn files(name: &'static str, help: &'static str) -> Argument {
    Argument::new(name, Kind::ExistingFile, help).repeated()
}
