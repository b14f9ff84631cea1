//! The container: sections with a table of contents, a version and a BLAKE3 digest each.
//!
//! Layout, little-endian: magic `MCPZB\0`, format version `u16`, total length `u32`, number of
//! sections `u32`; then for each section, by ascending id: id `u16`, version `u16`, offset `u32`,
//! length `u32`, digest 32 bytes; then the sections, one after the other without a gap. All
//! sections of [`Section::ALL`] are there; [`Section::Debug`] alone may be left out.
//! What there is very much of (tests, nodes of trees, rules, constants) stands in rows that are read in place, the same in
//! a bundle and in memory: see [`crate::packed`]. Everything else is decoded.
//!
//! The digests catch damage early; nothing relies on them (see [`crate::verify`]). The digest of a bundle is the SHA-256
//! of its header and table of contents, which name everything else by its digest: no byte is hashed twice. Sections have
//! BLAKE3 digests since most of a load would else be hashing, where the processor has no instructions for SHA-256.

mod arrange;
mod codec;
pub(crate) mod wire;

use crate::image::BundleImage;
use crate::limits::MAX_BUNDLE_BYTES;
use crate::verify::{self, VerifyError};
use alloc::vec::Vec;
use sha2::{Digest, Sha256};
use wire::{Reader, Strings, Wire, WireError, Writer, length_u32, read_pool, write_short};

/// First bytes of a bundle.
pub const MAGIC: [u8; 6] = *b"MCPZB\0";
/// Version of the container and of every section.
pub const VERSION: u16 = 4;
/// Bytes of the header before the table of contents.
const HEADER_BYTES: usize = 16;
/// Bytes of a row of the table of contents.
const ROW_BYTES: usize = 44;

/// The sections of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Texts.
    Strings,
    /// Package, version, field names.
    Symbols,
    /// Types.
    Types,
    /// Constants.
    Constants,
    /// Extraction plans: slots, natives, patterns, history questions, and the slots of each block that is no conjunction.
    Extraction,
    /// Compiled JSON Schemas.
    Schemas,
    /// Regex automata.
    Automata,
    /// Decision code.
    Code,
    /// Issuers, classes, subjects.
    Identities,
    /// Servers, segments, flows.
    Servers,
    /// Decision trees and entry points, of calls and of listings.
    Entries,
    /// The rule table: ids, kinds, messages, requirements, limits, redactions.
    Rules,
    /// Labels, stores, declassification, sensitive places, grants.
    Obligations,
    /// Data declarations and the type of `context`.
    Data,
    /// Time zones.
    Zones,
    /// Step bounds by block.
    Bounds,
    /// Source paths, and of each rule its position and docs.
    Sources,
    /// Texts and positions for explanations. Optional.
    Debug,
}

impl Section {
    /// Every section, by id.
    pub const ALL: [Section; 18] = [
        Section::Strings,
        Section::Symbols,
        Section::Types,
        Section::Constants,
        Section::Extraction,
        Section::Schemas,
        Section::Automata,
        Section::Code,
        Section::Identities,
        Section::Servers,
        Section::Entries,
        Section::Rules,
        Section::Obligations,
        Section::Data,
        Section::Zones,
        Section::Bounds,
        Section::Sources,
        Section::Debug,
    ];

    /// The id in the table of contents, from 1.
    pub fn id(self) -> u16 {
        let position = Section::ALL.iter().position(|section| *section == self).unwrap_or(0);
        u16::try_from(position).unwrap_or(u16::MAX).saturating_add(1)
    }

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            Section::Strings => "strings",
            Section::Symbols => "symbols",
            Section::Types => "types",
            Section::Constants => "constants",
            Section::Extraction => "extraction",
            Section::Schemas => "schemas",
            Section::Automata => "automata",
            Section::Code => "code",
            Section::Identities => "identities",
            Section::Servers => "servers",
            Section::Entries => "entries",
            Section::Rules => "rules",
            Section::Obligations => "obligations",
            Section::Data => "data",
            Section::Zones => "zones",
            Section::Bounds => "bounds",
            Section::Sources => "sources",
            Section::Debug => "debug",
        }
    }
}

/// What to encode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncodeOptions {
    /// Keep the debug section.
    pub debug: bool,
}

/// The bytes of a bundle. The image is verified first: what the emitter got wrong shows here.
pub fn encode(image: &BundleImage, options: EncodeOptions) -> Result<Vec<u8>, VerifyError> {
    let facts = verify::verify_image(image)?;
    let order = arrange::stored_order(image);
    let mut out = Writer::default();
    let mut sections: Vec<(Section, Vec<u8>)> = Vec::new();
    for section in Section::ALL {
        if section == Section::Debug && !options.debug {
            continue;
        }
        match section {
            Section::Entries | Section::Rules | Section::Sources => {
                write_rules(section, image, order.as_deref(), &mut out)
            }
            _ => write_section(section, image, &facts, &mut out),
        }
        sections.push((section, core::mem::take(&mut out.bytes)));
    }
    for (section, bytes) in &mut sections {
        match section {
            Section::Strings => *bytes = out.strings.to_bytes(),
            Section::Schemas => *bytes = out.schemas.to_bytes(),
            _ => {}
        }
    }
    let bytes = assemble(&sections);
    if bytes.len() > MAX_BUNDLE_BYTES {
        return Err(VerifyError::whole("the bundle is too large"));
    }
    Ok(bytes)
}

/// Writes one section; strings and schemas are collected on the way and written by the caller.
fn write_section(section: Section, image: &BundleImage, facts: &verify::ImageFacts, out: &mut Writer) {
    match section {
        Section::Strings | Section::Schemas => {}
        Section::Symbols => {
            image.name.write(out);
            image.version.write(out);
            image.symbols.write(out);
        }
        Section::Types => image.types.write(out),
        Section::Constants => image.constants.write(out),
        Section::Extraction => {
            image.slots.write(out);
            image.natives.write(out);
            image.patterns.write(out);
            image.histories.write(out);
            write_plans(image, facts, out);
        }
        Section::Automata => image.automata.write(out),
        Section::Code => image.blocks.write(out),
        Section::Identities => {
            image.issuers.write(out);
            image.classes.write(out);
            image.subjects.write(out);
        }
        Section::Servers => {
            image.servers.write(out);
            image.segments.write(out);
            image.flows.write(out);
        }
        Section::Obligations => {
            image.labels.write(out);
            image.stores.write(out);
            image.declassify.write(out);
            image.sensitive.write(out);
            image.grants.write(out);
        }
        Section::Data => {
            image.data.write(out);
            image.context.write(out);
        }
        Section::Zones => image.zones.write(out),
        Section::Bounds => write_bounds(image, facts, out),
        Section::Debug => image.debug.write(out),
        // See [`write_rules`].
        Section::Entries | Section::Rules | Section::Sources => {}
    }
}

/// Writes a section that depends on the order in which rules are stored: see [`arrange`].
fn write_rules(section: Section, image: &BundleImage, order: Option<&[usize]>, out: &mut Writer) {
    let arranged = order.map(|order| arrange::stored_rules(image, order));
    let rules = arranged.as_ref().unwrap_or(&image.rules);
    match section {
        Section::Entries => {
            match order {
                Some(order) => arrange::stored_trees(image, order).write(out),
                None => image.trees.write(out),
            }
            image.entries.write(out);
        }
        Section::Rules => {
            order.is_some().write(out);
            rules.write(out);
        }
        _ => {
            image.sources.write(out);
            codec::write_positions(rules, out);
            if let Some(order) = order {
                arrange::write_order(order, out);
            }
        }
    }
}

/// The slots of each block that is no conjunction.
fn write_plans(image: &BundleImage, facts: &verify::ImageFacts, out: &mut Writer) {
    for (_, slots) in facts.of_code(image) {
        write_short(length_u32(slots.len()), out);
        slots.iter().for_each(|slot| slot.write(out));
    }
}

/// The step bound of each block that is no conjunction.
fn write_bounds(image: &BundleImage, facts: &verify::ImageFacts, out: &mut Writer) {
    facts.of_code(image).for_each(|(block, _)| block.steps.write(out));
}

/// What follows from the code is stated as it follows.
pub(crate) fn check_stated(decoded: &Decoded<'_>, facts: &verify::ImageFacts) -> Result<(), VerifyError> {
    let mut out = Writer::default();
    write_bounds(&decoded.image, facts, &mut out);
    if out.bytes != decoded.bounds {
        return Err(VerifyError::section(Section::Bounds, "step bounds do not fit the code"));
    }
    out.bytes.clear();
    write_plans(&decoded.image, facts, &mut out);
    if out.bytes != decoded.plans {
        return Err(VerifyError::section(Section::Extraction, "extraction plans do not fit the code"));
    }
    Ok(())
}

/// Header, table of contents and sections.
fn assemble(sections: &[(Section, Vec<u8>)]) -> Vec<u8> {
    let table = sections.len().saturating_mul(ROW_BYTES).saturating_add(HEADER_BYTES);
    let total = sections.iter().fold(table, |sum, (_, bytes)| sum.saturating_add(bytes.len()));
    let mut out = Vec::with_capacity(total);
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    out.extend_from_slice(&length_u32(total).to_le_bytes());
    out.extend_from_slice(&length_u32(sections.len()).to_le_bytes());
    let mut offset = table;
    for (section, bytes) in sections {
        out.extend_from_slice(&section.id().to_le_bytes());
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&length_u32(offset).to_le_bytes());
        out.extend_from_slice(&length_u32(bytes.len()).to_le_bytes());
        out.extend_from_slice(blake3::hash(bytes).as_bytes());
        offset = offset.saturating_add(bytes.len());
    }
    for (_, bytes) in sections {
        out.extend_from_slice(bytes);
    }
    out
}

/// A row of the table of contents and the bytes it names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found<'a> {
    /// Which section.
    pub section: Section,
    /// Its content.
    pub bytes: &'a [u8],
    /// The digest as the table states it.
    digest: [u8; 32],
}

/// The sections of a bundle, with every offset checked. Digests are not.
pub(crate) fn sections(bytes: &[u8]) -> Result<Vec<Found<'_>>, VerifyError> {
    read_sections(bytes).map_err(|WireError(problem)| VerifyError::whole(problem))
}

/// As [`sections`].
fn read_sections(bytes: &[u8]) -> Result<Vec<Found<'_>>, WireError> {
    let mut reader = Reader::new(bytes, None);
    if reader.array::<6>()? != MAGIC {
        return Err(WireError("not a bundle"));
    }
    if u16::read(&mut reader)? != VERSION {
        return Err(WireError("unknown version of the format"));
    }
    if bytes.len() > MAX_BUNDLE_BYTES || reader.fixed()? != length_u32(bytes.len()) {
        return Err(WireError("wrong total length"));
    }
    let count = usize::try_from(reader.fixed()?).map_err(|_| WireError("length"))?;
    let required = Section::ALL.len().saturating_sub(1);
    if count != required && count != Section::ALL.len() {
        return Err(WireError("wrong number of sections"));
    }
    let mut expected_offset = count.saturating_mul(ROW_BYTES).saturating_add(HEADER_BYTES);
    let mut found = Vec::new();
    for section in Section::ALL.into_iter().take(count) {
        if u16::read(&mut reader)? != section.id() || u16::read(&mut reader)? != VERSION {
            return Err(WireError("unknown section"));
        }
        let offset = usize::try_from(reader.fixed()?).map_err(|_| WireError("offset"))?;
        let length = usize::try_from(reader.fixed()?).map_err(|_| WireError("length"))?;
        let digest = reader.array()?;
        let end = offset.checked_add(length).ok_or(WireError("length"))?;
        if offset != expected_offset {
            return Err(WireError("sections do not follow one another"));
        }
        let content = bytes.get(offset..end).ok_or(WireError("a section ends beyond the bundle"))?;
        found.push(Found { section, bytes: content, digest });
        expected_offset = end;
    }
    if expected_offset == bytes.len() { Ok(found) } else { Err(WireError("data after the last section")) }
}

/// Compares every section with its digest.
pub(crate) fn check_digests(found: &[Found<'_>]) -> Result<(), VerifyError> {
    match found.iter().find(|row| blake3::hash(row.bytes) != row.digest) {
        Some(row) => Err(VerifyError::section(row.section, "digest does not fit")),
        None => Ok(()),
    }
}

/// SHA-256 of a bundle's header and table of contents, which state the digest of every section.
pub(crate) fn digest(bytes: &[u8], found: &[Found<'_>]) -> [u8; 32] {
    let content = found.iter().fold(0_usize, |sum, row| sum.saturating_add(row.bytes.len()));
    let table = bytes.len().saturating_sub(content);
    Sha256::digest(bytes.get(..table).unwrap_or(bytes)).into()
}

/// The same bundle with every section digest made right again, for tests that mutate bundles;
/// `None` when the table of contents itself is broken.
pub fn reseal(bytes: &[u8]) -> Option<Vec<u8>> {
    let found = sections(bytes).ok()?;
    let mut sealed = bytes.to_vec();
    for (index, row) in found.iter().enumerate() {
        let start = index.checked_mul(ROW_BYTES)?.checked_add(HEADER_BYTES)?.checked_add(12)?;
        let place = sealed.get_mut(start..start.checked_add(32)?)?;
        place.copy_from_slice(blake3::hash(row.bytes).as_bytes());
    }
    Some(sealed)
}

/// A decoded bundle, not verified yet.
#[derive(Debug)]
pub(crate) struct Decoded<'a> {
    /// Everything but schemas and bounds.
    pub image: BundleImage,
    /// Encoded schemas.
    pub schemas: Vec<&'a [u8]>,
    /// For each tool of each server in order: its row of `schemas`.
    pub tool_schemas: Vec<u32>,
    /// Whether rules are stored in the order of their blocks.
    arranged: bool,
    /// Slots of each block, as stated: what [`write_plans`] writes.
    pub plans: &'a [u8],
    /// Step bounds, as stated: what [`write_bounds`] writes.
    pub bounds: &'a [u8],
}

/// Reads all sections into owned data.
pub(crate) fn decode<'a>(found: &[Found<'a>]) -> Result<Decoded<'a>, VerifyError> {
    let mut decoded = Decoded {
        image: BundleImage::default(),
        schemas: Vec::new(),
        tool_schemas: Vec::new(),
        arranged: false,
        plans: &[],
        bounds: &[],
    };
    let mut strings = Strings::default();
    for row in found {
        let fail = |WireError(problem)| VerifyError::section(row.section, problem);
        match row.section {
            Section::Strings => strings = Strings::read(row.bytes).map_err(fail)?,
            Section::Schemas => decoded.schemas = read_pool(row.bytes).map_err(fail)?,
            _ => read_section(row, &strings, &mut decoded).map_err(fail)?,
        }
    }
    if decoded.arranged {
        arrange::restore(&mut decoded.image);
    }
    Ok(decoded)
}

/// Sources, and the positions of the rules in them.
fn read_sources(input: &mut Reader<'_>, image: &mut BundleImage, arranged: bool) -> Result<(), WireError> {
    image.sources = Wire::read(input)?;
    codec::read_positions(&mut image.rules, input)?;
    if arranged {
        image.rules.order = arrange::read_order(&image.rules, input)?;
    }
    image.rules.keep_limits(&image.sources);
    Ok(())
}

/// One section of tables.
fn read_section<'a>(row: &Found<'a>, strings: &Strings, decoded: &mut Decoded<'a>) -> Result<(), WireError> {
    let mut reader = Reader::new(row.bytes, Some(strings));
    let input = &mut reader;
    let image = &mut decoded.image;
    match row.section {
        Section::Strings | Section::Schemas => return Ok(()),
        Section::Symbols => {
            image.name = Wire::read(input)?;
            image.version = Wire::read(input)?;
            image.symbols = Wire::read(input)?;
        }
        Section::Types => image.types = Wire::read(input)?,
        Section::Constants => image.constants = Wire::read(input)?,
        Section::Extraction => {
            image.slots = Wire::read(input)?;
            image.natives = Wire::read(input)?;
            image.patterns = Wire::read(input)?;
            image.histories = Wire::read(input)?;
            // Not read: what it must be follows from the code.
            let left = input.rest().len();
            decoded.plans = row.bytes.get(row.bytes.len().saturating_sub(left)..).unwrap_or_default();
        }
        Section::Automata => image.automata = Wire::read(input)?,
        Section::Code => image.blocks = Wire::read(input)?,
        Section::Identities => {
            image.issuers = Wire::read(input)?;
            image.classes = Wire::read(input)?;
            image.subjects = Wire::read(input)?;
        }
        Section::Servers => {
            image.servers = Wire::read(input)?;
            image.segments = Wire::read(input)?;
            image.flows = Wire::read(input)?;
            decoded.tool_schemas = core::mem::take(&mut input.tool_schemas);
        }
        Section::Entries => {
            image.trees = Wire::read(input)?;
            image.entries = Wire::read(input)?;
        }
        Section::Rules => {
            decoded.arranged = Wire::read(input)?;
            image.rules = Wire::read(input)?;
        }
        Section::Obligations => {
            image.labels = Wire::read(input)?;
            image.stores = Wire::read(input)?;
            image.declassify = Wire::read(input)?;
            image.sensitive = Wire::read(input)?;
            image.grants = Wire::read(input)?;
        }
        Section::Data => {
            image.data = Wire::read(input)?;
            image.context = Wire::read(input)?;
        }
        Section::Zones => image.zones = Wire::read(input)?,
        Section::Bounds => {
            decoded.bounds = row.bytes;
            return Ok(());
        }
        Section::Sources => read_sources(input, image, decoded.arranged)?,
        Section::Debug => image.debug = Wire::read(input)?,
    }
    if reader.is_empty() { Ok(()) } else { Err(WireError("data after the table")) }
}
