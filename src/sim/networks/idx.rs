//! Labelled images in the bytes of the IDX format of MNIST, plain or gzipped, and the
//! digits that come with the program.

use super::images::Images;
use flate2::read::GzDecoder;
use std::io::Read;

/// Most bytes that are unpacked: 200,000 images of 28×28.
const MOST: u64 = 200_000 * 28 * 28;

/// The 3,000 digits that come with the program (see `assets/mnist/README.md`).
pub fn shipped() -> Images {
    let unpack = |packed: &[u8]| unzipped(packed).unwrap_or_default();
    let images = unpack(include_bytes!(
        "../../../assets/mnist/mnist-3000-images-idx3-ubyte.gz"
    ));
    let labels = unpack(include_bytes!(
        "../../../assets/mnist/mnist-3000-labels-idx1-ubyte.gz"
    ));
    let (pixels, height, width) = parse_images(&images).unwrap_or_default();
    Images {
        height,
        width,
        pixels,
        labels: parse_labels(&labels).unwrap_or_default(),
    }
}

/// What a gzipped file holds.
///
/// # Errors
/// Bytes that cannot be unpacked, or too many.
pub fn unzipped(packed: &[u8]) -> Result<Vec<u8>, String> {
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

/// Data of a file, and sizes where they are more than one.
///
/// # Errors
/// What was expected and found.
pub fn parse_images(bytes: &[u8]) -> Result<(Vec<u8>, usize, usize), String> {
    let (sizes, data) = header(bytes, 0x0803, 3)?;
    Ok((data.to_vec(), sizes[1], sizes[2]))
}

/// Data of a file, and sizes where they are more than one.
///
/// # Errors
/// What was expected and found.
pub fn parse_labels(bytes: &[u8]) -> Result<Vec<u8>, String> {
    header(bytes, 0x0801, 1).map(|(_, data)| data.to_vec())
}
