//! The parameter `tree` of Jenkins' API: which fields of a document are wanted.

use serde_json::{Map, Value};

/// What names a document's type; it is in every answer.
const CLASS: &str = "_class";

/// One wanted field.
#[derive(Debug, Default, PartialEq, Eq)]
struct Field {
    name: String,
    /// What is wanted of its values; nothing in the brackets means their type only.
    fields: Vec<Self>,
    /// The first and the last index that is wanted of a list.
    range: Option<(usize, usize)>,
}

/// Keeps what `tree` names; nothing where it is not written well.
pub(crate) fn prune(document: &Value, tree: &str) -> Option<Value> {
    let mut rest = tree;
    let fields = fields(&mut rest)?;
    rest.is_empty().then(|| keep(document, &fields))
}

fn keep(value: &Value, fields: &[Field]) -> Value {
    match value {
        Value::Array(values) => values.iter().map(|value| keep(value, fields)).collect(),
        Value::Object(object) => {
            let mut kept = Map::new();
            kept.extend(
                object.get_key_value(CLASS).map(|(key, value)| (key.clone(), value.clone())),
            );
            for (name, value) in object {
                let wanted = |field: &&Field| field.name == *name || field.name == "*";
                if let Some(field) = fields.iter().find(wanted) {
                    kept.insert(name.clone(), keep(&ranged(value, field.range), &field.fields));
                }
            }
            Value::Object(kept)
        }
        plain => plain.clone(),
    }
}

fn ranged(value: &Value, range: Option<(usize, usize)>) -> Value {
    match (value, range) {
        (Value::Array(values), Some((first, end))) => {
            values.iter().take(end).skip(first).cloned().collect()
        }
        _ => value.clone(),
    }
}

/// Reads `a,b[c,d[e]]{0,10}` up to the end or a closing bracket.
fn fields(rest: &mut &str) -> Option<Vec<Field>> {
    let mut all = Vec::new();
    loop {
        let end = rest.find([',', '[', ']', '{']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        *rest = after;
        if name.is_empty() {
            return None;
        }
        let mut field = Field { name: name.to_owned(), ..Field::default() };
        if let Some(inside) = rest.strip_prefix('[') {
            *rest = inside;
            field.fields = fields(rest)?;
            *rest = rest.strip_prefix(']')?;
        }
        if let Some(inside) = rest.strip_prefix('{') {
            let (range, after) = inside.split_once('}')?;
            field.range = Some(parse_range(range)?);
            *rest = after;
        }
        all.push(field);
        match rest.strip_prefix(',') {
            Some(after) => *rest = after,
            None => return Some(all),
        }
    }
}

/// Reads `M,N`, `M,`, `,N` or `M`; the end is not included.
fn parse_range(text: &str) -> Option<(usize, usize)> {
    let Some((first, end)) = text.split_once(',') else {
        let only = text.parse().ok()?;
        return Some((only, only + 1));
    };
    let first = if first.is_empty() { 0 } else { first.parse().ok()? };
    let end = if end.is_empty() { usize::MAX } else { end.parse().ok()? };
    Some((first, end))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_the_tree_names_is_kept() {
        let document = json!({
            "_class": "Job", "name": "a", "color": "blue",
            "builds": [
                {"_class": "Build", "number": 3, "url": "u3"},
                {"_class": "Build", "number": 2, "url": "u2"},
                {"_class": "Build", "number": 1, "url": "u1"},
            ],
        });
        for (tree, expected) in [
            ("name", json!({"_class": "Job", "name": "a"})),
            (
                "builds",
                json!({"_class": "Job", "builds": [
                {"_class": "Build"}, {"_class": "Build"}, {"_class": "Build"}]}),
            ),
            (
                "color,builds[number]{0,2}",
                json!({"_class": "Job", "color": "blue", "builds": [
                {"_class": "Build", "number": 3}, {"_class": "Build", "number": 2}]}),
            ),
            (
                "builds[url]{2}",
                json!({"_class": "Job", "builds": [
                {"_class": "Build", "url": "u1"}]}),
            ),
            (
                "builds[*]{,1}",
                json!({"_class": "Job", "builds": [
                {"_class": "Build", "number": 3, "url": "u3"}]}),
            ),
        ] {
            assert_eq!(prune(&document, tree), Some(expected), "{tree}");
        }
        for broken in ["", "a[", "a[b", "a]", "a{x}", "a,,b"] {
            assert_eq!(prune(&document, broken), None, "{broken}");
        }
    }
}
