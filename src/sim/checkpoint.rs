//! The state of a computation as a list of 64-bit words: what has to be kept so that
//! it goes on later, in another process, to the same bits.
//!
//! A state is read into an object that was made anew from the same settings: only
//! what changes while it runs is kept. `save` and `restore` of a type go through its
//! fields in the same order.

/// Collects the words of a state.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    words: Vec<u64>,
}

impl Writer {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a whole number.
    pub fn count(&mut self, n: u64) {
        self.words.push(n);
    }

    /// Adds a number.
    pub fn number(&mut self, x: f64) {
        self.words.push(x.to_bits());
    }

    /// Adds a truth value.
    pub fn flag(&mut self, is: bool) {
        self.words.push(u64::from(is));
    }

    /// Adds a number that may be missing.
    pub fn optional_number(&mut self, x: Option<f64>) {
        self.optional_count(x.map(f64::to_bits));
    }

    /// Adds a whole number that may be missing.
    pub fn optional_count(&mut self, n: Option<u64>) {
        self.flag(n.is_some());
        self.count(n.unwrap_or(0));
    }

    /// Adds numbers, and how many they are.
    pub fn numbers<'a>(&mut self, numbers: impl ExactSizeIterator<Item = &'a f64>) {
        self.words.push(numbers.len() as u64);
        self.words.extend(numbers.map(|x| x.to_bits()));
    }

    /// All of them.
    pub fn into_words(self) -> Vec<u64> {
        self.words
    }
}

/// A state that belongs to other settings or to another version of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the kept state does not fit these settings")]
pub struct Mismatch;

/// Reads a state back, in the order in which it was written.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    words: &'a [u64],
}

impl<'a> Reader<'a> {
    /// From the first word on.
    pub fn new(words: &'a [u64]) -> Self {
        Self { words }
    }

    /// A whole number.
    ///
    /// # Errors
    /// There is none left.
    pub fn count(&mut self) -> Result<u64, Mismatch> {
        let (first, rest) = self.words.split_first().ok_or(Mismatch)?;
        self.words = rest;
        Ok(*first)
    }

    /// A number.
    ///
    /// # Errors
    /// There is none left.
    pub fn number(&mut self) -> Result<f64, Mismatch> {
        self.count().map(f64::from_bits)
    }

    /// A truth value.
    ///
    /// # Errors
    /// There is none here.
    pub fn flag(&mut self) -> Result<bool, Mismatch> {
        match self.count()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Mismatch),
        }
    }

    /// A number that may be missing.
    ///
    /// # Errors
    /// There is none here.
    pub fn optional_number(&mut self) -> Result<Option<f64>, Mismatch> {
        Ok(self.optional_count()?.map(f64::from_bits))
    }

    /// A whole number that may be missing.
    ///
    /// # Errors
    /// There is none here.
    pub fn optional_count(&mut self) -> Result<Option<u64>, Mismatch> {
        let (is_there, n) = (self.flag()?, self.count()?);
        Ok(is_there.then_some(n))
    }

    /// Numbers into `out`, of which there must be as many as were written.
    ///
    /// # Errors
    /// There are more or fewer.
    pub fn numbers<'b>(
        &mut self,
        out: impl ExactSizeIterator<Item = &'b mut f64>,
    ) -> Result<(), Mismatch> {
        let n = self.count()?;
        if n != out.len() as u64 || self.words.len() < out.len() {
            return Err(Mismatch);
        }
        let (these, rest) = self.words.split_at(out.len());
        for (out, bits) in out.zip(these) {
            *out = f64::from_bits(*bits);
        }
        self.words = rest;
        Ok(())
    }

    /// The end of the state.
    ///
    /// # Errors
    /// Something is left over.
    pub fn finish(self) -> Result<(), Mismatch> {
        if self.words.is_empty() {
            Ok(())
        } else {
            Err(Mismatch)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_to_the_bit_and_nothing_else_is() {
        let mut writer = Writer::new();
        writer.count(u64::MAX);
        writer.flag(true);
        writer.optional_number(None);
        writer.optional_count(Some(0));
        writer.numbers([f64::NAN, -0.0, f64::MIN_POSITIVE / 4.0].iter());
        let words = writer.into_words();
        let mut reader = Reader::new(&words);
        assert_eq!(reader.count(), Ok(u64::MAX));
        assert_eq!(reader.flag(), Ok(true));
        assert_eq!(reader.optional_number(), Ok(None));
        assert_eq!(reader.optional_count(), Ok(Some(0)));
        let mut numbers = [1.0; 3];
        assert_eq!(
            reader.clone().numbers(numbers[..2].iter_mut()),
            Err(Mismatch)
        );
        assert_eq!(reader.numbers(numbers.iter_mut()), Ok(()));
        assert!(numbers[0].is_nan() && numbers[1].to_bits() == (-0.0f64).to_bits());
        assert_eq!(numbers[2], f64::MIN_POSITIVE / 4.0);
        assert_eq!(reader.clone().finish(), Ok(()));
        assert_eq!(reader.number(), Err(Mismatch));
        assert_eq!(Reader::new(&words).finish(), Err(Mismatch));
    }
}
