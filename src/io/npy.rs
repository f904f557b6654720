//! NumPy's `.npy` format: its header, as every version of NumPy has written it,
//! and its numbers, as float64.

use std::io::{ErrorKind, Read};

/// Longest header that is read. NumPy's own are of a few hundred bytes.
const MAX_HEADER: usize = 1 << 16;

/// Bytes that are converted at a time.
const CHUNK: usize = 1 << 16;

/// What a header says about an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Type of its numbers.
    pub kind: Kind,
    /// Columns first.
    pub fortran_order: bool,
    /// Sizes of its axes.
    pub shape: Vec<usize>,
    /// Bytes before its numbers.
    pub length: u64,
}

/// Type of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// `f`, `i` or `u`, as NumPy has it.
    class: u8,
    /// Bytes of one number.
    size: usize,
    big_endian: bool,
}

impl Kind {
    /// Reads a type as NumPy names it: `<f8`, `=f8`, `float64`, `i4`, …
    ///
    /// # Errors
    /// A type that holds no real numbers, by its name.
    fn read(name: &str) -> Result<Self, String> {
        let refused = || {
            let found = match name.trim_start_matches(['<', '>', '=', '|']) {
                "b1" | "?" | "bool" => "true and false".to_owned(),
                _ => format!("NumPy type {name:?}"),
            };
            format!("expected real numbers (float64, float32 or whole); found {found}")
        };
        let (big_endian, word) = match name.as_bytes().first() {
            Some(b'>') => (true, &name[1..]),
            Some(b'<' | b'|') => (false, &name[1..]),
            Some(b'=') => (cfg!(target_endian = "big"), &name[1..]),
            _ => (cfg!(target_endian = "big"), name),
        };
        let (class, size) = match word {
            "f8" | "d" | "float64" | "double" | "float" => (b'f', 8),
            "f4" | "f" | "float32" | "single" => (b'f', 4),
            "f2" | "e" | "float16" | "half" => (b'f', 2),
            "i8" | "q" | "int64" | "int" | "longlong" => (b'i', 8),
            "i4" | "i" | "int32" | "intc" => (b'i', 4),
            "i2" | "h" | "int16" | "short" => (b'i', 2),
            "i1" | "b" | "int8" | "byte" => (b'i', 1),
            "u8" | "Q" | "uint64" | "uint" | "ulonglong" => (b'u', 8),
            "u4" | "I" | "uint32" | "uintc" => (b'u', 4),
            "u2" | "H" | "uint16" | "ushort" => (b'u', 2),
            "u1" | "B" | "uint8" | "ubyte" => (b'u', 1),
            _ => return Err(refused()),
        };
        Ok(Self {
            class,
            size,
            big_endian,
        })
    }

    /// One number; `bytes` are as many as it has.
    fn number(self, bytes: &[u8]) -> f64 {
        let mut little = [0u8; 8];
        let part = &mut little[..self.size];
        part.copy_from_slice(bytes);
        if self.big_endian {
            part.reverse();
        }
        let bits = u64::from_le_bytes(little);
        match (self.class, self.size) {
            (b'f', 8) => f64::from_bits(bits),
            (b'f', 4) => f64::from(f32::from_bits(bits as u32)),
            (b'f', _) => half(bits as u16),
            (b'i', 8) => bits as i64 as f64,
            (b'i', 4) => f64::from(bits as u32 as i32),
            (b'i', 2) => f64::from(bits as u16 as i16),
            (b'i', _) => f64::from(bits as u8 as i8),
            _ => bits as f64,
        }
    }
}

/// A number of IEEE 754 binary16.
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    sign * match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2f64.powi(exponent - 25),
    }
}

impl Header {
    /// Reads a header, and nothing of the numbers after it.
    ///
    /// # Errors
    /// What is no header of real numbers, in one line.
    pub fn read(from: &mut impl Read) -> Result<Self, String> {
        let ended = |e: std::io::Error| match e.kind() {
            ErrorKind::UnexpectedEof => "the file ends within the array's header".to_owned(),
            _ => format!("could not be read: {e}"),
        };
        let mut start = [0u8; 8];
        from.read_exact(&mut start).map_err(ended)?;
        if &start[..6] != b"\x93NUMPY" {
            return Err("is not an array in NumPy's format".into());
        }
        let (width, length) = match start[6] {
            1 => {
                let mut bytes = [0u8; 2];
                from.read_exact(&mut bytes).map_err(ended)?;
                (2, usize::from(u16::from_le_bytes(bytes)))
            }
            2 | 3 => {
                let mut bytes = [0u8; 4];
                from.read_exact(&mut bytes).map_err(ended)?;
                (4, u32::from_le_bytes(bytes) as usize)
            }
            version => {
                return Err(format!(
                    "is of NumPy's format {version}, which is not known"
                ));
            }
        };
        if length > MAX_HEADER {
            return Err(format!("its header claims {length} bytes"));
        }
        let mut bytes = vec![0; length];
        from.read_exact(&mut bytes).map_err(ended)?;
        let text = String::from_utf8_lossy(&bytes);
        let mut header = Literal(text.trim()).header()?;
        header.length = 8 + width + length as u64;
        Ok(header)
    }

    /// How many numbers it claims; `None` beyond what can be counted.
    pub fn count(&self) -> Option<usize> {
        (self.shape.iter()).try_fold(1usize, |n, &side| n.checked_mul(side))
    }

    /// How many bytes they take.
    pub fn bytes(&self) -> Option<u64> {
        let bytes = self.count()?.checked_mul(self.kind.size)?;
        u64::try_from(bytes).ok()
    }

    /// Reads the numbers, in the order of the file, and the end after them.
    ///
    /// # Errors
    /// Fewer or more than the header claims.
    pub fn numbers(&self, from: &mut impl Read) -> Result<Vec<f64>, String> {
        let count = self.count().ok_or("too large")?;
        let per_chunk = CHUNK / self.kind.size;
        // Grows with what is there, whatever was claimed.
        let mut numbers = Vec::with_capacity(count.min(per_chunk));
        let mut chunk = vec![0u8; CHUNK];
        let failed = |e: std::io::Error| match e.kind() {
            ErrorKind::UnexpectedEof => format!("shape {:?} is of more than it holds", self.shape),
            _ => format!("could not be read: {e}"),
        };
        while numbers.len() < count {
            let n = (count - numbers.len()).min(per_chunk);
            let part = &mut chunk[..n * self.kind.size];
            from.read_exact(part).map_err(failed)?;
            numbers.extend(
                part.chunks_exact(self.kind.size)
                    .map(|b| self.kind.number(b)),
            );
        }
        // The end is read too: there the archive compares its checksum.
        match from.read(&mut chunk[..1]).map_err(failed)? {
            0 => Ok(numbers),
            _ => Err(format!("shape {:?} is of less than it holds", self.shape)),
        }
    }
}

/// The Python dictionary of a header, read from the left.
struct Literal<'t>(&'t str);

impl<'t> Literal<'t> {
    fn header(mut self) -> Result<Header, String> {
        let (mut kind, mut fortran_order, mut shape) = (None, None, None);
        self.expect('{')?;
        while !self.take('}') {
            let key = self.text()?;
            self.expect(':')?;
            match key {
                "descr" if !self.0.starts_with(['\'', '"']) => {
                    return Err("expected an array of real numbers; found records".into());
                }
                "descr" => kind = Some(Kind::read(self.text()?)?),
                "fortran_order" => fortran_order = Some(self.truth()?),
                "shape" => shape = Some(self.tuple()?),
                _ => return Err(self.broken()),
            }
            if !self.take(',') {
                self.expect('}')?;
                break;
            }
        }
        match (kind, fortran_order, shape) {
            (Some(kind), Some(fortran_order), Some(shape)) => Ok(Header {
                kind,
                fortran_order,
                shape,
                length: 0,
            }),
            _ => Err(self.broken()),
        }
    }

    fn broken(&self) -> String {
        let rest: String = self.0.chars().take(20).collect();
        match rest.is_empty() {
            true => "its header ends too early".into(),
            false => format!("its header cannot be understood at {rest:?}"),
        }
    }

    fn take(&mut self, c: char) -> bool {
        let rest = self.0.trim_start();
        self.0 = rest;
        match rest.strip_prefix(c) {
            Some(rest) => {
                self.0 = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, c: char) -> Result<(), String> {
        if self.take(c) {
            Ok(())
        } else {
            Err(self.broken())
        }
    }

    /// A word in quotes.
    fn text(&mut self) -> Result<&'t str, String> {
        let quote = match self.0.chars().next() {
            Some(c @ ('\'' | '"')) => c,
            _ => return Err(self.broken()),
        };
        let (inner, rest) = self.0[1..].split_once(quote).ok_or_else(|| self.broken())?;
        self.0 = rest.trim_start();
        Ok(inner)
    }

    fn truth(&mut self) -> Result<bool, String> {
        for (word, value) in [("True", true), ("False", false)] {
            if let Some(rest) = self.0.strip_prefix(word) {
                self.0 = rest.trim_start();
                return Ok(value);
            }
        }
        Err(self.broken())
    }

    /// (), (3,), (3, 4), and (3L, 4L) as Python 2 wrote it.
    fn tuple(&mut self) -> Result<Vec<usize>, String> {
        let mut sizes = Vec::new();
        self.expect('(')?;
        while !self.take(')') {
            let end = self.0.find(|c: char| !c.is_ascii_digit());
            let (digits, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
            if digits.is_empty() {
                return Err(self.broken());
            }
            let size = digits.parse();
            sizes.push(size.map_err(|_| format!("a size of {digits} is impossible"))?);
            self.0 = rest.strip_prefix('L').unwrap_or(rest).trim_start();
            if !self.take(',') {
                self.expect(')')?;
                break;
            }
        }
        Ok(sizes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An array of NumPy's format 1.0 with this dictionary.
    fn npy(dictionary: &str, numbers: &[u8]) -> Vec<u8> {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((dictionary.len() as u16).to_le_bytes());
        bytes.extend(dictionary.as_bytes());
        bytes.extend(numbers);
        bytes
    }

    fn read(dictionary: &str, numbers: &[u8]) -> Result<Vec<f64>, String> {
        let bytes = npy(dictionary, numbers);
        let mut from = bytes.as_slice();
        Header::read(&mut from)?.numbers(&mut from)
    }

    #[test]
    fn every_name_of_a_type_is_read() {
        let of = |name: &str, bytes: &[u8]| {
            read(
                &format!("{{'descr': '{name}', 'fortran_order': False, 'shape': (1,), }}\n"),
                bytes,
            )
        };
        for name in ["<f8", "=f8", "f8", "float64", "d", "double"] {
            assert_eq!(of(name, &1.5f64.to_le_bytes()), Ok(vec![1.5]), "{name}");
        }
        for name in ["<f4", "=f4", "float32", "single"] {
            assert_eq!(of(name, &1.5f32.to_le_bytes()), Ok(vec![1.5]), "{name}");
        }
        assert_eq!(of(">f8", &1.5f64.to_be_bytes()), Ok(vec![1.5]));
        assert_eq!(of(">i2", &(-3i16).to_be_bytes()), Ok(vec![-3.0]));
        assert_eq!(of("|u1", &[200]), Ok(vec![200.0]));
        assert_eq!(of("|i1", &[200]), Ok(vec![-56.0]));
        assert_eq!(of("int64", &(-7i64).to_le_bytes()), Ok(vec![-7.0]));
        assert_eq!(of("<u8", &u64::MAX.to_le_bytes()), Ok(vec![2f64.powi(64)]));
        for (bits, x) in [
            (0x3c00u16, 1.0),
            (0xc000, -2.0),
            (0x7c00, f64::INFINITY),
            (1, 2f64.powi(-24)),
        ] {
            assert_eq!(of("<f2", &bits.to_le_bytes()), Ok(vec![x]));
        }
        for bad in ["<c16", "|b1", "?", "|O", "<f16", "<U3", "", "ж"] {
            let error = of(bad, &[0; 16]).unwrap_err();
            assert!(error.starts_with("expected real numbers"), "{bad}: {error}");
        }
    }

    #[test]
    fn headers_are_read_as_any_python_wrote_them() {
        let shape = |text: &str| {
            let text = format!("{{\"shape\":{text},'descr':'<f8','fortran_order':True}}");
            Header::read(&mut npy(&text, &[]).as_slice()).map(|h| h.shape)
        };
        assert_eq!(shape("(12L, 4L)"), Ok(vec![12, 4]));
        assert_eq!(shape("( 12 , 4 )"), Ok(vec![12, 4]));
        assert_eq!(shape("(3,)"), Ok(vec![3]));
        assert_eq!(shape("()"), Ok(vec![]));
        for bad in [
            "(-1,)",
            "(1",
            "3",
            "(1,,2)",
            "(99999999999999999999999,)",
            "(1.5,)",
        ] {
            let error = shape(bad).unwrap_err();
            assert!(!error.contains('\n'), "{bad}: {error}");
        }
        let records = "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}";
        assert!(read(records, &[0; 8]).unwrap_err().contains("records"));
    }

    #[test]
    fn what_is_claimed_must_be_there() {
        let of = |n: usize| format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({n},)}}");
        assert!(read(&of(3), &[0; 16]).unwrap_err().contains("more than"));
        assert!(read(&of(1), &[0; 16]).unwrap_err().contains("less than"));
        assert!(read(&of(usize::MAX), &[0; 16]).is_err());
        assert_eq!(read(&of(2), &[0; 16]), Ok(vec![0.0; 2]));
    }
}
