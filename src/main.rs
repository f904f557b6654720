//! Parses, dispatches and exits; everything else is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(feature = "gui")]
    let window = Some(grokscope::cli::Window {
        open: grokscope::app::run,
        picture: grokscope::app::picture::picture,
        diagram: grokscope::app::diagram::picture,
        panels: grokscope::app::figures::picture,
    });
    #[cfg(not(feature = "gui"))]
    let window = None;
    ExitCode::from(grokscope::cli::main(std::env::args_os(), window))
}
