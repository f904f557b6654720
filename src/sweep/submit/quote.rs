//! A text as one value of another language: the shell, Slurm's #SBATCH lines, YAML,
//! Kubernetes' commands.

use std::path::Path;

/// The text, if it can be one value of every language here: one line of printable
/// text that is not empty. `name` is what it is the value of.
///
/// # Errors
/// Names it and says what is wrong.
pub fn plain<'a>(name: &str, text: &'a str) -> Result<&'a str, String> {
    // Line ends for some readers of YAML, and no characters at all.
    let odd = ['\u{2028}', '\u{2029}', '\u{feff}', '\u{fffe}', '\u{ffff}'];
    if text.is_empty() {
        return Err(format!("{name}: is empty; give a value or leave it out"));
    }
    if let Some(c) = text.chars().find(|c| c.is_control() || odd.contains(c)) {
        let what = match c {
            '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => "a line break",
            '\t' => "a tab",
            _ => "a character that is not printable",
        };
        return Err(format!(
            "{name} {text:?}: has {what} in it, which a script cannot hold; use one line of plain \
             text"
        ));
    }
    Ok(text)
}

/// A path as such a text.
///
/// # Errors
/// Also where it is not UTF-8.
pub fn plain_path<'a>(name: &str, path: &'a Path) -> Result<&'a str, String> {
    let text = path.to_str().ok_or_else(|| {
        format!("{name} {path:?}: is not UTF-8, which a script cannot hold; rename it")
    })?;
    plain(name, text)
}

/// A word of a POSIX shell, in quotes where it needs them.
pub fn shell(word: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "_-+=.,:/@%".contains(c);
    if !word.is_empty() && word.chars().all(safe) {
        return word.into();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A word of an #SBATCH line: as in a shell, but there a backslash counts within
/// quotes too.
pub fn sbatch(word: &str) -> String {
    shell(&word.replace('\\', r"\\"))
}

/// A path within a file name pattern of Slurm, in which % begins a replacement.
pub fn sbatch_pattern(path: &str) -> String {
    path.replace('%', "%%")
}

/// A scalar of YAML.
pub fn yaml(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// An argument of a container's command, where Kubernetes replaces $(NAME) and makes
/// one $ of two.
pub fn kubernetes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        out.push(c);
        if c == '$' && rest.peek().is_some_and(|next| "$(".contains(*next)) {
            out.push('$');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a real shell makes of the words.
    #[cfg(unix)]
    fn split(words: &[String]) -> Vec<String> {
        let script = format!("printf '%s\\0' {}", words.join(" "));
        let output = std::process::Command::new("sh")
            .args(["-c", &script])
            .output();
        let text = String::from_utf8(output.unwrap().stdout).unwrap();
        let mut words: Vec<String> = text.split('\0').map(str::to_owned).collect();
        words.pop();
        words
    }

    /// The words of an #SBATCH line as Slurm reads them (`get_argument` of sbatch): both
    /// quotes, a backslash anywhere, # for a comment outside of quotes.
    fn sbatch_words(line: &str) -> Vec<String> {
        let (mut words, mut word) = (Vec::new(), None::<String>);
        let (mut quote, mut escaped) = (None, false);
        for c in line.chars() {
            if std::mem::take(&mut escaped) {
                word.get_or_insert_default().push(c);
            } else if c == '\\' {
                escaped = true;
            } else if quote == Some(c) {
                quote = None;
            } else if quote.is_none() && "'\"".contains(c) {
                quote = Some(c);
                word.get_or_insert_default();
            } else if quote.is_none() && c == '#' {
                break;
            } else if quote.is_none() && c.is_whitespace() {
                words.extend(word.take());
            } else {
                word.get_or_insert_default().push(c);
            }
        }
        words.extend(word);
        words
    }

    /// Kubernetes' own expansion (`Expand` of k8s.io/kubernetes/third_party) with
    /// every name defined.
    fn expanded(text: &str) -> String {
        let mut out = String::new();
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            if c != '$' {
                out.push(c);
                continue;
            }
            match rest.next() {
                Some('$') => out.push('$'),
                Some('(') => out.push_str("REPLACED"),
                Some(c) => out.extend(['$', c]),
                None => out.push('$'),
            }
        }
        out
    }

    /// Text with much of what any of the languages takes for its own.
    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            "[ -~]{0,6}",
            "\\PC{0,3}",
            Just("%j".to_owned()),
            Just("$(x)".to_owned()),
            Just("$$(".to_owned()),
            Just("'\"\\".to_owned()),
            Just(" # ".to_owned()),
            Just("{}{.}{= 1 =}".to_owned()),
            Just(": - ".to_owned()),
            Just("`id`;&&||!*?~".to_owned()),
        ];
        proptest::collection::vec(piece, 1..6)
            .prop_map(|pieces| pieces.concat())
            .prop_filter("plain", |text| plain("x", text).is_ok())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[cfg(unix)]
        #[test]
        fn the_shell_reads_every_word_back(words in proptest::collection::vec(hostile(), 1..4)) {
            let quoted: Vec<String> = words.iter().map(|w| shell(w)).collect();
            prop_assert_eq!(split(&quoted), words);
        }

        #[test]
        fn slurm_reads_every_word_back(word in hostile()) {
            let line = format!("--comment={} --x", sbatch(&word));
            prop_assert_eq!(sbatch_words(&line), [format!("--comment={word}"), "--x".into()]);
        }

        #[test]
        fn kubernetes_hands_on_what_was_meant(text in hostile()) {
            prop_assert_eq!(expanded(&kubernetes(&text)), text);
        }

        #[test]
        fn no_percent_of_a_path_begins_a_replacement(path in hostile()) {
            let pattern = sbatch_pattern(&path);
            prop_assert_eq!(pattern.replace("%%", ""), path.replace('%', ""));
            prop_assert_eq!(pattern.replace("%%", "%"), path);
        }
    }

    #[test]
    fn what_no_script_can_hold_is_refused_and_named() {
        for (bad, what) in [
            ("a\nb", "line break"),
            ("a\r", "line break"),
            ("\u{2028}", "line break"),
            ("\u{85}", "line break"),
            ("a\tb", "tab"),
            ("\u{7}", "printable"),
            ("", "empty"),
        ] {
            let error = plain("--partition", bad).unwrap_err();
            assert!(
                error.contains("--partition") && error.contains(what),
                "{error}"
            );
        }
        assert_eq!(plain("--partition", "it's α"), Ok("it's α"));
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_not_utf_8_is_refused() {
        use std::os::unix::ffi::OsStrExt;
        let path = Path::new(std::ffi::OsStr::from_bytes(b"/data/\xff"));
        assert!(plain_path("--out", path).unwrap_err().contains("UTF-8"));
    }
}
