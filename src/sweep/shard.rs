//! Which cells a shard computes: every n-th of a seeded permutation. Neighbouring
//! cells cost about the same, so that plain `cell % n` would give one shard the
//! costly column of the grid.

use std::fmt;
use std::str::FromStr;

/// Shard i of n.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Its number, from 0.
    pub index: usize,
    /// How many there are.
    pub count: usize,
}

/// Most shards of a sweep.
pub const MAX_SHARDS: usize = 100_000;

impl Shard {
    /// The whole sweep.
    pub const WHOLE: Self = Self { index: 0, count: 1 };

    /// Its cells of a sweep, in the order in which it computes them. Every cell is
    /// in exactly one of the n shards.
    pub fn cells(self, cells: usize, seed: u64) -> Vec<usize> {
        permutation(cells, seed)
            .into_iter()
            .skip(self.index)
            .step_by(self.count)
            .collect()
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || {
            format!(
                "`{text}`: expected i/n with i from 0 to n - 1 and n from 1 to {MAX_SHARDS}, for \
                 example 0/4"
            )
        };
        let (index, count) = text.split_once('/').ok_or_else(form)?;
        let shard = Self {
            index: index.trim().parse().map_err(|_| form())?,
            count: count.trim().parse().map_err(|_| form())?,
        };
        let fits = shard.index < shard.count && shard.count <= MAX_SHARDS;
        if fits { Ok(shard) } else { Err(form()) }
    }
}

/// The cells in the order of a keyed hash: the same on every machine and with
/// every version of any library.
fn permutation(cells: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..cells).collect();
    order.sort_by_key(|&cell| split_mix(seed, cell as u64));
    order
}

/// The shard of each cell.
pub fn assignment(cells: usize, count: usize, seed: u64) -> Vec<usize> {
    let mut shard_of = vec![0; cells];
    for (place, cell) in permutation(cells, seed).into_iter().enumerate() {
        shard_of[cell] = place % count;
    }
    shard_of
}

/// The `index`-th output of SplitMix64 (Steele, Lea and Flood 2014): all different
/// for one seed.
pub fn split_mix(seed: u64, index: u64) -> u64 {
    let mut z = seed.wrapping_add((index.wrapping_add(1)).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn split_mix_is_the_published_generator() {
        // The first outputs for seed 1234567 in the reference implementation.
        assert_eq!(split_mix(1_234_567, 0), 6_457_827_717_110_365_317);
        assert_eq!(split_mix(1_234_567, 1), 3_203_168_211_198_807_973);
    }

    #[test]
    fn only_shards_below_their_count_are_read() {
        assert_eq!("3/4".parse(), Ok(Shard { index: 3, count: 4 }));
        for bad in ["4/4", "1", "-1/4", "0/0", "a/b", "1/4/2", "0/1000000"] {
            assert!(bad.parse::<Shard>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_shard_gets_its_share_of_every_column() {
        // 14 columns, and 14 shards: plain `cell % n` would give each one column.
        for index in 0..14 {
            let shard = Shard { index, count: 14 };
            let mut columns: Vec<usize> = (shard.cells(196, 7).iter()).map(|c| c % 14).collect();
            columns.sort_unstable();
            columns.dedup();
            assert!(columns.len() >= 6, "shard {index} has columns {columns:?}");
        }
    }

    proptest! {
        #[test]
        fn the_shards_share_out_the_cells(cells in 0_usize..500, count in 1_usize..40, seed: u64) {
            let shard_of = assignment(cells, count, seed);
            for index in 0..count {
                for cell in (Shard { index, count }).cells(cells, seed) {
                    prop_assert_eq!(shard_of[cell], index);
                }
            }
            let mut all: Vec<usize> = (0..count)
                .flat_map(|index| Shard { index, count }.cells(cells, seed))
                .collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..cells).collect::<Vec<_>>());
        }
    }
}
