//! Unions, joins and meets of types, in one normal form.
//!
//! *Normal form of a union*: flat, sorted, without duplicates, at most one member of each
//! composite kind (enum, list, set, map, range, record: two of one kind are merged), `string`
//! absorbs enums, `decimal` absorbs `int`, `json` absorbs everything, `null` becomes `?`.
//!
//! A *place* is a spot in a JSON document. A place of type `path` or `url` holds a JSON string that
//! is parsed when read, so that the join of two places of different text types is `string`; the
//! join of two computed values is not.

use super::{RecordType, Type};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// How text types that differ are joined.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TextJoin {
    /// They stay members of a union.
    Keep,
    /// They become `string`.
    Fold,
}

impl Type {
    /// The union of `members` in normal form. The empty union is `null`: nothing else fits it.
    pub fn union(members: impl IntoIterator<Item = Type>) -> Type {
        union_of(members.into_iter().collect(), TextJoin::Keep)
    }

    /// The least type that holds the values of both.
    pub fn join(&self, other: &Type) -> Type {
        union_of(vec![self.clone(), other.clone()], TextJoin::Keep)
    }

    /// The join of two places of a document: text types that differ become `string`.
    pub fn join_places(&self, other: &Type) -> Type {
        union_of(vec![self.clone(), other.clone()], TextJoin::Fold)
    }

    /// The values that both hold; `None` when there can be none.
    pub fn meet(&self, other: &Type) -> Option<Type> {
        meet(self, other)
    }

    /// Whether a JSON string carries values of this type in a document.
    pub fn is_text_place(&self) -> bool {
        matches!(
            self,
            Type::String
                | Type::Bytes
                | Type::Duration
                | Type::Instant
                | Type::Date
                | Type::Time
                | Type::Weekday
                | Type::Ip
                | Type::Net
                | Type::Host
                | Type::Url
                | Type::Path
                | Type::Enum(_)
        )
    }
}

impl RecordType {
    /// What is known of `args` when a rule has several targets: a field that some lack is
    /// optional, the types of a shared field join. Language document, section 6.
    pub fn join_places(&self, other: &RecordType) -> RecordType {
        join_records(self.clone(), other.clone(), TextJoin::Fold)
    }
}

fn union_of(members: Vec<Type>, text: TextJoin) -> Type {
    let mut flat = Vec::new();
    let mut optional = false;
    flatten(members, &mut flat, &mut optional);
    if flat.contains(&Type::Error) {
        return Type::Error;
    }
    let mut merged: Vec<Type> = Vec::new();
    for member in flat {
        insert(&mut merged, member, text);
    }
    merged.sort();
    let union = match merged.len() {
        0 => {
            return if optional { Type::Null.optional() } else { Type::Null };
        }
        1 => merged.remove(0),
        _ => Type::Union(merged),
    };
    if optional { union.optional() } else { union }
}

fn flatten(members: Vec<Type>, flat: &mut Vec<Type>, optional: &mut bool) {
    for member in members {
        match member {
            Type::Union(inner) => flatten(inner, flat, optional),
            Type::Optional(inner) => {
                *optional = true;
                flatten(vec![*inner], flat, optional);
            }
            Type::Null => *optional = true,
            other => flat.push(other),
        }
    }
}

/// Adds `new`, merging it with a member that it can stand as one with, until none is left.
fn insert(merged: &mut Vec<Type>, new: Type, text: TextJoin) {
    let mut new = new;
    let mut at = 0;
    while let Some(old) = merged.get(at) {
        match merge(old, &new, text) {
            Some(both) => {
                merged.remove(at);
                new = both;
                at = 0;
            }
            None => at += 1,
        }
    }
    merged.push(new);
}

/// One type for two members of a union, when the normal form wants that.
fn merge(a: &Type, b: &Type, text: TextJoin) -> Option<Type> {
    let inner = |x: &Type, y: &Type| Box::new(union_of(vec![x.clone(), y.clone()], text));
    Some(match (a, b) {
        (a, b) if a == b => a.clone(),
        (Type::Json, _) | (_, Type::Json) => Type::Json,
        (Type::Int, Type::Decimal) | (Type::Decimal, Type::Int) => Type::Decimal,
        (Type::Enum(x), Type::Enum(y)) => Type::Enum(merge_names(x, y)),
        (Type::String, Type::Enum(_)) | (Type::Enum(_), Type::String) => Type::String,
        (Type::List(x), Type::List(y)) => Type::List(inner(x, y)),
        (Type::Set(x), Type::Set(y)) => Type::Set(inner(x, y)),
        (Type::Map(x), Type::Map(y)) => Type::Map(inner(x, y)),
        (Type::Range(x), Type::Range(y)) => Type::Range(inner(x, y)),
        (Type::Record(x), Type::Record(y)) => Type::Record(join_records(x.clone(), y.clone(), text)),
        (a, b) if text == TextJoin::Fold && a.is_text_place() && b.is_text_place() => Type::String,
        _ => return None,
    })
}

fn merge_names(a: &[SmolStr], b: &[SmolStr]) -> Vec<SmolStr> {
    let mut names: Vec<SmolStr> = a.iter().chain(b).cloned().collect();
    names.sort();
    names.dedup();
    names
}

fn join_records(a: RecordType, mut b: RecordType, text: TextJoin) -> RecordType {
    let mut fields = BTreeMap::new();
    for (name, left) in a.fields {
        let joined = match b.fields.remove(&name) {
            Some(right) => union_of(vec![left, right], text),
            None => left.optional(),
        };
        fields.insert(name, joined);
    }
    fields.extend(b.fields.into_iter().map(|(name, right)| (name, right.optional())));
    RecordType { fields: fields.into(), open: a.open || b.open }
}

fn meet(a: &Type, b: &Type) -> Option<Type> {
    match (a, b) {
        (Type::Error, _) | (_, Type::Error) => Some(Type::Error),
        (a, b) if a == b => Some(a.clone()),
        (Type::Json, other) | (other, Type::Json) => Some(other.clone()),
        (Type::Optional(x), Type::Optional(y)) => Some(meet(x, y).map_or(Type::Null.optional(), Type::optional)),
        (Type::Optional(_), Type::Null) | (Type::Null, Type::Optional(_)) => Some(Type::Null),
        (Type::Optional(x), y) | (y, Type::Optional(x)) => meet(x, y),
        (Type::Union(members), other) | (other, Type::Union(members)) => {
            let kept: Vec<Type> = members.iter().filter_map(|member| meet(member, other)).collect();
            if kept.is_empty() { None } else { Some(Type::union(kept)) }
        }
        (Type::Int, Type::Decimal) | (Type::Decimal, Type::Int) => Some(Type::Int),
        (Type::Enum(x), Type::Enum(y)) => {
            let shared: Vec<SmolStr> = x.iter().filter(|name| y.contains(name)).cloned().collect();
            if shared.is_empty() { None } else { Some(Type::Enum(shared)) }
        }
        (Type::String, other) | (other, Type::String) if other.is_text_place() => Some(other.clone()),
        (Type::List(x), Type::List(y)) => Some(Type::List(Box::new(meet(x, y)?))),
        (Type::Set(x), Type::Set(y)) => Some(Type::Set(Box::new(meet(x, y)?))),
        (Type::Map(x), Type::Map(y)) => Some(Type::Map(Box::new(meet(x, y)?))),
        (Type::Record(x), Type::Record(y)) => meet_records(x, y).map(Type::Record),
        (Type::Record(record), Type::Map(value)) | (Type::Map(value), Type::Record(record)) => {
            meet_record_with_map(record, value).map(Type::Record)
        }
        _ => None,
    }
}

fn meet_records(a: &RecordType, b: &RecordType) -> Option<RecordType> {
    let mut fields = a.fields.clone();
    for (name, right) in &b.fields {
        let met = match a.fields.get(name) {
            Some(left) => meet(left, right)?,
            None => right.clone(),
        };
        fields.insert(name.clone(), met);
    }
    Some(RecordType { fields, open: a.open && b.open })
}

fn meet_record_with_map(record: &RecordType, value: &Type) -> Option<RecordType> {
    let mut fields = BTreeMap::new();
    for (name, ty) in &record.fields {
        let value = if ty.is_optional() { value.clone().optional() } else { value.clone() };
        fields.insert(name.clone(), meet(ty, &value)?);
    }
    Some(RecordType { fields: fields.into(), open: record.open })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Type {
        Type::Enum(list.iter().map(SmolStr::new).collect())
    }

    fn record(fields: &[(&str, Type)]) -> Type {
        let fields = fields.iter().map(|(name, ty)| (SmolStr::new(name), ty.clone())).collect();
        Type::Record(RecordType { fields, open: false })
    }

    #[test]
    fn a_union_is_flat_sorted_and_absorbs() {
        let nested = Type::union([Type::String, Type::union([Type::Bool, names(&["a"])])]);
        assert_eq!(nested, Type::Union(vec![Type::Bool, Type::String]));
        assert_eq!(Type::union([Type::Int, Type::Decimal]), Type::Decimal);
        assert_eq!(Type::union([Type::Int, Type::Json, Type::Bool]), Type::Json);
        assert_eq!(Type::union([names(&["b"]), names(&["a", "b"])]), names(&["a", "b"]));
    }

    #[test]
    fn null_in_a_union_makes_it_optional() {
        assert_eq!(Type::union([Type::String, Type::Null]), Type::String.optional());
        assert_eq!(Type::union([Type::Null]), Type::Null.optional());
        assert_eq!(
            Type::union([Type::Int.optional(), Type::String]),
            Type::Union(vec![Type::Int, Type::String]).optional()
        );
    }

    #[test]
    fn the_join_is_commutative_and_idempotent() {
        let samples = [
            Type::Int,
            Type::Path,
            names(&["x"]),
            Type::String.optional(),
            Type::List(Box::new(Type::Int)),
            record(&[("a", Type::Int)]),
            record(&[("a", Type::String), ("b", Type::Bool)]),
            Type::Json,
        ];
        for a in &samples {
            assert_eq!(&a.join(a), a);
            for b in &samples {
                assert_eq!(a.join(b), b.join(a));
                assert_eq!(a.join(b).join(b), a.join(b));
                assert_eq!(a.join_places(b), b.join_places(a));
            }
        }
    }

    #[test]
    fn places_of_different_text_types_join_to_string() {
        assert_eq!(Type::Path.join_places(&Type::Url), Type::String);
        assert_eq!(Type::Path.join(&Type::String), Type::Union(vec![Type::String, Type::Path]));
        assert_eq!(Type::Path.join_places(&Type::Path), Type::Path);
    }

    #[test]
    fn a_field_that_one_record_lacks_is_optional() {
        let joined = record(&[("a", Type::Int)]).join(&record(&[("a", Type::String), ("b", Type::Bool)]));
        let expected = record(&[("a", Type::Union(vec![Type::Int, Type::String])), ("b", Type::Bool.optional())]);
        assert_eq!(joined, expected);
    }

    #[test]
    fn meets() {
        assert_eq!(Type::Json.meet(&Type::Int), Some(Type::Int));
        assert_eq!(Type::Int.meet(&Type::String), None);
        assert_eq!(Type::String.meet(&Type::Path), Some(Type::Path));
        assert_eq!(names(&["a", "b"]).meet(&names(&["b", "c"])), Some(names(&["b"])));
        assert_eq!(names(&["a"]).meet(&names(&["c"])), None);
        assert_eq!(Type::String.optional().meet(&Type::String), Some(Type::String));
        assert_eq!(Type::Int.optional().meet(&Type::String.optional()), Some(Type::Null.optional()));
        let met = record(&[("a", Type::Int.optional())]).meet(&record(&[("a", Type::Int), ("b", Type::Bool)]));
        assert_eq!(met, Some(record(&[("a", Type::Int), ("b", Type::Bool)])));
    }
}
