//! Ctrl-C, SIGTERM and SIGHUP: what is done is written before the program ends, and
//! that is said at once.

use super::CliError;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A flag that SIGINT, SIGTERM and SIGHUP set. `saves` says what happens then, and
/// `loses` what a second signal costs, which ends the program as it would have
/// without this. A second SIGHUP does nothing: a closed session sends several.
pub(super) fn stop_on_signals(
    saves: impl Fn() -> String + Send + 'static,
    loses: &'static str,
) -> Result<Arc<AtomicBool>, CliError> {
    let (heard, stop) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicBool::new(false)),
    );
    let which = Arc::new(AtomicUsize::new(0));
    let signals = names();
    for (i, (signal, _)) in signals.iter().enumerate() {
        let register = || {
            if [SIGINT, SIGTERM].contains(signal) {
                // Before the flag is set: the first signal finds it down.
                flag::register_conditional_default(*signal, Arc::clone(&heard))?;
            }
            flag::register_usize(*signal, Arc::clone(&which), i)?;
            flag::register(*signal, Arc::clone(&heard))
        };
        register().map_err(|e| CliError::Failed(format!("signals cannot be received: {e}")))?;
    }
    let flag = Arc::clone(&stop);
    // On a thread of its own: the others may be deep in a long step.
    std::thread::spawn(move || {
        while !heard.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let name = signals
            .get(which.load(Ordering::Relaxed))
            .map_or("told to stop", |(_, name)| name);
        let saves = saves();
        let text = format!("{name}: {saves}; a second Ctrl-C or SIGTERM ends it at once, {loses}");
        // Said before the work ends, but a terminal that takes nothing is not waited
        // for.
        let said = std::thread::spawn(move || announce(&text));
        let begun = Instant::now();
        while !said.is_finished() && begun.elapsed() < Duration::from_secs(1) {
            std::thread::sleep(Duration::from_millis(1));
        }
        flag.store(true, Ordering::Relaxed);
    });
    Ok(stop)
}

fn announce(text: &str) {
    let mut stderr = std::io::stderr().lock();
    // Over the progress bar.
    let clear = if stderr.is_terminal() {
        "\r\x1b[2K"
    } else {
        ""
    };
    let _ = writeln!(stderr, "{clear}{text}");
}

/// The signals that are taken, with their names.
fn names() -> Vec<(i32, &'static str)> {
    let mut names = vec![(SIGINT, "Ctrl-C"), (SIGTERM, "SIGTERM")];
    #[cfg(unix)]
    if !hangups_are_ignored() {
        names.push((signal_hook::consts::SIGHUP, "SIGHUP"));
    }
    names
}

/// Whether the program was started by `nohup`: then it stays.
#[cfg(unix)]
fn hangups_are_ignored() -> bool {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
        // Where this cannot be seen, without a terminal as `nohup` makes it.
        return !std::io::stderr().is_terminal() && !std::io::stdout().is_terminal();
    };
    let mask = (status.lines())
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal_hook::consts::SIGHUP - 1) & 1 == 1)
}
