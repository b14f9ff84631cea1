//! Typed data of a bundle, and its replacement at run time.

use crate::json::{Buffers, Document, JsonFault, Kind, Limits, NodeId};
use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::vec::Vec;
use mcpz_bytecode::ids::{ConstantId, DataId, TypeId};
use mcpz_bytecode::image::{BundleImage, Constant, ConstantNode, Constants, TypeImage};
use mcpz_bytecode::value::{Decimal, host, net, path, time};
use mcpz_bytecode::{ErrorCode, Program};

/// A constant: a table and a row of it.
#[derive(Debug, Clone, Copy)]
pub struct ConstantRef<'a> {
    /// The table.
    pub table: &'a Constants,
    /// The row.
    pub id: ConstantId,
}

impl<'a> ConstantRef<'a> {
    /// The constant; a row that is not there is null, which the verifier rules out.
    pub fn get(self) -> ConstantNode<'a> {
        self.table.get(self.id.index()).unwrap_or(ConstantNode::Null)
    }

    /// Another row of the same table.
    pub fn row(self, id: ConstantId) -> Self {
        Self { id, ..self }
    }
}

/// Data that stands in place of what the bundle was built with.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DataSet {
    /// `None` where a replacement was refused: reading it is the error `data`.
    values: BTreeMap<DataId, Option<Replacement>>,
    stamp: u64,
}

/// One replaced value.
#[derive(Debug, Clone, PartialEq)]
struct Replacement {
    table: Constants,
    root: ConstantId,
}

/// Why data is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataError {
    /// The bundle declares no data of this name.
    UnknownName,
    /// The text is not acceptable JSON.
    Json(JsonFault),
    /// The value does not fit the declared type; the code says how.
    Value(ErrorCode),
}

impl DataSet {
    /// Replaces the data of this name by a JSON text, checked against the declared type. A text that is
    /// refused leaves the data unfit: rules that read it are in error until it is replaced again, for what
    /// the bundle was built with is not what the caller meant.
    pub fn replace(&mut self, program: &Program, name: &str, text: &[u8]) -> Result<(), DataError> {
        let image = program.image();
        let row = image.data.iter().position(|data| data.name == name).ok_or(DataError::UnknownName)?;
        let ty = image.data.get(row).map(|data| data.ty).ok_or(DataError::UnknownName)?;
        self.values.insert(DataId::new(row), None);
        self.stamp = stamped(stamped(self.stamp, name.as_bytes()), text);
        let mut buffers = Buffers::new();
        let document = buffers.read(text, &Limits::DEFAULT).map_err(DataError::Json)?;
        let mut reader = Reader { image, document, table: Constants::default() };
        let root = reader.read(document.root(), ty).map_err(DataError::Value)?;
        self.values.insert(DataId::new(row), Some(Replacement { table: reader.table, root }));
        Ok(())
    }

    /// A number that tells sets of data apart, so that nothing resolved with one is used with another.
    pub fn stamp(&self) -> u64 {
        self.stamp
    }

    /// The value of a data declaration: replaced, or as built. [`ErrorCode::Data`] when a replacement
    /// was refused.
    pub fn get<'a>(&'a self, program: &'a Program, data: DataId) -> Result<ConstantRef<'a>, ErrorCode> {
        if let Some(replacement) = self.values.get(&data) {
            let replacement = replacement.as_ref().ok_or(ErrorCode::Data)?;
            return Ok(ConstantRef { table: &replacement.table, id: replacement.root });
        }
        let image = program.image();
        let row = image.data.get(data.index()).ok_or(ErrorCode::Internal)?;
        Ok(ConstantRef { table: &image.constants, id: row.value })
    }
}

/// FNV-1a over a stamp and what follows it.
fn stamped(stamp: u64, bytes: &[u8]) -> u64 {
    let start = stamp ^ 0xcbf2_9ce4_8422_2325;
    let sum = bytes.iter().fold(start, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    sum.rotate_left(7)
}

/// Turns JSON into constants of a type. Depth is bounded by the JSON reader.
struct Reader<'a> {
    image: &'a BundleImage,
    document: Document<'a>,
    table: Constants,
}

impl Reader<'_> {
    /// The row of a value.
    fn read(&mut self, node: NodeId, ty: TypeId) -> Result<ConstantId, ErrorCode> {
        let ty = self.image.types.get(ty.index()).ok_or(ErrorCode::Internal)?;
        let constant = match ty {
            TypeImage::Optional(_) if self.document.is_null(node) => Constant::Null,
            TypeImage::Optional(of) => return self.read(node, *of),
            TypeImage::Union(members) => return self.read_union(node, members),
            TypeImage::List(of) => Constant::List(self.elements(node, *of)?),
            TypeImage::Set(of) => Constant::Set(self.elements(node, *of)?),
            TypeImage::Map(_) | TypeImage::Record(_) => self.record(node, ty)?,
            TypeImage::Json => self.any(node)?,
            TypeImage::Null if self.document.is_null(node) => Constant::Null,
            scalar => self.scalar(node, scalar)?,
        };
        self.table.push(&constant);
        Ok(ConstantId::new(self.table.len().saturating_sub(1)))
    }

    /// The first member that the value fits.
    fn read_union(&mut self, node: NodeId, members: &[TypeId]) -> Result<ConstantId, ErrorCode> {
        let mut worst = ErrorCode::Type;
        for member in members {
            match self.read(node, *member) {
                Ok(id) => return Ok(id),
                Err(code) => worst = worst.min(code),
            }
        }
        Err(worst)
    }

    /// Elements of an array.
    fn elements(&mut self, node: NodeId, of: TypeId) -> Result<Vec<ConstantId>, ErrorCode> {
        if self.document.kind(node) != Kind::Array {
            return Err(ErrorCode::Type);
        }
        let document = self.document;
        document.elements(node).map(|element| self.read(element, of)).collect()
    }

    /// Members of an object, sorted by key.
    fn record(&mut self, node: NodeId, ty: &TypeImage) -> Result<Constant, ErrorCode> {
        if self.document.kind(node) != Kind::Object {
            return Err(ErrorCode::Type);
        }
        let document = self.document;
        let mut fields = Vec::new();
        for (key, member) in document.members(node) {
            let of = field_type(self.image, ty, key).ok_or(ErrorCode::Type)?;
            fields.push((key.to_string(), self.read(member, of)?));
        }
        fields.sort();
        if let TypeImage::Record(declared) = ty {
            for (symbol, of) in declared {
                let optional = matches!(self.image.types.get(of.index()), Some(TypeImage::Optional(_)));
                let name = self.image.symbols.get(symbol.index()).ok_or(ErrorCode::Internal)?;
                if !optional && !fields.iter().any(|(key, _)| key == name) {
                    return Err(ErrorCode::Missing);
                }
            }
        }
        Ok(Constant::Record(fields))
    }

    /// Any JSON value.
    fn any(&mut self, node: NodeId) -> Result<Constant, ErrorCode> {
        Ok(match self.document.kind(node) {
            Kind::Null => Constant::Null,
            Kind::Array => {
                let document = self.document;
                let mut rows = Vec::new();
                for element in document.elements(node) {
                    let constant = self.any(element)?;
                    self.table.push(&constant);
                    rows.push(ConstantId::new(self.table.len().saturating_sub(1)));
                }
                Constant::List(rows)
            }
            Kind::Object => {
                let document = self.document;
                let mut fields = Vec::new();
                for (key, member) in document.members(node) {
                    let constant = self.any(member)?;
                    self.table.push(&constant);
                    fields.push((key.to_string(), ConstantId::new(self.table.len().saturating_sub(1))));
                }
                fields.sort();
                Constant::Record(fields)
            }
            Kind::Bool => self.scalar(node, &TypeImage::Bool)?,
            Kind::Number => self.scalar(node, &TypeImage::Decimal)?,
            Kind::String => self.scalar(node, &TypeImage::String)?,
        })
    }

    /// A scalar of its type.
    fn scalar(&self, node: NodeId, ty: &TypeImage) -> Result<Constant, ErrorCode> {
        match ty {
            TypeImage::Bool => self.document.bool(node).map(Constant::Bool).ok_or(ErrorCode::Type),
            TypeImage::Int => {
                let whole = self.document.integer(node).ok_or(ErrorCode::Type)?;
                let value = i64::try_from(whole).map_err(|_| ErrorCode::Range)?;
                Ok(Constant::Number(Decimal::from_int(value).units()))
            }
            TypeImage::Decimal => {
                let units = self.document.number(node).ok_or(ErrorCode::Type)?;
                Decimal::from_units(units).map(|value| Constant::Number(value.units()))
            }
            textual => textual_constant(self.document.str(node).ok_or(ErrorCode::Type)?, textual),
        }
    }
}

/// The declared type of a field of a record or map; `None` when there is none.
fn field_type(image: &BundleImage, ty: &TypeImage, key: &str) -> Option<TypeId> {
    match ty {
        TypeImage::Map(of) => Some(*of),
        TypeImage::Record(fields) => fields
            .iter()
            .find(|(symbol, _)| image.symbols.get(symbol.index()).is_some_and(|name| name == key))
            .map(|(_, of)| *of),
        _ => None,
    }
}

/// A constant written as a string.
fn textual_constant(text: &str, ty: &TypeImage) -> Result<Constant, ErrorCode> {
    Ok(match ty {
        TypeImage::String => Constant::String(text.into()),
        TypeImage::Bytes => Constant::Bytes(text.into()),
        TypeImage::Enum(names) if names.iter().any(|name| name == text) => Constant::String(text.into()),
        TypeImage::Duration => Constant::Duration(time::parse_duration(text)?),
        TypeImage::Instant => Constant::Instant(time::parse_instant(text)?),
        TypeImage::Date => Constant::Date(time::parse_date(text)?),
        TypeImage::Time => Constant::Time(time::parse_time(text)?),
        TypeImage::Weekday => Constant::Weekday(time::parse_weekday(text)?),
        TypeImage::Ip => Constant::Ip(net::parse_ip(text)?),
        TypeImage::Net => {
            let (address, length) = net::parse_net(text)?;
            Constant::Net(address, length)
        }
        TypeImage::Host => Constant::Host(host::parse_host(text)?.as_ref().into()),
        TypeImage::Url => Constant::Url(alloc::boxed::Box::new(crate::natives::url::parse_url(text)?)),
        TypeImage::Path => Constant::Path(path::parse_path(text)?.into()),
        _ => return Err(ErrorCode::Type),
    })
}
