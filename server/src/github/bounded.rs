//! Parts of events that may be as large as a whole body, read so that no more is held than is used.
//!
//! A list of small values takes ten times the memory of its text.

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

/// Of how many values a value may be made that is held.
const VALUES: usize = 2_000;
/// How many paths of one list are held.
const PATHS: usize = 16;
/// The paths that anybody here asks for lie in this folder.
const ASKED_FOR: &str = ".github/";

/// A value as it is; nothing where it is a large one.
pub(super) fn small_value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    let left = Cell::new(VALUES);
    let value = Small(&left).deserialize(deserializer)?;
    Ok(if left.get() == 0 { Value::Null } else { value })
}

/// A text; nothing where something else stands in its place.
pub(super) fn text_or_nothing<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Cow<'de, str>>, D::Error> {
    let left = Cell::new(1);
    Ok(match Small(&left).deserialize(deserializer)? {
        Value::String(text) => Some(Cow::Owned(text)),
        _ => None,
    })
}

/// At most so many of a list; the others are read and dropped.
pub(super) fn first<'de, D: Deserializer<'de>, T: Deserialize<'de>, const MOST: usize>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    struct First<T, const MOST: usize>(std::marker::PhantomData<T>);
    impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for First<T, MOST> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
            let mut first = Vec::new();
            while first.len() < MOST {
                match list.next_element()? {
                    Some(element) => first.push(element),
                    None => return Ok(first),
                }
            }
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(first)
        }
    }
    deserializer.deserialize_seq(First::<T, MOST>(std::marker::PhantomData))
}

/// The paths of a list that anybody asks for.
#[derive(Debug, Default)]
pub struct Paths {
    held: Vec<String>,
    /// Whether there were too many to hold.
    more: bool,
}

impl Paths {
    /// Whether one of them may be like this.
    pub(super) fn may_have(&self, wanted: impl Fn(&str) -> bool) -> bool {
        self.more || self.held.iter().any(|path| wanted(path))
    }
}

impl<'de> Deserialize<'de> for Paths {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Paths;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of paths")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Paths, A::Error> {
                let mut paths = Paths::default();
                while let Some(AskedFor(path)) = list.next_element()? {
                    match path {
                        Some(path) if paths.held.len() < PATHS => paths.held.push(path),
                        Some(_) => paths.more = true,
                        None => {}
                    }
                }
                Ok(paths)
            }
        }
        deserializer.deserialize_seq(List)
    }
}

struct AskedFor(Option<String>);

impl<'de> Deserialize<'de> for AskedFor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Path;
        impl Visitor<'_> for Path {
            type Value = AskedFor;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a path")
            }

            fn visit_str<E: Error>(self, path: &str) -> Result<AskedFor, E> {
                Ok(AskedFor(path.starts_with(ASKED_FOR).then(|| path.to_owned())))
            }
        }
        deserializer.deserialize_str(Path)
    }
}

/// A value, of as many as are left. Where none is, it is read and dropped.
struct Small<'a>(&'a Cell<usize>);

impl Small<'_> {
    fn one(&self, value: impl Into<Value>) -> Value {
        self.0.set(self.0.get().saturating_sub(1));
        value.into()
    }
}

impl<'de> DeserializeSeed<'de> for Small<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Small<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(self.one(Value::Null))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(self.one(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(self.one(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(self.one(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(self.one(value))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(self.one(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        self.one(Value::Null);
        let mut values = Vec::new();
        while self.0.get() > 0 {
            match list.next_element_seed(Small(self.0))? {
                Some(value) => values.push(value),
                None => return Ok(Value::Array(values)),
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Null)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        self.one(Value::Null);
        let mut values = Map::new();
        while self.0.get() > 0 {
            let Some(key) = map.next_key::<String>()? else { return Ok(Value::Object(values)) };
            values.insert(key, map.next_value_seed(Small(self.0))?);
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Read<'a> {
        #[serde(default, deserialize_with = "small_value")]
        value: Value,
        #[serde(borrow, default, deserialize_with = "text_or_nothing")]
        text: Option<Cow<'a, str>>,
        #[serde(default, deserialize_with = "first::<_, _, 3>")]
        list: Vec<u8>,
        #[serde(default)]
        paths: Paths,
    }

    #[test]
    fn what_is_small_is_read_and_what_is_large_is_dropped() {
        let read = |text: &str| {
            serde_json::from_str::<Read>(text).map(|it| (it.value, it.text.map(Cow::into_owned)))
        };
        let small = r#"{"a":[1,-2,0.5,null,true,"x"],"b":{}}"#;
        let value = serde_json::from_str::<Value>(small).unwrap();
        assert_eq!(read(&format!(r#"{{"value":{small}}}"#)).unwrap().0, value);
        for large in
            [format!("[{}1]", "[],".repeat(1_000_000)), format!("{{{}\"\":1}}", "\"\":{},".repeat(100_000))]
        {
            let (value, text) = read(&format!(r#"{{"value":{large},"text":"after"}}"#)).unwrap();
            assert_eq!((value, text.as_deref()), (Value::Null, Some("after")));
            let (value, text) = read(&format!(r#"{{"text":{large},"value":7}}"#)).unwrap();
            assert_eq!((value, text), (Value::from(7), None));
        }
        for other in ["null", "7", "true", "{}", "[]", r#"["x"]"#] {
            assert_eq!(read(&format!(r#"{{"text":{other}}}"#)).unwrap().1, None, "{other}");
        }
        assert_eq!(read(r#"{"text":"a\"b"}"#).unwrap().1.as_deref(), Some("a\"b"));
        assert!(read(r#"{"value":[1,}"#).is_err());
    }

    #[test]
    fn of_lists_only_what_is_asked_for_is_held() {
        let read: Read = serde_json::from_str(r#"{"list":[1,2,3,4,5],"paths":["a/b",".github/x"]}"#).unwrap();
        assert_eq!((read.list, read.paths.held.len()), (vec![1, 2, 3], 1));
        assert!(
            read.paths.may_have(|path| path == ".github/x") && !read.paths.may_have(|path| path == "a/b")
        );
        let many = vec![".github/workflows/x"; PATHS + 1];
        let text = serde_json::json!({ "paths": many }).to_string();
        let read: Read = serde_json::from_str(&text).unwrap();
        assert_eq!(read.paths.held.len(), PATHS);
        assert!(read.paths.may_have(|path| path == ".github/towpath.yml"), "it may be among the others");
    }
}
