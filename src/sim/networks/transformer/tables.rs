//! What depends on token and position alone.

use std::ops::Range;

/// Places in the tables. Rows are (token, position): p for position 0, p for
/// position 1 and one for "=" at position 2.
#[derive(Clone, Debug)]
pub(super) struct Tables {
    pub rows: usize,
    // x, row by row.
    pub input: Range<usize>,
    // q of "=".
    pub query: Range<usize>,
    // W_Kᵀq/√d_head, one row a head: a score is its product with x.
    pub probe: Range<usize>,
    // Scores, one column a head.
    pub score: Range<usize>,
    // v, row by row.
    pub value: Range<usize>,
    pub count: usize,
}

/// The tables, apart.
pub(super) struct Parts<'a, T> {
    pub input: &'a [T],
    pub query: &'a [T],
    pub probe: &'a [T],
    pub score: &'a [T],
    pub value: &'a [T],
}

pub(super) struct PartsMut<'a, T> {
    pub input: &'a mut [T],
    pub query: &'a mut [T],
    pub probe: &'a mut [T],
    pub score: &'a mut [T],
    pub value: &'a mut [T],
}

impl Tables {
    pub(super) fn new(p: usize, width: usize, heads: usize) -> Self {
        let rows = 2 * p + 1;
        let mut start = 0;
        let mut next = |length: usize| {
            let from = start;
            start += length;
            from..start
        };
        let input = next(rows * width);
        let query = next(width);
        let probe = next(heads * width);
        let score = next(rows * heads);
        let value = next(rows * width);
        Self {
            rows,
            count: value.end,
            input,
            query,
            probe,
            score,
            value,
        }
    }

    pub(super) fn parts<'a, T>(&self, tables: &'a [T]) -> Parts<'a, T> {
        Parts {
            input: &tables[self.input.clone()],
            query: &tables[self.query.clone()],
            probe: &tables[self.probe.clone()],
            score: &tables[self.score.clone()],
            value: &tables[self.value.clone()],
        }
    }

    pub(super) fn parts_mut<'a, T>(&self, tables: &'a mut [T]) -> PartsMut<'a, T> {
        let (input, rest) = tables.split_at_mut(self.input.end);
        let (query, rest) = rest.split_at_mut(self.query.len());
        let (probe, rest) = rest.split_at_mut(self.probe.len());
        let (score, value) = rest.split_at_mut(self.score.len());
        PartsMut {
            input,
            query,
            probe,
            score,
            value,
        }
    }
}
