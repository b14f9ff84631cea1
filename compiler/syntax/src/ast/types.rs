//! Types.

use super::names::{Ident, Name, StringLiteral};
use super::support::{self, ast_enum, ast_nodes};

ast_nodes! {
    /// `string`
    TypeName,
    /// `set<T>`
    TypeGeneric,
    /// `{name: T}`
    TypeRecord,
    /// `name: T` in a record type, in `claims` or in `context`.
    TypeField,
    /// `"low"`: one value of a string enum.
    TypeString,
    /// `A | B`
    TypeUnion,
    /// `T?`
    TypeOptional,
}

ast_enum! {
    /// A type.
    Type {
        /// `string`
        Name(TypeName),
        /// `set<T>`
        Generic(TypeGeneric),
        /// `{name: T}`
        Record(TypeRecord),
        /// `"low"`
        String(TypeString),
        /// `A | B`
        Union(TypeUnion),
        /// `T?`
        Optional(TypeOptional),
    }
}

impl TypeName {
    /// The name.
    pub fn name(&self) -> Option<Ident> {
        support::first_ident(&self.0)
    }
}

impl TypeGeneric {
    /// `list`, `set` or `map`, or what else was written.
    pub fn name(&self) -> Option<Ident> {
        support::first_ident(&self.0)
    }

    /// The type of the elements.
    pub fn element(&self) -> Option<Type> {
        support::child(&self.0)
    }
}

impl TypeRecord {
    /// The fields.
    pub fn fields(&self) -> Vec<TypeField> {
        support::children(&self.0)
    }
}

impl TypeField {
    /// The name, quoted or not.
    pub fn name(&self) -> Option<Ident> {
        support::child::<Name>(&self.0)?.ident()
    }

    /// The type.
    pub fn ty(&self) -> Option<Type> {
        support::child(&self.0)
    }
}

impl TypeString {
    /// The value.
    pub fn string(&self) -> Option<StringLiteral> {
        support::first_string(&self.0)
    }
}

impl TypeUnion {
    /// The members, two or more.
    pub fn members(&self) -> Vec<Type> {
        support::children(&self.0)
    }
}

impl TypeOptional {
    /// What may be absent.
    pub fn inner(&self) -> Option<Type> {
        support::child(&self.0)
    }
}
