//! Labelled images in memory.

use super::idx::shipped;
use super::network::Misfit;
use std::sync::OnceLock;

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

/// Reads the named files of images and labels.
pub type ReadImages = fn(&str, &str) -> Result<Images, String>;

static READER: OnceLock<ReadImages> = OnceLock::new();

/// Says what reads files of images, which the numerics do not. The first one stays.
pub fn read_with(reader: ReadImages) {
    let _ = READER.set(reader);
}

/// The images of a run.
///
/// # Errors
/// Names the file and what is wrong with it.
pub(super) fn load(images: &str, labels: &str) -> Result<Images, Misfit> {
    match (images.is_empty(), labels.is_empty(), READER.get()) {
        (true, true, _) => Ok(shipped()),
        (false, false, Some(read)) => read(images, labels).map_err(Misfit),
        (false, false, None) => Err(Misfit(format!(
            "images.images = {images}: no files can be read here; leave it out for the digits that come with the program"
        ))),
        (true, false, _) => Err(Misfit(format!(
            "images.labels = {labels}: has no images; name their file as images.images"
        ))),
        (false, true, _) => Err(Misfit(format!(
            "images.images = {images}: has no labels; name their file as images.labels"
        ))),
    }
}
