//! Labelled images in the IDX format of MNIST, plain or gzipped.

use super::{FileError, read_problem};
pub use crate::sim::networks::idx::shipped;
use crate::sim::networks::idx::{parse_images, parse_labels, unzipped};
use crate::sim::networks::images::{self, Images};
use std::path::Path;

/// Lets runs read the files of images that their settings name.
pub fn install() {
    images::read_with(|images, labels| {
        read_images(Path::new(images), Path::new(labels)).map_err(|e| e.to_string())
    });
}

/// Reads a file of images and the file of their labels.
///
/// # Errors
/// Names the file, and what was expected in it and found.
pub fn read_images(images: &Path, labels: &Path) -> Result<Images, FileError> {
    let (pixels, height, width) =
        parse_images(&bytes(images)?).map_err(|e| FileError::new(images, e))?;
    let parsed = parse_labels(&bytes(labels)?).map_err(|e| FileError::new(labels, e))?;
    let count = pixels.len() / (height * width);
    if parsed.len() != count {
        let problem = format!(
            "expected {count} labels, one for each image of {}; found {}",
            images.display(),
            parsed.len()
        );
        return Err(FileError::new(labels, problem));
    }
    let all = Images {
        height,
        width,
        pixels,
        labels: parsed,
    };
    match all.check() {
        Ok(()) => Ok(all),
        Err(e) => Err(FileError::new(labels, e.to_string())),
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>, FileError> {
    let raw = std::fs::read(path).map_err(|e| FileError::new(path, read_problem(&e)))?;
    match raw.starts_with(&[0x1f, 0x8b]) {
        true => unzipped(&raw).map_err(|e| FileError::new(path, e)),
        false => Ok(raw),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_digits_are_all_there() {
        let images = shipped();
        images.check().expect("images that fit their labels");
        assert_eq!(
            (images.count(), images.height, images.width),
            (3000, 28, 28)
        );
        for class in 0..10 {
            assert_eq!(images.labels.iter().filter(|l| **l == class).count(), 300);
        }
        assert_eq!(images.vector(0, 2).len(), 196);
        let mean = |pool| {
            let v = images.vector(7, pool);
            v.iter().sum::<f64>() / v.len() as f64
        };
        assert!((mean(1) - mean(2)).abs() < 1e-12 && mean(1) > 0.05);
    }

    #[test]
    fn files_of_the_wrong_kind_or_size_are_named() {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str, words: &[u32], data: &[u8]| {
            let path = directory.path().join(name);
            let mut bytes: Vec<u8> = words.iter().flat_map(|w| w.to_be_bytes()).collect();
            bytes.extend(data);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let images = file("i", &[0x0803, 2, 1, 2], &[1, 2, 3, 4]);
        let labels = file("l", &[0x0801, 2], &[3, 9]);
        let read = read_images(&images, &labels).unwrap();
        assert_eq!((read.count(), read.width), (2, 2));
        let error = |i: &Path, l: &Path| read_images(i, l).unwrap_err().to_string();
        assert!(error(&labels, &labels).contains("0x00000803 (images)"));
        let short = file("s", &[0x0803, 2, 1, 2], &[1, 2, 3]);
        assert!(error(&short, &labels).contains("[2, 1, 2] bytes after the header"));
        let few = file("f", &[0x0801, 1], &[3]);
        assert!(error(&images, &few).contains("expected 2 labels"));
        let large = file("g", &[0x0801, 2], &[3, 10]);
        assert!(error(&images, &large).contains("found 10 for image 1"));
        let huge = file("h", &[0x0803, u32::MAX, u32::MAX, u32::MAX], &[1]);
        assert!(error(&huge, &labels).contains("bytes after the header"));
        assert!(error(&file("e", &[], &[0]), &labels).contains("too short"));
        assert!(error(&directory.path().join("none"), &labels).contains("no such file"));
    }
}
