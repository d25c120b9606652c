//! What templates see of a notification.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use regain_go_template::{Element, Function, List, Map, Object, Time, Type, Value};
use regain_model::Labels;

use crate::alert::{ALERT_NAME, Alert};
use crate::notify::Notification;

const FIRING: &str = "firing";
const RESOLVED: &str = "resolved";

/// Everything about one notification: the dot of its templates and the body of a webhook.
#[derive(Debug)]
pub(crate) struct Data {
    fields: Vec<(&'static str, Value)>,
}

impl Data {
    /// The data of `notification` with `alerts`, which may be fewer than its own.
    pub(crate) fn new(notification: &Notification, alerts: &[Arc<Alert>]) -> Self {
        let shown: Vec<Value> =
            alerts.iter().map(|alert| alert_value(alert, notification)).collect();
        let fires = alerts.iter().any(|alert| !alert.is_resolved_at(notification.now));
        let annotations = |alert: &Arc<Alert>| alert.annotations.clone();
        let labels = |alert: &Arc<Alert>| texts(&alert.labels);
        let fields = vec![
            ("Receiver", Value::from(quote_meta(&notification.receiver))),
            ("Status", if fires { FIRING } else { RESOLVED }.into()),
            ("Alerts", Value::object(Alerts(alert_list(shown)))),
            ("NotificationReason", notification.reason.as_str().into()),
            ("GroupLabels", Kv::of(&notification.group_labels)),
            ("CommonLabels", Kv::value(common(alerts.iter().map(labels)))),
            ("CommonAnnotations", Kv::value(common(alerts.iter().map(annotations)))),
            ("RouteLabels", Kv::of(&notification.route_labels)),
            ("ExternalURL", (&*notification.external_url).into()),
        ];
        Self { fields }
    }
}

impl Object for Data {
    fn type_name(&self) -> Cow<'_, str> {
        Cow::Borrowed("*template.Data")
    }

    fn field(&self, name: &str) -> Option<Value> {
        find(&self.fields, name)
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        self.fields.clone()
    }
}

fn find(fields: &[(&'static str, Value)], name: &str) -> Option<Value> {
    fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
}

fn texts(labels: &Labels) -> BTreeMap<String, String> {
    labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The pairs that all sets have.
fn common(sets: impl IntoIterator<Item = BTreeMap<String, String>>) -> BTreeMap<String, String> {
    let mut sets = sets.into_iter();
    let mut common = sets.next().unwrap_or_default();
    for set in sets {
        common.retain(|name, value| set.get(name) == Some(value));
    }
    common
}

/// Escapes what has a meaning in regular expressions, as Go's `regexp.QuoteMeta` does.
fn quote_meta(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted
}

/// One alert.
#[derive(Debug)]
struct AlertData {
    fields: Vec<(&'static str, Value)>,
}

fn alert_value(alert: &Alert, notification: &Notification) -> Value {
    let is_firing = !alert.is_resolved_at(notification.now);
    let annotations = alert.annotations.iter().map(|(name, value)| (&**name, &**value));
    let fields = vec![
        ("Status", if is_firing { FIRING } else { RESOLVED }.into()),
        ("Labels", Kv::of(&alert.labels)),
        ("Annotations", Value::object(Kv(Map::strings(annotations)))),
        ("StartsAt", Time::utc(alert.starts_at).into()),
        ("EndsAt", alert.ends_at.map_or_else(Time::zero, Time::utc).into()),
        ("GeneratorURL", Value::from(alert.generator_url.as_str())),
        ("Fingerprint", Value::from(alert.fingerprint().to_string())),
    ];
    Value::object(AlertData { fields })
}

impl Object for AlertData {
    fn type_name(&self) -> Cow<'_, str> {
        Cow::Borrowed("template.Alert")
    }

    fn field(&self, name: &str) -> Option<Value> {
        find(&self.fields, name)
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        self.fields.clone()
    }
}

fn alert_list(alerts: impl IntoIterator<Item = Value>) -> List {
    List::new(Element::Named("template.Alert"), alerts)
}

/// The alerts of a notification.
#[derive(Debug)]
struct Alerts(List);

impl Object for Alerts {
    fn type_name(&self) -> Cow<'_, str> {
        Cow::Borrowed("template.Alerts")
    }

    fn underlying(&self) -> Option<Value> {
        Some(self.0.clone().into())
    }

    fn method(&self, name: &str) -> Option<Function> {
        let wanted = match name {
            "Firing" => FIRING,
            "Resolved" => RESOLVED,
            _ => return None,
        };
        let alerts = self.0.clone();
        Some(Function::new(&[], move |_| {
            let is_wanted = |alert: &&Value| match alert {
                Value::Object(alert) => {
                    alert.field("Status").is_some_and(|status| status.as_str() == Some(wanted))
                }
                _ => false,
            };
            Ok(alert_list(alerts.iter().filter(is_wanted).cloned()).into())
        }))
    }
}

/// Pairs of names and values, by name.
#[derive(Debug)]
pub(super) struct Kv(Map);

impl Kv {
    fn of(labels: &Labels) -> Value {
        Value::object(Self(Map::strings(labels)))
    }

    fn value(texts: BTreeMap<String, String>) -> Value {
        Value::object(Self(Map::strings(texts)))
    }

    /// The pairs by name, but the name of the alert first.
    fn sorted(&self) -> Pairs {
        let pair = |(name, value): (&str, &Value)| {
            (name.to_owned(), value.as_str().unwrap_or_default().to_owned())
        };
        let mut pairs: Vec<(String, String)> = self.0.iter().map(pair).collect();
        pairs.sort_by_key(|(name, _)| name != ALERT_NAME);
        Pairs(pairs.into())
    }

    fn without(&self, names: &Value) -> Value {
        let Value::List(names) = names else { return Self::value(BTreeMap::new()) };
        let stays = |name: &str| !names.iter().any(|gone| gone.as_str() == Some(name));
        let kept = self.0.iter().filter(|(name, _)| stays(name));
        let kept = kept.map(|(name, value)| (name, value.clone()));
        Value::object(Self(Map::new(Element::String, kept)))
    }
}

impl Object for Kv {
    fn type_name(&self) -> Cow<'_, str> {
        Cow::Borrowed("template.KV")
    }

    fn underlying(&self) -> Option<Value> {
        Some(self.0.clone().into())
    }

    fn string(&self) -> Option<String> {
        self.sorted().string()
    }

    fn method(&self, name: &str) -> Option<Function> {
        match name {
            "Remove" => {
                let this = Self(self.0.clone());
                Some(Function::new(&[Type::Strings], move |arguments| {
                    Ok(this.without(arguments.first().unwrap_or(&Value::Nil)))
                }))
            }
            "SortedPairs" => {
                let pairs = self.sorted();
                Some(constant(Value::object(pairs)))
            }
            _ => self.sorted().method(name),
        }
    }
}

fn constant(value: Value) -> Function {
    Function::new(&[], move |_| Ok(value.clone()))
}

/// Pairs in an order.
#[derive(Debug)]
struct Pairs(Arc<[(String, String)]>);

impl Object for Pairs {
    fn type_name(&self) -> Cow<'_, str> {
        Cow::Borrowed("template.Pairs")
    }

    fn underlying(&self) -> Option<Value> {
        let pairs = self.0.iter().map(|(name, value)| {
            Value::object(Pair { name: name.as_str().into(), value: value.as_str().into() })
        });
        Some(List::new(Element::Named("template.Pair"), pairs).into())
    }

    fn string(&self) -> Option<String> {
        let pairs: Vec<String> =
            self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        Some(pairs.join(", "))
    }

    fn method(&self, name: &str) -> Option<Function> {
        let value = match name {
            "Names" => strings(self.0.iter().map(|(name, _)| name)),
            "Values" => strings(self.0.iter().map(|(_, value)| value)),
            "String" => Value::from(self.string().unwrap_or_default()),
            _ => return None,
        };
        Some(constant(value))
    }
}

/// A name and a value.
#[derive(Debug)]
struct Pair {
    name: Value,
    value: Value,
}

impl Object for Pair {
    fn type_name(&self) -> Cow<'_, str> {
        Cow::Borrowed("template.Pair")
    }

    fn field(&self, name: &str) -> Option<Value> {
        find(&self.fields(), name)
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![("Name", self.name.clone()), ("Value", self.value.clone())]
    }
}

/// Texts that can join themselves.
#[derive(Debug)]
struct Strings(List);

fn strings<'a>(texts: impl Iterator<Item = &'a String>) -> Value {
    Value::object(Strings(List::strings(texts.map(String::as_str))))
}

impl Object for Strings {
    fn type_name(&self) -> Cow<'_, str> {
        Cow::Borrowed("template.Strings")
    }

    fn underlying(&self) -> Option<Value> {
        Some(self.0.clone().into())
    }

    fn method(&self, name: &str) -> Option<Function> {
        let texts = self.0.clone();
        (name == "Join").then(|| {
            Function::new(&[Type::String], move |arguments| {
                let separator = arguments.first().and_then(Value::as_str).unwrap_or_default();
                Ok(Value::from(join(&texts, separator)))
            })
        })
    }
}

/// The texts of a list with a separator between them.
pub(super) fn join(texts: &List, separator: &str) -> String {
    let texts: Vec<&str> = texts.iter().filter_map(Value::as_str).collect();
    texts.join(separator)
}
