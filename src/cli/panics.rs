//! Panics as messages: a user never reads a raw one.

use crate::training::panics;
use std::panic::{self, AssertUnwindSafe};

/// From here on a panic prints nothing by itself, unless `RUST_BACKTRACE` is
/// set: whoever catches it has something better to say.
pub fn record() {
    let verbose = std::env::var_os("RUST_BACKTRACE").is_some_and(|v| v != "0");
    if !verbose {
        panic::set_hook(Box::new(|_| {}));
    }
}

/// Does the work; a panic in it becomes its message.
pub fn catch<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    // What the work was changing is dropped with it, so nothing half-changed
    // is seen afterwards.
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let text = panics::message(payload.as_ref());
        text.unwrap_or("it stopped without saying why").to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_message() {
        assert_eq!(catch(|| 3), Ok(3));
        let library = "Library libxkbcommon-x11.so could not be loaded.";
        let fails = || -> u8 { std::panic::panic_any(library) };
        assert_eq!(catch(fails), Err(library.to_owned()));
        let name = "x";
        assert_eq!(
            catch(|| -> u8 { panic!("no {name}") }),
            Err("no x".to_owned())
        );
    }
}
