//! Parses, dispatches and exits; everything else is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(feature = "gui")]
    let window: Option<grokscope::cli::OpenWindow> = Some(grokscope::app::run);
    #[cfg(not(feature = "gui"))]
    let window: Option<grokscope::cli::OpenWindow> = None;
    ExitCode::from(grokscope::cli::main(std::env::args_os(), window))
}
