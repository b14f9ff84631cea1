//! Newtyped `u32` indexes into the tables of a bundle.
//!
//! Every table of [`crate::image::BundleImage`] is addressed by its own id type, so that a rule
//! can never be taken for a block. An id is only a number: the verifier checks that it names a row.

/// Declares newtyped `u32` table indexes.
macro_rules! table_ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub u32);

        impl $name {
            /// The id of the row at `index`; an index beyond `u32` gives an id that names no row.
            pub fn new(index: usize) -> Self {
                Self(u32::try_from(index).unwrap_or(u32::MAX))
            }

            /// The row this id names.
            pub fn index(self) -> usize {
                usize::try_from(self.0).unwrap_or(usize::MAX)
            }
        }
    )*};
}

table_ids! {
    /// A field name used by decision code: row of `symbols`.
    SymbolId,
    /// A type: row of `types`.
    TypeId,
    /// A constant: row of `constants`.
    ConstantId,
    /// A regex automaton: row of `automata`.
    AutomatonId,
    /// A time zone: row of `zones`.
    ZoneId,
    /// A native function with its static argument: row of `natives`.
    NativeId,
    /// A place of the request: row of `slots`.
    SlotId,
    /// A question to the state: row of `histories`.
    HistoryId,
    /// A subject: row of `subjects`.
    SubjectId,
    /// A block of decision code: row of `blocks`.
    BlockId,
    /// A node of a decision tree: row of `trees`.
    TreeId,
    /// A resource URI pattern: row of `patterns`.
    PatternId,
    /// An issuer: row of `issuers`.
    IssuerId,
    /// A class of principals: row of `classes`.
    ClassId,
    /// A server: row of `servers`.
    ServerId,
    /// A network segment: row of `segments`.
    SegmentId,
    /// A label: row of `labels`.
    LabelId,
    /// A data declaration: row of `data`.
    DataId,
    /// A grant: row of `grants`.
    GrantId,
    /// A rule in canonical order: row of `rules`.
    RuleId,
    /// A source file: row of `sources`.
    SourceId,
}
