//! Query parameters as a deserializer: names with their values, where a list is repeated or separated by commas.

use std::collections::BTreeMap;

use serde::de::value::{MapDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

/// Why a parameter cannot be read.
pub(crate) type Error = serde::de::value::Error;

/// The values of one parameter.
#[derive(Debug, Clone, Default)]
pub(crate) struct Values(Vec<String>);

/// The parameters of a query by name.
pub(crate) fn parse(query: &str) -> BTreeMap<String, Values> {
    let mut parameters = BTreeMap::<String, Values>::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        parameters
            .entry(name.into_owned())
            .or_default()
            .0
            .push(value.into_owned());
    }
    parameters
}

pub(crate) fn deserializer(
    parameters: BTreeMap<String, Values>,
) -> MapDeserializer<'static, std::collections::btree_map::IntoIter<String, Values>, Error> {
    MapDeserializer::new(parameters.into_iter())
}

impl Values {
    fn one(&self) -> Result<&str, Error> {
        match self.0.as_slice() {
            [one] => Ok(one),
            _ => Err(Error::custom("must be given only once")),
        }
    }

    fn number<T: std::str::FromStr>(&self) -> Result<T, Error> {
        let text = self.one()?;
        text.parse()
            .map_err(|_| Error::custom(format!("`{text}` is not a whole number")))
    }
}

impl IntoDeserializer<'_> for Values {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Values {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str(self.one()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        // A parameter that is there has a value; one that is not never comes here.
        visitor.visit_some(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let items = self.0.iter().flat_map(|value| value.split(','));
        let items: Vec<Self> = items
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(|item| Self(vec![item.to_owned()]))
            .collect();
        visitor.visit_seq(SeqDeserializer::new(items.into_iter()))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.one()? {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            other => Err(Error::custom(format!(
                "`{other}` is neither true nor false"
            ))),
        }
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_i64(self.number()?)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_u64(self.number()?)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let word: StrDeserializer<'_, Error> = self.one()?.into_deserializer();
        word.deserialize_enum(name, variants, visitor)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 u8 u16 u32 i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple
        tuple_struct map struct identifier ignored_any
    }
}
