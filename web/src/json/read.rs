//! The browser's values → serde.

use super::{WrongForm, field};
use js_sys::{Array, Object};
use serde::{
    Deserializer,
    de::{
        DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess,
        Visitor, value::U32Deserializer,
    },
    forward_to_deserialize_any,
};
use wasm_bindgen::{JsCast, JsValue};

/// One value of the browser's.
pub(super) struct Reader(pub(super) JsValue);

/// The largest whole number that a double holds without a doubt.
const LARGEST: f64 = 9_007_199_254_740_991.0;

impl Reader {
    fn items(&self) -> Result<Items, WrongForm> {
        let array = self.0.dyn_ref::<Array>().ok_or(WrongForm)?;
        Ok(Items {
            array: array.clone(),
            next: 0,
        })
    }

    fn as_whole(&self) -> Option<u64> {
        let number = self.as_f64()?;
        (number >= 0.0 && number.fract() == 0.0 && number <= LARGEST).then_some(number as u64)
    }

    fn as_whole_signed(&self) -> Option<i64> {
        let number = self.as_f64()?;
        (number.fract() == 0.0 && number.abs() <= LARGEST).then_some(number as i64)
    }

    fn as_f64(&self) -> Option<f64> {
        self.0.as_f64()
    }

    fn as_bool(&self) -> Option<bool> {
        self.0.as_bool()
    }

    fn as_string(&self) -> Option<String> {
        self.0.as_string()
    }

    fn entries(&self) -> Result<Entries, WrongForm> {
        let object = self.0.dyn_ref::<Object>().ok_or(WrongForm)?;
        Ok(Entries {
            entries: Object::entries(object),
            next: 0,
            value: JsValue::UNDEFINED,
        })
    }
}

macro_rules! numbers {
    ($($($method:ident),+ => $read:ident, $visit:ident;)*) => {
        $($(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WrongForm> {
            visitor.$visit(self.$read().ok_or(WrongForm)?)
        })+)*
    };
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
            Some(_) => visitor.visit_seq(self.items()?),
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
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, WrongForm> {
        visitor.visit_seq(Fields::of(self.0, fields)?)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, WrongForm> {
        visitor.visit_enum(Variant::of(self.0, variants)?)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WrongForm> {
        visitor.visit_unit()
    }

    numbers! {
        deserialize_u8, deserialize_u16, deserialize_u32, deserialize_u64 => as_whole, visit_u64;
        deserialize_i8, deserialize_i16, deserialize_i32, deserialize_i64 => as_whole_signed, visit_i64;
        deserialize_f32, deserialize_f64 => as_f64, visit_f64;
        deserialize_bool => as_bool, visit_bool;
        deserialize_string => as_string, visit_string;
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WrongForm> {
        visitor.visit_str(&self.0.as_string().ok_or(WrongForm)?)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WrongForm> {
        self.deserialize_str(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WrongForm> {
        visitor.visit_seq(self.items()?)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, WrongForm> {
        visitor.visit_seq(self.items()?)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WrongForm> {
        visitor.visit_map(self.entries()?)
    }

    forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct tuple_struct
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

/// The fields of a struct, in the order in which it declares them: so no name is compared, and derived readers take
/// each value as the next of a list.
struct Fields {
    object: JsValue,
    names: std::slice::Iter<'static, &'static str>,
}

impl Fields {
    fn of(object: JsValue, names: &'static [&'static str]) -> Result<Self, WrongForm> {
        if !object.is_object() {
            return Err(WrongForm);
        }
        let names = names.iter();
        Ok(Self { object, names })
    }
}

impl<'de> SeqAccess<'de> for Fields {
    type Error = WrongForm;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, WrongForm> {
        let name = self.names.next().ok_or(WrongForm)?;
        let value = field(&self.object, name);
        let absent = value.is_undefined();
        match seed.deserialize(Reader(value)) {
            Ok(value) => Ok(Some(value)),
            // Its default, where it has one.
            Err(WrongForm) if absent => Ok(None),
            Err(WrongForm) => Err(WrongForm),
        }
    }
}

/// A variant, by its place among those there are.
struct Variant {
    place: u32,
    value: JsValue,
}

impl Variant {
    /// A bare name, or an object whose only field is named so.
    fn of(value: JsValue, names: &'static [&'static str]) -> Result<Self, WrongForm> {
        let (name, value) = if value.is_string() {
            (value, JsValue::UNDEFINED)
        } else {
            let entries = Object::entries(value.dyn_ref().ok_or(WrongForm)?);
            let pair: Array = entries.get(0).dyn_into().map_err(|_| WrongForm)?;
            (pair.get(0), pair.get(1))
        };
        let name = name.as_string().ok_or(WrongForm)?;
        let place = names.iter().position(|known| *known == name);
        let place = place.ok_or(WrongForm)? as u32;
        Ok(Self { place, value })
    }
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = WrongForm;
    type Variant = Reader;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Reader), WrongForm> {
        let place: U32Deserializer<WrongForm> = self.place.into_deserializer();
        Ok((seed.deserialize(place)?, Reader(self.value)))
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
        self.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, WrongForm> {
        self.deserialize_struct("", fields, visitor)
    }
}
