//! Hashes of texts, and perfect hashes over a set of them.
//!
//! The keys come from the bundle and only look-ups from the outside, so a fixed hash is enough: no
//! caller can add a key.
//!
//! A *perfect hash* gives every key of a set a row of its own, and leaves no row empty: keys are put into buckets
//! by one part of their hash, and each bucket has a *seed* that sends its keys to free rows (hash and
//! displace; Belazzougui, Botelho, Dietzfelbinger, "Hash, displace, and compress", 2009).

use alloc::vec;
use alloc::vec::Vec;

/// An odd number whose bits are well mixed: 2^64 divided by the golden ratio.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
/// Keys of a bucket, on average.
const LOAD: usize = 4;
/// How many seeds are tried for a key, all keys taken together, before it is said that there is no perfect hash.
const TRIES: usize = 256;

/// A multiplying hash over words of eight bytes.
pub fn text_hash(salt: u32, text: &str) -> u64 {
    let start = u64::from(salt).wrapping_add(FACTOR);
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let mixed = words.iter().fold(start, |state, word| step(state, u64::from_le_bytes(*word)));
    let mixed = if rest.is_empty() { mixed } else { step(mixed, first_word(rest)) };
    let spread = mixed ^ u64::try_from(text.len()).unwrap_or(0);
    let product = spread.wrapping_mul(FACTOR);
    product ^ product.rotate_right(32)
}

/// The first eight bytes, the first lowest; zeros stand for those that are not there.
#[inline]
pub(crate) fn first_word(text: &[u8]) -> u64 {
    if let Some(word) = text.first_chunk::<8>() {
        return u64::from_le_bytes(*word);
    }
    if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        // Both overlap in the middle, where they say the same.
        let shift = u32::try_from(text.len().wrapping_mul(8).wrapping_sub(32)).unwrap_or(0);
        return u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)).wrapping_shl(shift);
    }
    text.iter().rev().fold(0, |word, byte| word.wrapping_shl(8) | u64::from(*byte))
}

fn step(state: u64, word: u64) -> u64 {
    (state.rotate_left(23) ^ word).wrapping_mul(FACTOR)
}

/// A number below `count` that follows from the upper half of a hash.
fn below(hash: u64, count: usize) -> usize {
    let count = u64::try_from(count).unwrap_or(0) & u64::from(u32::MAX);
    usize::try_from((hash >> 32).wrapping_mul(count) >> 32).unwrap_or(0)
}

/// How many seeds so many keys have.
pub fn seeds_of(keys: usize) -> usize {
    keys.div_ceil(LOAD)
}

/// The row of a text, given the seeds and how many they are: that of a key, or of any when it is none.
#[inline]
pub fn row(seed_at: impl Fn(usize) -> Option<u32>, seeds: usize, rows: usize, text: &str) -> usize {
    let hash = text_hash(0, text);
    let seed = seed_at(below(hash, seeds)).unwrap_or(0);
    below(displaced(hash, seed), rows)
}

/// What a seed makes of a hash.
fn displaced(hash: u64, seed: u32) -> u64 {
    let turned = hash.rotate_left(32) ^ u64::from(seed).wrapping_mul(FACTOR);
    step(turned, turned >> 29)
}

/// Seeds that give each of these distinct texts a row of its own. `None` when none are found in reasonable time.
pub fn perfect(texts: &[&str]) -> Option<Vec<u32>> {
    let mut buckets: Vec<(usize, Vec<u64>)> = (0..seeds_of(texts.len())).map(|bucket| (bucket, Vec::new())).collect();
    let count = buckets.len();
    for text in texts {
        let hash = text_hash(0, text);
        let (_, hashes) = buckets.get_mut(below(hash, count))?;
        hashes.push(hash);
    }
    // The large ones first, while most rows are free.
    buckets.sort_by_key(|(bucket, hashes)| (core::cmp::Reverse(hashes.len()), *bucket));
    let mut seeds = vec![0_u32; count];
    let mut taken = vec![false; texts.len()];
    let mut tries = texts.len().saturating_mul(TRIES);
    for (bucket, hashes) in &buckets {
        let seed = seed_of(hashes, &mut taken, &mut tries)?;
        *seeds.get_mut(*bucket)? = seed;
    }
    Some(seeds)
}

/// The first seed that sends all these hashes to free rows, which it takes.
fn seed_of(hashes: &[u64], taken: &mut [bool], tries: &mut usize) -> Option<u32> {
    let mut rows: Vec<usize> = Vec::with_capacity(hashes.len());
    for seed in 0..=u32::MAX {
        rows.clear();
        for hash in hashes {
            *tries = tries.checked_sub(1)?;
            let row = below(displaced(*hash, seed), taken.len());
            if taken.get(row).is_none_or(|taken| *taken) || rows.contains(&row) {
                break;
            }
            rows.push(row);
        }
        if rows.len() == hashes.len() {
            rows.iter().for_each(|row| taken.iter_mut().skip(*row).take(1).for_each(|taken| *taken = true));
            return Some(seed);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::String;

    fn row_of(seeds: &[u32], rows: usize, text: &str) -> usize {
        row(|seed| seeds.get(seed).copied(), seeds.len(), rows, text)
    }

    #[test]
    fn every_key_has_a_row_of_its_own() {
        for count in [1, 2, 9, 100, 1_000, 30_000] {
            let texts: Vec<String> = (0..count).map(|number| format!("key-{number}")).collect();
            let keys: Vec<&str> = texts.iter().map(String::as_str).collect();
            let seeds = perfect(&keys).unwrap();
            let mut rows: Vec<usize> = keys.iter().map(|key| row_of(&seeds, count, key)).collect();
            rows.sort_unstable();
            assert_eq!(rows, (0..count).collect::<Vec<_>>(), "{count}");
        }
    }

    #[test]
    fn what_is_no_key_has_some_row() {
        let seeds = perfect(&["a", "b", "c"]).unwrap();
        assert!(["", "d", &"x".repeat(1000)].iter().all(|text| row_of(&seeds, 3, text) < 3));
        assert_eq!((row_of(&[], 0, "a"), row_of(&[], 3, "a") < 3), (0, true));
    }

    #[test]
    fn keys_that_cannot_be_told_apart_have_no_perfect_hash() {
        assert_eq!(perfect(&["a", "b", "a"]), None);
        assert_eq!(perfect(&[]), Some(Vec::new()));
    }

    #[test]
    fn a_word_is_the_first_bytes_and_zeros() {
        let text = b"abcdefghij";
        for length in 0..=text.len() {
            let mut padded = [0; 8];
            padded.iter_mut().zip(&text[..length]).for_each(|(to, from)| *to = *from);
            assert_eq!(first_word(&text[..length]), u64::from_le_bytes(padded), "{length}");
        }
    }

    #[test]
    fn a_text_is_hashed_with_its_length_and_salt() {
        let hashes = [text_hash(0, ""), text_hash(0, "\0"), text_hash(0, "\0\0\0\0\0\0\0\0"), text_hash(1, "")];
        let mut distinct = hashes.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), hashes.len());
    }
}
