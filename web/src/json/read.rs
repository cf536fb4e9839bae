//! The browser's values → serde.

use super::WrongForm;
use js_sys::{Array, Object};
use serde::{
    Deserializer,
    de::{DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor},
    forward_to_deserialize_any,
};
use wasm_bindgen::{JsCast, JsValue};

/// One value of the browser's.
pub(super) struct Reader(pub(super) JsValue);

/// The largest whole number that a double holds without a doubt.
const LARGEST: f64 = 9_007_199_254_740_991.0;

impl Reader {
    fn entries(&self) -> Result<Entries, WrongForm> {
        let object = self.0.dyn_ref::<Object>().ok_or(WrongForm)?;
        Ok(Entries {
            entries: Object::entries(object),
            next: 0,
            value: JsValue::UNDEFINED,
        })
    }
}

impl<'de> Deserializer<'de> for Reader {
    type Error = WrongForm;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WrongForm> {
        if let Some(text) = self.0.as_string() {
            return visitor.visit_string(text);
        }
        if let Some(number) = self.0.as_f64() {
            return if number.fract() != 0.0 || number.abs() > LARGEST {
                visitor.visit_f64(number)
            } else if number < 0.0 {
                visitor.visit_i64(number as i64)
            } else {
                visitor.visit_u64(number as u64)
            };
        }
        if let Some(yes) = self.0.as_bool() {
            return visitor.visit_bool(yes);
        }
        if self.0.is_null() || self.0.is_undefined() {
            return visitor.visit_unit();
        }
        match self.0.dyn_ref::<Array>() {
            Some(array) => visitor.visit_seq(Items {
                array: array.clone(),
                next: 0,
            }),
            None => visitor.visit_map(self.entries()?),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WrongForm> {
        if self.0.is_null() || self.0.is_undefined() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, WrongForm> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, WrongForm> {
        visitor.visit_map(self.entries()?)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, WrongForm> {
        if self.0.is_string() {
            let value = JsValue::UNDEFINED;
            return visitor.visit_enum(Variant {
                name: self.0,
                value,
            });
        }
        let mut entries = self.entries()?;
        let name = entries.advance().ok_or(WrongForm)?;
        visitor.visit_enum(Variant {
            name,
            value: entries.value,
        })
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WrongForm> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier
    }
}

struct Items {
    array: Array,
    next: u32,
}

impl<'de> SeqAccess<'de> for Items {
    type Error = WrongForm;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, WrongForm> {
        if self.next >= self.array.length() {
            return Ok(None);
        }
        self.next += 1;
        seed.deserialize(Reader(self.array.get(self.next - 1)))
            .map(Some)
    }
}

struct Entries {
    /// Pairs of name and value.
    entries: Array,
    next: u32,
    /// The value of the name that was told last.
    value: JsValue,
}

impl Entries {
    fn advance(&mut self) -> Option<JsValue> {
        if self.next >= self.entries.length() {
            return None;
        }
        let pair: Array = self.entries.get(self.next).unchecked_into();
        self.next += 1;
        self.value = pair.get(1);
        Some(pair.get(0))
    }
}

impl<'de> MapAccess<'de> for Entries {
    type Error = WrongForm;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, WrongForm> {
        match self.advance() {
            Some(name) => seed.deserialize(Reader(name)).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, WrongForm> {
        seed.deserialize(Reader(std::mem::replace(
            &mut self.value,
            JsValue::UNDEFINED,
        )))
    }
}

struct Variant {
    name: JsValue,
    value: JsValue,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = WrongForm;
    type Variant = Reader;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Reader), WrongForm> {
        Ok((seed.deserialize(Reader(self.name))?, Reader(self.value)))
    }
}

impl<'de> VariantAccess<'de> for Reader {
    type Error = WrongForm;

    fn unit_variant(self) -> Result<(), WrongForm> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, WrongForm> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, WrongForm> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, WrongForm> {
        self.deserialize_any(visitor)
    }
}
