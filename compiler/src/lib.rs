//! Sources to bundle.
