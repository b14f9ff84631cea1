//! Limits on packages, in one place.

/// Packages in a bundle.
pub const MAX_PACKAGES: usize = 256;
/// Files that one package may hold below its source folder.
pub const MAX_FILES: usize = 2_000;
/// Bytes of one source file that are read at all; the parser takes fewer.
pub const MAX_SOURCE_BYTES: usize = 16 << 20;
/// Bytes of one catalog or data file.
pub const MAX_DATA_BYTES: usize = 16 << 20;
