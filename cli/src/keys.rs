//! Key files, and where their passphrases come from.

use crate::advice::Advise as _;
use crate::args::PassphraseArgs;
use crate::{env_vars, files};
use anyhow::{Context as _, anyhow};
use std::io::{self, IsTerminal as _};
use std::path::Path;
use wallet::keys::{KeyFile, KeyFileError, Passphrase, StoredKey};
use zeroize::Zeroizing;

/// Far above any key's file.
const MAX_KEY_TEXT: u64 = 10_000;
/// Far above any passphrase.
const MAX_PASSPHRASE_TEXT: u64 = 1_000;

/// Asks for a line that is not shown; the text before it says what for.
type Ask<'a> = &'a mut dyn FnMut(&str) -> io::Result<String>;

/// Reads a key, and asks for its passphrase if it has one.
pub(crate) fn read(path: &Path, passphrase: &PassphraseArgs) -> anyhow::Result<StoredKey> {
    let named = || format!("{} is not a usable key", path.display());
    // Wiped when dropped: it may be a secret.
    let text = Zeroizing::new(files::read_text(path, MAX_KEY_TEXT)?);
    let opened = match KeyFile::parse(&text) {
        Ok(KeyFile::Encrypted(key)) => key.decrypt(&existing(passphrase, path)?),
        Ok(KeyFile::Plain(key)) => Ok(key),
        Err(error) => Err(error),
    };
    opened.or_else(|error| {
        let advice = advice_for(&error, path);
        Err(error).with_context(named).advise(advice)
    })
}

/// The passphrase of a key that exists.
fn existing(args: &PassphraseArgs, path: &Path) -> anyhow::Result<Passphrase> {
    match given(args)? {
        Some(passphrase) => Ok(passphrase),
        None => ask_once(terminal(&mut prompt, &or_given())?, &format!("Passphrase of {}: ", path.display())),
    }
}

/// The passphrase of a key that is to be encrypted: as given, or asked for twice.
pub(crate) fn new_passphrase(args: &PassphraseArgs) -> anyhow::Result<Passphrase> {
    match given(args)? {
        Some(passphrase) => Ok(passphrase),
        None => ask_twice(terminal(&mut prompt, &or_given())?),
    }
}

/// A passphrase that replaces another: from a file, or asked for twice. The environment has the one that is replaced.
pub(crate) fn replacing_passphrase(file: Option<&Path>) -> anyhow::Result<Passphrase> {
    match file {
        Some(file) => from_file(file),
        None => ask_twice(terminal(&mut prompt, "give --new-passphrase-file FILE")?),
    }
}

/// How to give a passphrase without a terminal.
fn or_given() -> String {
    format!("give --passphrase-file FILE, or set {}", env_vars::PASSPHRASE)
}

/// The passphrase that the user put into a file or the environment, if any.
fn given(args: &PassphraseArgs) -> anyhow::Result<Option<Passphrase>> {
    if let Some(path) = &args.passphrase_file {
        return from_file(path).map(Some);
    }
    match std::env::var(env_vars::PASSPHRASE) {
        Ok(text) => named(text, env_vars::PASSPHRASE).map(Some),
        Err(std::env::VarError::NotPresent) => Ok(None),
        // The error would repeat the text.
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(anyhow!("{} is not text", env_vars::PASSPHRASE)).advise("give the passphrase with --passphrase-file")
        }
    }
}

fn from_file(path: &Path) -> anyhow::Result<Passphrase> {
    let text = Zeroizing::new(files::read_text(path, MAX_PASSPHRASE_TEXT)?);
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.contains(['\n', '\r']) {
        return Err(anyhow!("{} holds several lines, expected a passphrase of one", path.display()))
            .advise("keep the passphrase alone in a file of one line");
    }
    named(line.to_owned(), &path.display().to_string())
}

fn named(text: String, place: &str) -> anyhow::Result<Passphrase> {
    Passphrase::new(text).with_context(|| format!("{place} gives no passphrase")).advise("put a passphrase there")
}

fn prompt(what: &str) -> io::Result<String> {
    rpassword::prompt_password(what)
}

/// Refuses to ask if nobody is there to answer, and says what to do instead.
fn terminal<'a>(ask: Ask<'a>, instead: &str) -> anyhow::Result<Ask<'a>> {
    // The terminal itself is asked, so that standard input may be something else.
    if io::stdin().is_terminal() || io::stderr().is_terminal() {
        return Ok(ask);
    }
    Err(anyhow!("a passphrase is needed, and there is no terminal to ask for it")).advise(instead)
}

/// A line that is not shown while it is typed.
pub(crate) fn hidden_line(what: &str) -> anyhow::Result<Zeroizing<String>> {
    Ok(Zeroizing::new(prompt(what).context("the terminal gave no line")?))
}

fn ask_once(ask: Ask<'_>, what: &str) -> anyhow::Result<Passphrase> {
    let text = ask(what).context("the terminal gave no passphrase")?;
    Passphrase::new(text).advise("type the passphrase that the key was encrypted with")
}

fn ask_twice(ask: Ask<'_>) -> anyhow::Result<Passphrase> {
    let text = ask("New passphrase: ").context("the terminal gave no passphrase")?;
    let passphrase = Passphrase::new(text)
        .advise("type one that nobody guesses: whoever copies the file can try as many as they like")?;
    let again = ask("The same again: ").context("the terminal gave no passphrase")?;
    match Passphrase::new(again) {
        Ok(again) if again.is_same(&passphrase) => Ok(passphrase),
        _ => Err(anyhow!("the two passphrases differ")).advise("run the command again; nothing was written"),
    }
}

fn advice_for(error: &KeyFileError, path: &Path) -> String {
    match error {
        KeyFileError::BareWif => format!(
            "encrypt it with `provelock key import --wif {} --network NETWORK --out NEW.key`, and use the new file",
            path.display()
        ),
        KeyFileError::NotEncrypted { network } => {
            format!("encrypt it with `provelock key import --network {network}`; its file should hold a bare key then")
        }
        KeyFileError::WrongPassphrase => {
            "give the passphrase that it was encrypted with; without it nobody can open the key".to_owned()
        }
        KeyFileError::NotByPassphrase => "give a file that `provelock key new` wrote".to_owned(),
        _ => "restore the file from a copy, or make a new key with `provelock key new`".to_owned(),
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    fn answers(lines: &'static [&'static str]) -> impl FnMut(&str) -> io::Result<String> {
        let mut lines = lines.iter();
        move |_| lines.next().map(|line| (*line).to_owned()).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    #[test]
    fn ask_twice__the_same_text__is_the_passphrase() {
        let passphrase = ask_twice(&mut answers(&["sesame", "sesame"])).unwrap();
        assert!(passphrase.is_same(&Passphrase::new("sesame".to_owned()).unwrap()));
    }

    #[test]
    fn ask_twice__anything_else__is_refused() {
        let refused = |lines: &'static [&'static str]| ask_twice(&mut answers(lines)).unwrap_err().to_string();
        assert!(refused(&["sesame", "Sesame"]).contains("the two passphrases differ"));
        assert!(refused(&["sesame", ""]).contains("the two passphrases differ"));
        assert!(refused(&["", ""]).contains("the passphrase is empty"));
        assert!(refused(&["sesame"]).contains("the terminal gave no passphrase"));
        assert!(refused(&[]).contains("the terminal gave no passphrase"));
    }

    #[test]
    fn from_file__one_line__is_the_passphrase_and_several_are_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p");
        for text in ["se same", "se same\n", "se same\r\n"] {
            std::fs::write(&path, text).unwrap();
            assert!(from_file(&path).unwrap().is_same(&Passphrase::new("se same".to_owned()).unwrap()), "{text:?}");
        }
        for (text, problem) in [("", "gives no passphrase"), ("\n", "gives no passphrase"), ("a\nb", "several lines")] {
            std::fs::write(&path, text).unwrap();
            let error = from_file(&path).unwrap_err().to_string();
            assert!(error.contains(problem), "{text:?}: {error}");
        }
    }
}
