//! Why the window did not open, in one message: what is missing, the Debian
//! package that brings it, and the command that does the same job without a
//! window.
//!
//! The window's libraries are opened at run time, so a missing one is met here
//! and not by the linker.

/// Every Debian and Ubuntu package that the window needs at run time.
pub const PACKAGES: &str =
    "libx11-6 libx11-xcb1 libxcursor1 libxi6 libxkbcommon-x11-0 libegl1 libgl1-mesa-dri";

/// Part of a library's name, and the package that brings it. A name that
/// contains another stands before it.
const LIBRARIES: [(&str, &str); 11] = [
    ("libX11-xcb", "libx11-xcb1"),
    ("libX11", "libx11-6"),
    ("libXcursor", "libxcursor1"),
    ("libXi.", "libxi6"),
    ("libxkbcommon-x11", "libxkbcommon-x11-0"),
    ("libxkbcommon", "libxkbcommon0"),
    ("libEGL", "libegl1 libgl1-mesa-dri"),
    ("libGLX", "libglx0 libgl1-mesa-dri"),
    ("libGL.", "libgl1 libgl1-mesa-dri"),
    ("libwayland-client", "libwayland-client0"),
    ("libwayland-egl", "libwayland-egl1"),
];

/// Parts of messages that mean: there is no screen to open a window on.
const NO_DISPLAY: [&str; 5] = [
    "nor display is set",
    "display is not set",
    "failed to open connection to x server",
    "failed to convert xlib connection",
    "could not find wayland compositor",
];

/// Parts of messages that mean: a screen, but no OpenGL on it.
const NO_OPENGL: [&str; 7] = [
    "glutin",
    "egui_glow",
    "opengl",
    "swrast",
    "_dri.so",
    "egl",
    "glx",
];

/// One message for a start that failed. `error` is best the error's `{e}` and
/// `{e:?}` together, since only the latter names a missing X11 library.
/// `headless` is the command that does the same job.
pub fn explain(error: &str, headless: &str) -> String {
    explain_on(std::env::consts::OS, error, headless)
}

/// The message on this operating system, by its name in the standard library.
fn explain_on(os: &str, error: &str, headless: &str) -> String {
    let lower = error.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|p| lower.contains(p));
    let missing = lower.contains("could not be loaded")
        || lower.contains("cannot open shared object")
        || lower.contains("opening library failed")
        || lower.contains("failed to load");
    let library = LIBRARIES
        .iter()
        .find(|(part, _)| lower.contains(&part.to_lowercase()));
    let reason = match library {
        // Their libraries come with the system, and OpenGL with the graphics driver.
        _ if os != "linux" && has(&NO_OPENGL) => format!(
            "OpenGL does not work here; update the driver of the graphics card\n(reported: {})",
            first_line(error)
        ),
        _ if os != "linux" => first_line(error).to_owned(),
        Some((part, package)) if missing => format!(
            "the system library {} is missing; install it with\n  sudo apt install {package}",
            part.trim_end_matches('.')
        ),
        _ if missing => format!(
            "a system library is missing; the window needs these packages:\n  \
             sudo apt install {PACKAGES}"
        ),
        _ if has(&NO_DISPLAY) => "there is no display (neither DISPLAY nor WAYLAND_DISPLAY \
             leads to one). On a machine without a screen a virtual one does:\n  \
             sudo apt install xvfb xauth && xvfb-run grokscope"
            .to_owned(),
        _ if has(&NO_OPENGL) => format!(
            "OpenGL does not work here; its software form needs no graphics card:\n  \
             sudo apt install libegl1 libgl1-mesa-dri\n(reported: {})",
            first_line(error)
        ),
        _ => format!(
            "{}\nIf a system library is missing, these are the packages it needs:\n  \
             sudo apt install {PACKAGES}",
            first_line(error)
        ),
    };
    format!(
        "the window could not be opened: {reason}\nThe same job without a window:\n  {headless}"
    )
}

/// Reports repeat themselves and run on; a person needs the first line.
fn first_line(error: &str) -> &str {
    const ENOUGH: usize = 200;
    let line = error.trim().lines().next().unwrap_or("no reason was given");
    match line.char_indices().nth(ENOUGH) {
        Some((end, _)) => &line[..end],
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMAND: &str = "grokscope run --preset lazy --out run";

    /// Errors as eframe, winit, glutin and xkbcommon-dl word them, and what the
    /// message must name.
    const CASES: [(&str, &str); 10] = [
        (
            "winit EventLoopError: os error at platform_impl/linux/mod.rs:766: neither \
             WAYLAND_DISPLAY nor WAYLAND_SOCKET nor DISPLAY is set.",
            "no display",
        ),
        (
            "winit EventLoopError: os error at platform_impl/linux/mod.rs:789: Failed to open \
             connection to X server",
            "no display",
        ),
        (
            "winit EventLoopError: os error at platform_impl/linux/mod.rs:789: Failed to load one \
             of xlib's shared libraries (WinitEventLoop(Os(OsError { line: 789, file: \
             \"platform_impl/linux/mod.rs\", error: XNotSupported(LibraryOpenError(OpenError { \
             kind: Library, detail: \"libX11-xcb.so.1: cannot open shared object file: No such \
             file or directory\" })) })))",
            "apt install libx11-xcb1",
        ),
        (
            "Failed to load one of xlib's shared libraries (OpenError { kind: Library, detail: \
             \"libXcursor.so.1: cannot open shared object file: No such file or directory\" })",
            "apt install libxcursor1",
        ),
        (
            "Failed to load one of xlib's shared libraries (OpenError { kind: Library, detail: \
             \"libXi.so.6: cannot open shared object file: No such file or directory\" })",
            "apt install libxi6",
        ),
        (
            "winit EventLoopError: os error at platform_impl/linux/mod.rs:789: Failed to load one \
             of xlib's shared libraries",
            PACKAGES,
        ),
        (
            "Library libxkbcommon-x11.so could not be loaded.",
            "apt install libxkbcommon-x11-0",
        ),
        (
            "Library libxkbcommon.so could not be loaded.",
            "apt install libxkbcommon0",
        ),
        (
            "glutin error: not found (Glutin(Error { raw_code: None, raw_os_message: None, kind: \
             NotFound }))",
            "libegl1",
        ),
        (
            "Found no glutin configs matching the template: ConfigTemplate { .. }. Error: provided \
             native display isn't supported",
            "libgl1-mesa-dri",
        ),
    ];

    #[test]
    fn each_known_error_names_its_cure_and_the_headless_command() {
        for (error, cure) in CASES {
            let message = explain_on("linux", error, COMMAND);
            assert!(message.contains(cure), "{error}\n→ {message}");
            assert!(message.ends_with(COMMAND), "{message}");
        }
    }

    #[test]
    fn an_unknown_error_is_quoted_once_and_shortly() {
        let message = explain_on(
            "linux",
            &format!("a new trouble {}\nbacktrace", "x".repeat(900)),
            COMMAND,
        );
        assert!(message.contains("a new trouble") && message.contains(PACKAGES));
        assert!(!message.contains("backtrace") && message.len() < 700);
        assert!(explain("", COMMAND).contains("no reason was given"));
    }

    #[test]
    fn systems_without_debian_packages_hear_nothing_of_them() {
        for os in ["windows", "macos"] {
            for (error, _) in CASES {
                let message = explain_on(os, error, COMMAND);
                assert!(
                    !message.contains("apt") && !message.contains("xvfb"),
                    "{message}"
                );
                assert!(message.ends_with(COMMAND), "{message}");
            }
        }
    }
}
