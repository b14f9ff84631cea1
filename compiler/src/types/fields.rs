//! The fields of a record, shared until somebody changes them: types of tools stand in many tables, and copies of them must
//! cost nothing.

use super::Type;
use smol_str::SmolStr;
use std::collections::{BTreeMap, btree_map};
use std::fmt::{Debug, Formatter};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// Field types by name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Fields(Arc<BTreeMap<SmolStr, Type>>);

impl Deref for Fields {
    type Target = BTreeMap<SmolStr, Type>;

    fn deref(&self) -> &BTreeMap<SmolStr, Type> {
        &self.0
    }
}

impl DerefMut for Fields {
    fn deref_mut(&mut self) -> &mut BTreeMap<SmolStr, Type> {
        Arc::make_mut(&mut self.0)
    }
}

impl Debug for Fields {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        Debug::fmt(&self.0, f)
    }
}

impl From<BTreeMap<SmolStr, Type>> for Fields {
    fn from(fields: BTreeMap<SmolStr, Type>) -> Fields {
        Fields(Arc::new(fields))
    }
}

impl FromIterator<(SmolStr, Type)> for Fields {
    fn from_iter<I: IntoIterator<Item = (SmolStr, Type)>>(fields: I) -> Fields {
        fields.into_iter().collect::<BTreeMap<_, _>>().into()
    }
}

impl IntoIterator for Fields {
    type Item = (SmolStr, Type);
    type IntoIter = btree_map::IntoIter<SmolStr, Type>;

    fn into_iter(self) -> Self::IntoIter {
        Arc::unwrap_or_clone(self.0).into_iter()
    }
}

impl<'f> IntoIterator for &'f Fields {
    type Item = (&'f SmolStr, &'f Type);
    type IntoIter = btree_map::Iter<'f, SmolStr, Type>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
