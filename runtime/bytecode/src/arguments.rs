//! Where places of the arguments begin: which member that a schema's root names leads to which of them.
//!
//! Found once when a program is loaded. Validating the arguments of a call comes by those members, and a decision takes
//! them from there instead of looking for them again.

use crate::ids::SlotId;
use crate::image::{BundleImage, SlotRoot};
use crate::limits::NOTED_MEMBERS;
use crate::schema::SchemaView;
use alloc::vec::Vec;

/// A place of the arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArgumentPlace {
    /// The place.
    pub slot: SlotId,
    /// The number of the member it begins with, among those that the root names.
    pub member: u32,
}

/// The places of arguments that each schema leads to.
#[derive(Debug, Clone, Default)]
pub(crate) struct ArgumentPlaces {
    rows: Vec<ArgumentPlace>,
    /// By schema: the row behind its last.
    ends: Vec<usize>,
}

impl ArgumentPlaces {
    /// Finds them. The work is that of looking up what the schemas name.
    pub fn new<'s>(image: &BundleImage, schemas: impl Iterator<Item = SchemaView<'s>>) -> ArgumentPlaces {
        let by_name = by_name(image);
        let mut places = ArgumentPlaces::default();
        for schema in schemas {
            let names = schema.root_members().into_iter().flat_map(|members| members.names());
            for (member, name) in (0..).zip(names.take(NOTED_MEMBERS)) {
                let first = by_name.partition_point(|(known, _)| *known < name);
                let alike = by_name.iter().skip(first).take_while(|(known, _)| *known == name);
                places.rows.extend(alike.map(|(_, slot)| ArgumentPlace { slot: *slot, member }));
            }
            places.ends.push(places.rows.len());
        }
        places.rows.shrink_to_fit();
        places
    }

    /// Those of a schema.
    pub fn of(&self, schema: usize) -> &[ArgumentPlace] {
        let first = schema.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.ends.get(schema).and_then(|end| self.rows.get(first..*end)).unwrap_or_default()
    }
}

/// Places of arguments by the name of the member they begin with.
fn by_name(image: &BundleImage) -> Vec<(&[u8], SlotId)> {
    let slots = image.slots.iter().enumerate().filter(|(_, slot)| slot.root == SlotRoot::Args);
    let named = slots.filter_map(|(row, slot)| {
        let first = image.symbols.get(slot.path.first()?.index())?;
        Some((first.as_bytes(), SlotId::new(row)))
    });
    let mut found: Vec<(&[u8], SlotId)> = named.collect();
    found.sort_unstable();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{SymbolId, TypeId};
    use crate::image::SlotImage;
    use crate::schema::{Check, SchemaImage, VerifiedSchema, types};
    use alloc::format;
    use alloc::string::ToString;
    use alloc::vec;

    fn schema(names: &[&str]) -> (Vec<u8>, VerifiedSchema) {
        let properties = names.iter().map(|name| (name.to_string(), 1)).collect();
        let members = Check::Members { properties, patterns: vec![], additional: None };
        let nodes = vec![vec![Check::Type(types::OBJECT), members], vec![]];
        let mut bytes = Vec::new();
        SchemaImage { nodes, ..SchemaImage::default() }.encode(&mut bytes);
        let verified = VerifiedSchema::verify(&bytes).unwrap();
        (bytes, verified)
    }

    fn image(paths: &[(SlotRoot, &[&str])]) -> BundleImage {
        let mut image = BundleImage::default();
        for (root, path) in paths {
            let path = path.iter().map(|name| {
                image.symbols.push(name.to_string());
                SymbolId::new(image.symbols.len() - 1)
            });
            let path = path.collect();
            image.slots.push(SlotImage { root: *root, path, ty: TypeId(0) });
        }
        image
    }

    #[test]
    fn members_lead_to_the_places_that_begin_with_them() {
        let args = SlotRoot::Args;
        let image = image(&[
            (args, &["to", "host"]),
            (args, &["path"]),
            (SlotRoot::Context, &["path"]),
            (args, &[]),
            (args, &["path"]),
            (args, &["other"]),
        ]);
        let schemas = [schema(&["path", "to"]), schema(&[]), schema(&["to", "x"])];
        let places = ArgumentPlaces::new(&image, schemas.iter().map(|(bytes, schema)| schema.view(bytes)));
        let found = |row: usize| {
            let (bytes, schema) = &schemas[row];
            let names: Vec<&[u8]> = schema.view(bytes).root_members().unwrap().names().collect();
            let name = |place: &ArgumentPlace| names[usize::try_from(place.member).unwrap()];
            let mut found: Vec<_> = places.of(row).iter().map(|place| (name(place), place.slot.0)).collect();
            found.sort_unstable();
            found
        };
        assert_eq!(found(0), [(b"path".as_slice(), 1), (b"path", 4), (b"to", 0)]);
        assert_eq!(found(1), []);
        assert_eq!(found(2), [(b"to".as_slice(), 0)]);
        assert!(places.of(3).is_empty());
    }

    #[test]
    fn so_many_are_noted_and_no_more() {
        let names: Vec<_> = (0..40).map(|row| format!("n{row}")).collect();
        let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
        let paths: Vec<[&str; 1]> = names.iter().map(|name| [*name]).collect();
        let paths: Vec<(SlotRoot, &[&str])> = paths.iter().map(|path| (SlotRoot::Args, path.as_slice())).collect();
        let (bytes, schema) = schema(&names);
        let places = ArgumentPlaces::new(&image(&paths), [schema.view(&bytes)].into_iter());
        assert_eq!(places.of(0).len(), NOTED_MEMBERS);
        assert!(places.of(0).iter().all(|place| usize::try_from(place.member).unwrap() < NOTED_MEMBERS));
    }
}
