//! serde → the browser's values.

use super::WrongForm;
use js_sys::{Array, Object, Reflect};
use serde::{
    Serialize, Serializer,
    ser::{
        SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
        SerializeTupleStruct, SerializeTupleVariant,
    },
};
use wasm_bindgen::JsValue;

/// Makes one value.
#[derive(Clone, Copy)]
pub(super) struct Writer;

type Written = Result<JsValue, WrongForm>;

/// `{name: value}`, as an enum's variant with content is written.
fn named(name: &str, value: &JsValue) -> JsValue {
    let object = Object::new();
    set(&object, &name.into(), value);
    object.into()
}

/// A plain object takes every field.
fn set(object: &Object, name: &JsValue, value: &JsValue) {
    let _ = Reflect::set(object, name, value);
}

macro_rules! numbers {
    ($($method:ident: $type:ty,)*) => {
        // JSON knows doubles only; our counts and times stay far below 2^53.
        $(fn $method(self, value: $type) -> Written { Ok(JsValue::from_f64(value as f64)) })*
    };
}

impl Serializer for Writer {
    type Ok = JsValue;
    type Error = WrongForm;
    type SerializeSeq = List;
    type SerializeTuple = List;
    type SerializeTupleStruct = List;
    type SerializeTupleVariant = List;
    type SerializeMap = Fields;
    type SerializeStruct = Fields;
    type SerializeStructVariant = Fields;

    numbers! {
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_f32: f32, serialize_f64: f64,
    }

    fn serialize_bool(self, value: bool) -> Written {
        Ok(value.into())
    }

    fn serialize_char(self, value: char) -> Written {
        Ok(value.to_string().into())
    }

    fn serialize_str(self, value: &str) -> Written {
        Ok(value.into())
    }

    fn serialize_bytes(self, _value: &[u8]) -> Written {
        Err(WrongForm)
    }

    fn serialize_none(self) -> Written {
        Ok(JsValue::NULL)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Written {
        Ok(JsValue::NULL)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Written {
        Ok(JsValue::NULL)
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Written {
        Ok(variant.into())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Written {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Written {
        Ok(named(variant, &value.serialize(self)?))
    }

    fn serialize_seq(self, _len: Option<usize>) -> Result<List, WrongForm> {
        Ok(List::new(None))
    }

    fn serialize_tuple(self, _len: usize) -> Result<List, WrongForm> {
        Ok(List::new(None))
    }

    fn serialize_tuple_struct(self, _name: &'static str, _len: usize) -> Result<List, WrongForm> {
        Ok(List::new(None))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<List, WrongForm> {
        Ok(List::new(Some(variant)))
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Fields, WrongForm> {
        Ok(Fields::new(None))
    }

    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Fields, WrongForm> {
        Ok(Fields::new(None))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Fields, WrongForm> {
        Ok(Fields::new(Some(variant)))
    }
}

/// A list under way, and the variant it belongs to.
pub(super) struct List {
    items: Array,
    variant: Option<&'static str>,
}

impl List {
    fn new(variant: Option<&'static str>) -> Self {
        Self {
            items: Array::new(),
            variant,
        }
    }

    fn push(&mut self, item: Written) -> Result<(), WrongForm> {
        self.items.push(&item?);
        Ok(())
    }

    fn done(self) -> Written {
        Ok(match self.variant {
            Some(variant) => named(variant, &self.items),
            None => self.items.into(),
        })
    }
}

/// An object under way, and the variant it belongs to.
pub(super) struct Fields {
    object: Object,
    /// The name whose value comes next, in a map.
    name: JsValue,
    variant: Option<&'static str>,
}

impl Fields {
    fn new(variant: Option<&'static str>) -> Self {
        Self {
            object: Object::new(),
            name: JsValue::UNDEFINED,
            variant,
        }
    }

    fn put(&mut self, name: &str, value: Written) -> Result<(), WrongForm> {
        set(&self.object, &name.into(), &value?);
        Ok(())
    }

    fn done(self) -> Written {
        Ok(match self.variant {
            Some(variant) => named(variant, &self.object),
            None => self.object.into(),
        })
    }
}

impl SerializeSeq for List {
    type Ok = JsValue;
    type Error = WrongForm;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WrongForm> {
        self.push(value.serialize(Writer))
    }

    fn end(self) -> Written {
        self.done()
    }
}

impl SerializeTuple for List {
    type Ok = JsValue;
    type Error = WrongForm;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WrongForm> {
        self.push(value.serialize(Writer))
    }

    fn end(self) -> Written {
        self.done()
    }
}

impl SerializeTupleStruct for List {
    type Ok = JsValue;
    type Error = WrongForm;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WrongForm> {
        self.push(value.serialize(Writer))
    }

    fn end(self) -> Written {
        self.done()
    }
}

impl SerializeTupleVariant for List {
    type Ok = JsValue;
    type Error = WrongForm;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WrongForm> {
        self.push(value.serialize(Writer))
    }

    fn end(self) -> Written {
        self.done()
    }
}

impl SerializeMap for Fields {
    type Ok = JsValue;
    type Error = WrongForm;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), WrongForm> {
        self.name = key.serialize(Writer)?;
        if self.name.is_string() {
            Ok(())
        } else {
            Err(WrongForm)
        }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WrongForm> {
        set(&self.object, &self.name, &value.serialize(Writer)?);
        Ok(())
    }

    fn end(self) -> Written {
        self.done()
    }
}

impl SerializeStruct for Fields {
    type Ok = JsValue;
    type Error = WrongForm;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), WrongForm> {
        self.put(name, value.serialize(Writer))
    }

    fn end(self) -> Written {
        self.done()
    }
}

impl SerializeStructVariant for Fields {
    type Ok = JsValue;
    type Error = WrongForm;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), WrongForm> {
        self.put(name, value.serialize(Writer))
    }

    fn end(self) -> Written {
        self.done()
    }
}
