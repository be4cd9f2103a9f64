//! A field of a PATCH: absent keeps, null clears, a value sets.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};

/// What a PATCH says about one field. Give the field `#[serde(default)]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// Nothing: keep it.
    #[default]
    Absent,
    /// `null`: clear it.
    Null,
    /// Set it to this.
    Value(T),
}

impl<T> Patch<T> {
    /// Changes `slot` as the PATCH says; `null` makes it the default.
    pub fn apply(self, slot: &mut T)
    where
        T: Default,
    {
        match self {
            Patch::Absent => {}
            Patch::Null => *slot = T::default(),
            Patch::Value(value) => *slot = value,
        }
    }

    /// Changes an optional `slot` as the PATCH says.
    pub fn apply_optional(self, slot: &mut Option<T>) {
        match self {
            Patch::Absent => {}
            Patch::Null => *slot = None,
            Patch::Value(value) => *slot = Some(value),
        }
    }

    /// The same where there is nothing to clear: `null` says nothing.
    pub fn without_null(self) -> Patch<T> {
        match self {
            Patch::Null => Patch::Absent,
            said => said,
        }
    }

    /// The same with another value inside.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Patch<U> {
        match self {
            Patch::Absent => Patch::Absent,
            Patch::Null => Patch::Null,
            Patch::Value(value) => Patch::Value(change(value)),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<T>::deserialize(deserializer)?.map_or(Patch::Null, Patch::Value))
    }
}

/// Nullable; not required, because the field has a serde default. (The default itself, "absent", has no
/// JSON form, so it is not announced.)
impl<T: JsonSchema> JsonSchema for Patch<T> {
    fn inline_schema() -> bool {
        Option::<T>::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        Option::<T>::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        Option::<T>::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Option::<T>::json_schema(generator)
    }
}

/// What a PATCH says about a field that cannot be cleared. Give the field `#[serde(default)]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Set<T> {
    /// Nothing: keep it.
    #[default]
    Absent,
    /// Set it to this.
    Value(T),
}

impl<T> Set<T> {
    /// The new value, if there is one.
    pub fn value(self) -> Option<T> {
        match self {
            Set::Absent => None,
            Set::Value(value) => Some(value),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Set<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Set::Value)
    }
}

/// Not nullable; not required, because the field has a serde default.
impl<T: JsonSchema> JsonSchema for Set<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    struct Change {
        #[serde(default)]
        name: Patch<String>,
    }

    fn read(json: &str) -> Patch<String> {
        serde_json::from_str::<Change>(json).unwrap().name
    }

    // behaviour A3
    #[test]
    fn absent_keeps_null_clears_and_a_value_sets() {
        let mut name = Some("old".to_owned());
        read("{}").apply_optional(&mut name);
        assert_eq!(name.as_deref(), Some("old"));
        read(r#"{"name":"new"}"#).apply_optional(&mut name);
        assert_eq!(name.as_deref(), Some("new"));
        read(r#"{"name":null}"#).apply_optional(&mut name);
        assert_eq!(name, None);

        let mut plain = "old".to_owned();
        read(r#"{"name":null}"#).apply(&mut plain);
        assert_eq!(plain, "");
    }

    #[test]
    fn what_cannot_be_cleared_refuses_null() {
        #[derive(Debug, Deserialize, JsonSchema)]
        struct Change {
            #[serde(default)]
            url: Set<String>,
        }
        let read = |json| serde_json::from_str::<Change>(json).map(|change| change.url.value());
        assert_eq!(read("{}").unwrap(), None);
        assert_eq!(read(r#"{"url":"x"}"#).unwrap().as_deref(), Some("x"));
        assert!(read(r#"{"url":null}"#).is_err());
        let schema = schemars::schema_for!(Change).to_value();
        assert_eq!(schema["properties"]["url"], serde_json::json!({"type": "string"}));
    }

    #[test]
    fn the_schema_says_nullable_and_not_required() {
        let schema = schemars::schema_for!(Change).to_value();
        assert_eq!(schema["properties"]["name"], serde_json::json!({"type": ["string", "null"]}));
        assert!(schema.get("required").is_none(), "{schema}");
    }
}
