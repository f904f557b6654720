//! Why a piece of work panicked.

use std::any::Any;

/// The message of a panic that was caught, if it has one.
pub fn message(panic: &(dyn Any + Send)) -> Option<&str> {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
}

/// The same for a sentence that needs some reason.
pub fn reason(panic: &(dyn Any + Send)) -> &str {
    message(panic).unwrap_or("no reason was given")
}
