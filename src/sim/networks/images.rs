//! Labelled images in memory.

use super::network::Misfit;

/// Square or oblong images of one byte a pixel, with their classes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    /// Rows of pixels.
    pub height: usize,
    /// Columns of pixels.
    pub width: usize,
    /// All pixels, image by image, row by row.
    pub pixels: Vec<u8>,
    /// Class of each image, below 10.
    pub labels: Vec<u8>,
}

impl Images {
    /// Checks that pixels and labels fit each other.
    ///
    /// # Errors
    /// No image, a wrong number of pixels, or a label above 9.
    pub fn check(&self) -> Result<(), Misfit> {
        let (count, size) = (self.labels.len(), self.height * self.width);
        if count == 0 || size == 0 || self.pixels.len() != count * size {
            return Err(Misfit(format!(
                "images: expected as many as labels ({count}), of {}×{} pixels; found {} pixels",
                self.height,
                self.width,
                self.pixels.len()
            )));
        }
        match self.labels.iter().position(|l| *l > 9) {
            None => Ok(()),
            Some(i) => Err(Misfit(format!(
                "labels: expected classes 0 to 9; found {} for image {i}",
                self.labels[i]
            ))),
        }
    }

    /// Number of images.
    pub fn count(&self) -> usize {
        self.labels.len()
    }

    /// Pixels of one image in [0, 1], averaged over blocks of `pool`×`pool`.
    pub fn vector(&self, image: usize, pool: usize) -> Vec<f64> {
        let size = self.height * self.width;
        let pixels = &self.pixels[image * size..(image + 1) * size];
        let (rows, columns) = (self.height / pool, self.width / pool);
        let block = |k: usize| {
            let (i, j) = (k / columns * pool, k % columns * pool);
            let lines = (i..i + pool).map(|i| &pixels[i * self.width + j..][..pool]);
            let sum: u64 = lines.flatten().map(|v| u64::from(*v)).sum();
            sum as f64 / (255 * pool * pool) as f64
        };
        (0..rows * columns).map(block).collect()
    }
}
