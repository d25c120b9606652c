//! Reads the files in `recorded/`.
//!
//! A case is a request, `METHOD target` or `METHOD target | form`; then lines that begin with `< `: the
//! status with the content type (`-` for none), and headers; then the body. An empty line ends the case, and
//! `\n` at the end of a body stands for a line's end.

use http::Method;

pub(crate) struct Case<'a> {
    pub(crate) name: &'a str,
    pub(crate) method: Method,
    pub(crate) target: &'a str,
    pub(crate) form: Option<&'a str>,
    pub(crate) status: u16,
    pub(crate) content_type: &'a str,
    pub(crate) headers: Vec<(&'a str, &'a str)>,
    pub(crate) body: String,
}

pub(crate) fn cases(text: &str) -> Vec<Case<'_>> {
    let mut lines = text.lines();
    let mut cases = Vec::new();
    while let Some(name) = lines.find(|line| !line.is_empty()) {
        let (method, rest) = name.split_once(' ').unwrap();
        let (target, form) = match rest.split_once(" | ") {
            Some((target, form)) => (target, Some(form)),
            None => (rest, None),
        };
        let answer: Vec<&str> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
        let mut head = answer.iter().filter_map(|line| line.strip_prefix("< "));
        let (status, content_type) = head.next().unwrap().split_once(' ').unwrap();
        let headers = head.map(|line| line.split_once(": ").unwrap()).collect();
        let body: Vec<&str> =
            answer.iter().copied().filter(|line| !line.starts_with("< ")).collect();
        let body = body.join("\n");
        cases.push(Case {
            name,
            method: method.parse().unwrap(),
            target,
            form,
            status: status.parse().unwrap(),
            content_type: content_type.strip_prefix('-').unwrap_or(content_type),
            headers,
            body: match body.strip_suffix("\\n") {
                Some(body) => format!("{body}\n"),
                None => body,
            },
        });
    }
    cases
}
