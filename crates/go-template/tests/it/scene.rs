//! The data and the functions that the tables of templates are about.

use std::borrow::Cow;

use jiff::Timestamp;
use regain_go_template::{
    Element, Function, FunctionError, Functions, List, Map, Object, Time, Type, Value,
};

/// A struct with methods; `pointer` makes it print as a pointer to one.
#[derive(Clone, Debug)]
struct Item {
    name: &'static str,
    labels: Map,
    value: f64,
    pointer: bool,
}

impl Item {
    fn one() -> Self {
        let labels = Map::strings([("a", "1"), ("b", "2")]);
        Self { name: "one", labels, value: 1.5, pointer: false }
    }
}

impl Object for Item {
    fn type_name(&self) -> Cow<'_, str> {
        Cow::Borrowed(if self.pointer { "*main.Item" } else { "main.Item" })
    }

    fn field(&self, name: &str) -> Option<Value> {
        self.fields().into_iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("Name", self.name.into()),
            ("Labels", self.labels.clone().into()),
            ("Value", self.value.into()),
        ]
    }

    fn method(&self, name: &str) -> Option<Function> {
        let own = self.name;
        Some(match name {
            "Greet" => Function::new(&[Type::String], move |arguments| {
                Ok(format!("hi {} from {own}", text(arguments, 0)).into())
            }),
            "Fail" => Function::new(&[], |_| Err(FunctionError::new("it broke"))),
            "Join" => Function::variadic(&[Type::String], Type::String, |arguments| {
                let parts: Vec<&str> = arguments.iter().skip(1).filter_map(Value::as_str).collect();
                Ok(parts.join(text(arguments, 0)).into())
            }),
            "Repeat" => Function::new(&[Type::Int], move |arguments| {
                Ok(own.repeat(usize::try_from(int(arguments, 0)).unwrap()).into())
            }),
            _ => return None,
        })
    }
}

/// A named map with methods.
#[derive(Clone, Debug)]
struct Kv(Map);

impl Object for Kv {
    fn type_name(&self) -> Cow<'_, str> {
        Cow::Borrowed("main.KV")
    }

    fn underlying(&self) -> Option<Value> {
        Some(self.0.clone().into())
    }

    fn string(&self) -> Option<String> {
        let pairs: Vec<String> = self
            .0
            .iter()
            .map(|(key, value)| format!("{key}={}", value.as_str().unwrap()))
            .collect();
        Some(pairs.join(", "))
    }

    fn method(&self, name: &str) -> Option<Function> {
        let map = self.0.clone();
        Some(match name {
            "Names" => {
                Function::new(
                    &[],
                    move |_| Ok(List::strings(map.iter().map(|(key, _)| key)).into()),
                )
            }
            "Remove" => Function::new(&[Type::Strings], move |arguments| {
                let Some(Value::List(keys)) = arguments.first() else { unreachable!() };
                let gone = |key: &str| keys.iter().any(|known| known.as_str() == Some(key));
                let kept = map.iter().filter(|(key, _)| !gone(key));
                let kept = Map::new(Element::String, kept.map(|(key, value)| (key, value.clone())));
                Ok(Value::object(Self(kept)))
            }),
            _ => return None,
        })
    }
}

fn text(arguments: &[Value], index: usize) -> &str {
    arguments[index].as_str().unwrap()
}

fn int(arguments: &[Value], index: usize) -> i64 {
    let Value::Int(number) = arguments[index] else { unreachable!() };
    number
}

fn time(second: i64, nanosecond: i32) -> Value {
    Time::utc(Timestamp::new(second, nanosecond).unwrap()).into()
}

/// The dot of every template of the tables.
pub(crate) fn data() -> Value {
    Map::any(scalars().into_iter().chain(collections()).chain(objects())).into()
}

fn scalars() -> Vec<(&'static str, Value)> {
    vec![
        ("S", "hello".into()),
        ("I", 17.into()),
        ("J", (-5).into()),
        ("F", 2.5.into()),
        ("B", true.into()),
        ("N", Value::Nil),
        ("Empty", "".into()),
        ("U", "日本 <b>&'\"".into()),
        ("T", time(1_772_600_767, 89_000_000)),
        ("T2", time(1_798_219_800, 0)),
        ("Z", Time::zero().into()),
        ("D", Value::Duration(90_000_000_000)),
        ("D2", Value::Duration(3_723_456_789_000)),
        ("Big", i64::MAX.into()),
        ("Small", 1e-7.into()),
        ("Large", 1e21.into()),
        ("Mid", 123_456_789.0.into()),
    ]
}

fn collections() -> Vec<(&'static str, Value)> {
    let inner = Map::any([("y", Value::from("z"))]);
    let mixed = [("x", Value::Int(1)), ("n", Value::Nil), ("in", inner.into())];
    vec![
        ("L", List::strings(["a", "b", "c"]).into()),
        ("L0", List::strings::<&str>([]).into()),
        ("A", List::any([1.into(), "x".into(), Value::Nil, 2.5.into()]).into()),
        ("M", Map::strings([("k", "v"), ("b", "2")]).into()),
        ("M0", Map::strings::<&str, &str>([]).into()),
        ("MA", Map::any(mixed).into()),
    ]
}

fn objects() -> Vec<(&'static str, Value)> {
    let item = Item::one();
    let labels = Map::strings::<&str, &str>([]);
    let two = Item { name: "two", labels, value: 0.0, pointer: false };
    let items = [Value::object(item.clone()), Value::object(two)];
    let pairs = [("job", "node"), ("alertname", "Down"), ("a", "b")];
    let function = Function::new(&[Type::Int, Type::String], |arguments| {
        Ok(format!("{}{}", int(arguments, 0), text(arguments, 1)).into())
    });
    vec![
        ("Item", Value::object(item.clone())),
        ("Items", List::new(Element::Named("main.Item"), items).into()),
        ("P", Value::object(Item { pointer: true, ..item })),
        ("KV", Value::object(Kv(Map::strings(pairs)))),
        ("Fn", Value::Function(function)),
    ]
}

/// The functions of every template of the tables.
pub(crate) fn functions() -> Functions {
    let mut functions = Functions::new();
    functions
        .add("upper", Function::new(&[Type::String], |a| Ok(text(a, 0).to_uppercase().into())));
    functions.add(
        "join",
        Function::new(&[Type::String, Type::Strings], |arguments| {
            let Some(Value::List(list)) = arguments.get(1) else { unreachable!() };
            let parts: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
            Ok(parts.join(text(arguments, 0)).into())
        }),
    );
    functions.add(
        "list",
        Function::variadic(&[], Type::Any, |a| Ok(List::any(a.iter().cloned()).into())),
    );
    functions.add("fail", Function::new(&[], |_| Err(FunctionError::new("failed"))));
    functions.add("inc", Function::new(&[Type::Int], |a| Ok((int(a, 0) + 1).into())));
    functions.add("item", Function::new(&[], |_| Ok(Value::object(Item::one()))));
    functions.add("nothing", Function::new(&[], |_| Ok(Value::Nil)));
    typed(functions)
}

/// Functions with a parameter of each type.
fn typed(functions: Functions) -> Functions {
    functions
        .with(
            "half",
            Function::new(&[Type::Float], |arguments| {
                let Value::Float(number) = arguments[0] else { unreachable!() };
                Ok((number / 2.0).into())
            }),
        )
        .with(
            "flag",
            Function::new(&[Type::Bool], |arguments| {
                Ok(if arguments[0].is_true() { "true" } else { "false" }.into())
            }),
        )
        .with(
            "wait",
            Function::new(&[Type::Duration], |arguments| {
                let Value::Duration(duration_ns) = arguments[0] else { unreachable!() };
                Ok(regain_go_format::go_duration::format(duration_ns).into())
            }),
        )
        .with(
            "date",
            Function::new(&[Type::String, Type::Time], |arguments| {
                let Some(Value::Time(time)) = arguments.get(1) else { unreachable!() };
                Ok(time.format(text(arguments, 0)).into())
            }),
        )
        .with(
            "pair",
            Function::variadic(&[Type::String, Type::Int], Type::String, |arguments| {
                let rest: Vec<&str> = arguments.iter().skip(2).filter_map(Value::as_str).collect();
                let (first, second) = (text(arguments, 0), int(arguments, 1));
                Ok(format!("{first}{second} [{}]", rest.join(" ")).into())
            }),
        )
}
