//! Where each named weight matrix lies in the flat parameter vector.

use std::ops::Range;

/// One array of parameters: a weight matrix or the biases of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// As in the formulas: `W1`, `b1`, `W_E`.
    pub name: String,
    /// Sizes of its axes; the last one runs fastest.
    pub shape: Vec<usize>,
    /// Its place in the flat vector.
    pub range: Range<usize>,
}

/// The arrays of a network in the order of its flat parameter vector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    tensors: Vec<Tensor>,
}

impl Layout {
    /// Arrays one after the other.
    pub fn new<S: Into<String>>(tensors: impl IntoIterator<Item = (S, Vec<usize>)>) -> Self {
        let mut start = 0;
        let tensors = tensors
            .into_iter()
            .map(|(name, shape)| {
                let end = start + shape.iter().product::<usize>();
                let range = std::mem::replace(&mut start, end)..end;
                Tensor {
                    name: name.into(),
                    shape,
                    range,
                }
            })
            .collect();
        Self { tensors }
    }

    /// Number of parameters P.
    pub fn count(&self) -> usize {
        self.tensors.last().map_or(0, |t| t.range.end)
    }

    /// The arrays in order.
    pub fn tensors(&self) -> &[Tensor] {
        &self.tensors
    }

    /// The array of this name.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.tensors.iter().find(|t| t.name == name)
    }

    /// Place of the array with this number in the flat vector.
    pub fn range(&self, index: usize) -> Range<usize> {
        self.tensors[index].range.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_lie_one_after_the_other() {
        let layout = Layout::new([("W", vec![2, 3]), ("b", vec![2])]);
        assert_eq!(layout.count(), 8);
        assert_eq!(layout.get("b").map(|t| t.range.clone()), Some(6..8));
        assert_eq!(Layout::default().count(), 0);
    }
}
