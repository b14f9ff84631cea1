//! The compiled form of a JSON Schema, as it travels in a bundle.
//!
//! A schema is an arena of *nodes*; a node is a list of [`Check`]s, all of which an instance must
//! pass; checks refer to other nodes by index, so that `$ref` may go round in circles. The compiler
//! fills a [`SchemaImage`], `encode` writes it, [`VerifiedSchema::verify`] reads it in place once and
//! refuses whatever is not sound, and the validator of the runtime interprets a [`SchemaView`].

mod cursor;
mod encode;
mod name;
mod simple;
mod verify;
mod view;

pub use name::{Name, NameTable, head};
pub use simple::{Form, ObjectNode, SimpleNode};
pub use verify::{SchemaError, VerifiedSchema};
pub use view::{
    CheckView, Checks, ConstantMembers, ConstantView, Constants, NamedParameters, NodeList, PairSearch, Pairs,
    SchemaView, Strings, same,
};

use alloc::string::String;
use alloc::vec::Vec;

/// Bits of [`Check::Type`].
pub mod types {
    /// `null`
    pub const NULL: u32 = 1;
    /// `boolean`
    pub const BOOLEAN: u32 = 2;
    /// `number`
    pub const NUMBER: u32 = 4;
    /// `integer`: a number without a fractional part.
    pub const INTEGER: u32 = 8;
    /// `string`
    pub const STRING: u32 = 16;
    /// `array`
    pub const ARRAY: u32 = 32;
    /// `object`
    pub const OBJECT: u32 = 64;
    /// All of them.
    pub const ALL: u32 = 127;
}

/// Most nodes of one schema.
pub const MAX_NODES: u32 = 1 << 16;
/// Deepest nesting of a constant.
pub const MAX_CONSTANT_DEPTH: u32 = 64;

/// A compiled schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaImage {
    /// Nodes; each is a list of checks.
    pub nodes: Vec<Vec<Check>>,
    /// The node that arguments are validated against.
    pub root: u32,
    /// Sparse automata of regex-automata (unanchored search), serialised little-endian.
    pub automata: Vec<Vec<u8>>,
    /// Which parameters the root names.
    pub parameters: Parameters,
}

impl Default for SchemaImage {
    /// The schema that everything fits.
    fn default() -> SchemaImage {
        SchemaImage { nodes: alloc::vec![Vec::new()], root: 0, automata: Vec::new(), parameters: Parameters::default() }
    }
}

/// Which parameters the root of a schema names: what `extra refuse` goes by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parameters {
    /// Names of `properties`, sorted.
    pub names: Vec<String>,
    /// Automata of `patternProperties`.
    pub patterns: Vec<u32>,
    /// `additionalProperties` is there and is not `false`: no parameter is extra.
    pub any: bool,
}

/// Bounds on a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// `minimum`
    Minimum,
    /// `maximum`
    Maximum,
    /// `exclusiveMinimum`
    ExclusiveMinimum,
    /// `exclusiveMaximum`
    ExclusiveMaximum,
    /// `multipleOf`
    MultipleOf,
}

/// Bounds on a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// `minLength`, in code points.
    MinLength,
    /// `maxLength`, in code points.
    MaxLength,
    /// `minItems`
    MinItems,
    /// `maxItems`
    MaxItems,
    /// `minProperties`
    MinProperties,
    /// `maxProperties`
    MaxProperties,
}

/// How several schemas are combined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Combinator {
    /// `allOf`
    All,
    /// `anyOf`
    Any,
    /// `oneOf`
    One,
}

/// One thing an instance must satisfy. Numbers are exact, in units of 10^-18; nodes and automata are
/// rows of the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// Nothing fits: the schema `false`.
    Never,
    /// `type`: bits of [`types`].
    Type(u32),
    /// A number that is integral must lie between these, inclusive.
    IntegerRange(i128, i128),
    /// `enum` and `const`.
    Enum(Vec<Constant>),
    /// A bound on numbers.
    Bound(Bound, i128),
    /// A bound on lengths and counts.
    Size(Size, u32),
    /// `pattern`
    Pattern(u32),
    /// `uniqueItems`
    UniqueItems,
    /// `prefixItems`, then `items` for the rest.
    Items {
        /// Schemas of the first elements.
        prefix: Vec<u32>,
        /// Schema of all further elements.
        rest: Option<u32>,
    },
    /// `contains`, `minContains`, `maxContains`.
    Contains {
        /// What is looked for.
        node: u32,
        /// At least so many.
        min: u32,
        /// At most so many.
        max: Option<u32>,
    },
    /// `properties`, `patternProperties`, `additionalProperties`.
    Members {
        /// By name, sorted.
        properties: Vec<(String, u32)>,
        /// By pattern: automaton and node.
        patterns: Vec<(u32, u32)>,
        /// Members that neither names.
        additional: Option<u32>,
    },
    /// `required`
    Required(Vec<String>),
    /// `propertyNames`
    PropertyNames(u32),
    /// `dependentRequired`: when the first is there, the others must be.
    DependentRequired(String, Vec<String>),
    /// `dependentSchemas`
    DependentSchema(String, u32),
    /// `$ref`
    Ref(u32),
    /// `allOf`, `anyOf`, `oneOf`
    Combine(Combinator, Vec<u32>),
    /// `not`
    Not(u32),
    /// `if`, `then`, `else`
    If {
        /// `if`
        condition: u32,
        /// `then`
        then: Option<u32>,
        /// `else`
        otherwise: Option<u32>,
    },
}

/// A JSON value of `enum` or `const`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Constant {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// In units of 10^-18.
    Number(i128),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Constant>),
    /// An object: distinct keys.
    Object(Vec<(String, Constant)>),
}
