//! JSON that an answer must contain.

use serde_json::Value;

/// Stands for any value.
const ANY: &str = "*";

/// Where `found` does not hold what `expected` says: objects may have more keys, lists have as many
/// items, the text `*` is equal to everything.
pub(crate) fn mismatch(expected: &Value, found: &Value) -> Option<String> {
    at("$", expected, found)
}

fn at(path: &str, expected: &Value, found: &Value) -> Option<String> {
    match (expected, found) {
        (Value::String(text), _) if text == ANY => None,
        (Value::Object(expected), Value::Object(found)) => {
            expected.iter().find_map(|(key, value)| {
                let path = format!("{path}.{key}");
                match found.get(key) {
                    Some(found) => at(&path, value, found),
                    None => Some(format!("{path} is missing")),
                }
            })
        }
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            expected.iter().zip(found).enumerate().find_map(|(index, (expected, found))| {
                at(&format!("{path}[{index}]"), expected, found)
            })
        }
        (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => None,
        _ if expected == found => None,
        _ => Some(format!("{path} is {found} instead of {expected}")),
    }
}

#[test]
fn more_keys_are_fine_and_other_values_are_not() {
    use serde_json::json;
    let found = json!({"a": [1.0, {"b": "x", "c": null}], "d": true});
    assert_eq!(mismatch(&json!({"a": [1, {"b": "x"}]}), &found), None);
    assert_eq!(mismatch(&json!({"a": "*"}), &found), None);
    let wrong = mismatch(&json!({"a": [1, {"b": "y"}]}), &found);
    assert_eq!(wrong.as_deref(), Some(r#"$.a[1].b is "x" instead of "y""#));
    assert!(mismatch(&json!({"a": [1]}), &found).is_some());
    assert_eq!(mismatch(&json!({"e": 1}), &found).as_deref(), Some("$.e is missing"));
}
