//! One program, many names: which part runs under which name.

/// A part of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Everything on this host in one process.
    Up,
    /// The server: Prometheus.
    Server,
    /// The receiver of alerts: Alertmanager.
    Alertmanager,
    /// The host's exporter: `node_exporter`.
    Node,
    /// The healer, and the commands that ask one.
    Heal,
    /// The tools: promtool.
    Promtool,
}

/// How the program was called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call<'a> {
    /// The part that was meant, if there is one of that name.
    pub(crate) part: Option<Part>,
    /// The name that messages begin with.
    pub(crate) program: String,
    /// What follows the name of the part.
    pub(crate) rest: &'a [String],
}

/// Finds the part that a command line means: by the program's name, or by the first argument.
pub(crate) fn call(arguments: &[String]) -> Call<'_> {
    let Some((called, rest)) = arguments.split_first() else {
        return Call { part: None, program: "regain".to_owned(), rest: &[] };
    };
    let program = called.rsplit('/').next().unwrap_or_default().to_owned();
    if let Some(part) = part_called(&program) {
        return Call { part: Some(part), program, rest };
    }
    match rest.split_first().map(|(word, rest)| (part_named(word), word, rest)) {
        Some((Some(part), word, rest)) => {
            Call { part: Some(part), program: format!("{program} {word}"), rest }
        }
        _ => Call { part: None, program, rest },
    }
}

/// The part that `name` starts when the program is called by it, as a symbolic link.
fn part_called(name: &str) -> Option<Part> {
    match name {
        "prometheus" => Some(Part::Server),
        "alertmanager" => Some(Part::Alertmanager),
        "node_exporter" => Some(Part::Node),
        "promtool" => Some(Part::Promtool),
        _ => None,
    }
}

/// The part that `word` names as the first argument of `regain`.
fn part_named(word: &str) -> Option<Part> {
    match word {
        "up" => Some(Part::Up),
        "server" => Some(Part::Server),
        "alertmanager" => Some(Part::Alertmanager),
        "node" => Some(Part::Node),
        "heal" => Some(Part::Heal),
        "promtool" => Some(Part::Promtool),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_meant_by_either_name() {
        let cases: [(&[&str], Option<Part>, &str, usize); 6] = [
            (&["/usr/bin/prometheus", "--version"], Some(Part::Server), "prometheus", 1),
            (&["node_exporter"], Some(Part::Node), "node_exporter", 0),
            (&["./regain", "promtool", "check"], Some(Part::Promtool), "regain promtool", 1),
            (&["regain", "heal", "list"], Some(Part::Heal), "regain heal", 1),
            (&["regain", "frobnicate"], None, "regain", 1),
            (&[], None, "regain", 0),
        ];
        for (arguments, part, program, rest) in cases {
            let arguments: Vec<String> = arguments.iter().map(|&text| text.to_owned()).collect();
            let call = call(&arguments);
            assert_eq!((call.part, call.program.as_str(), call.rest.len()), (part, program, rest));
        }
    }
}
