//! Labelled images in the IDX format of MNIST, plain or gzipped.

use super::{FileError, read_problem};
use crate::sim::networks::images::Images;
use flate2::read::GzDecoder;
use std::io::Read;
use std::path::Path;

/// Most bytes that are read: 200,000 images of 28×28.
const MOST: u64 = 200_000 * 28 * 28;

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

/// The 3,000 digits that come with the program (see `assets/mnist/README.md`).
pub fn shipped() -> Images {
    let unpack = |packed: &[u8]| unzipped(packed).unwrap_or_default();
    let images = unpack(include_bytes!(
        "../../assets/mnist/mnist-3000-images-idx3-ubyte.gz"
    ));
    let labels = unpack(include_bytes!(
        "../../assets/mnist/mnist-3000-labels-idx1-ubyte.gz"
    ));
    let (pixels, height, width) = parse_images(&images).unwrap_or_default();
    Images {
        height,
        width,
        pixels,
        labels: parse_labels(&labels).unwrap_or_default(),
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>, FileError> {
    let raw = std::fs::read(path).map_err(|e| FileError::new(path, read_problem(&e)))?;
    match raw.starts_with(&[0x1f, 0x8b]) {
        true => unzipped(&raw).map_err(|e| FileError::new(path, e)),
        false => Ok(raw),
    }
}

fn unzipped(packed: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let mut reader = GzDecoder::new(packed).take(MOST + 1);
    reader
        .read_to_end(&mut out)
        .map_err(|e| format!("could not be unpacked: {e}"))?;
    match out.len() as u64 > MOST {
        true => Err(format!("is larger than {MOST} bytes when unpacked")),
        false => Ok(out),
    }
}

/// Sizes and data behind a header of `count` sizes.
fn header(bytes: &[u8], kind: u32, count: usize) -> Result<(Vec<usize>, &[u8]), String> {
    let word = |i: usize| -> Option<u32> {
        let word = bytes.get(4 * i..4 * i + 4)?;
        Some(u32::from_be_bytes(word.try_into().ok()?))
    };
    match word(0) {
        Some(found) if found == kind => {}
        Some(found) => {
            return Err(format!(
                "expected an IDX file that starts with 0x{kind:08x} ({}); found 0x{found:08x}",
                if count == 3 { "images" } else { "labels" }
            ));
        }
        None => return Err("is too short for an IDX file".into()),
    }
    let sizes: Option<Vec<usize>> = (1..=count).map(|i| word(i).map(|n| n as usize)).collect();
    let sizes = sizes.ok_or("ends within the header of an IDX file")?;
    let data = &bytes[4 * (count + 1)..];
    let expected = sizes.iter().try_fold(1usize, |p, n| p.checked_mul(*n));
    match expected {
        Some(expected) if expected == data.len() && expected > 0 => Ok((sizes, data)),
        _ => Err(format!(
            "expected {sizes:?} bytes after the header, as it says; found {}",
            data.len()
        )),
    }
}

fn parse_images(bytes: &[u8]) -> Result<(Vec<u8>, usize, usize), String> {
    let (sizes, data) = header(bytes, 0x0803, 3)?;
    Ok((data.to_vec(), sizes[1], sizes[2]))
}

fn parse_labels(bytes: &[u8]) -> Result<Vec<u8>, String> {
    header(bytes, 0x0801, 1).map(|(_, data)| data.to_vec())
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
