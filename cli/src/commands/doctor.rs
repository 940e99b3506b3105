//! `doctor`: whether this machine has what the program needs.

use crate::Verdict;
use crate::args::DoctorArgs;
use crate::output::Output;
use crate::values::grouped;
use crate::{bundled, env_vars};
use core::fmt;
use node_client::regtest::{find_bitcoind, node_cache_folder};
use serde::Serialize;
use std::env;
use std::path::Path;
use std::process::Command;

/// Free memory to wish for, in MiB: the demo takes about 35, a larger network's setup more.
const MIN_FREE_MIB: u64 = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    /// Something beyond the embedded demo will not work.
    Warn,
    /// The embedded demo will not work.
    Fail,
}

#[derive(Serialize)]
struct Check {
    name: &'static str,
    state: State,
    found: String,
    /// How to go on, unless all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<&'static str>,
}

#[derive(Serialize)]
struct Answer {
    demo_can_run: bool,
    checks: Vec<Check>,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Check { name, state, found, fix } in &self.checks {
            let state = match state {
                State::Ok => "ok",
                State::Warn => "warn",
                State::Fail => "FAIL",
            };
            writeln!(f, "{state:<5} {name:<12} {found}")?;
            if let Some(fix) = fix {
                writeln!(f, "                   to fix: {fix}")?;
            }
        }
        let verdict =
            if self.demo_can_run { "`provelock demo` can run here." } else { "`provelock demo` cannot run here." };
        f.write_str(verdict)
    }
}

fn ok(name: &'static str, found: impl Into<String>) -> Check {
    Check { name, state: State::Ok, found: found.into(), fix: None }
}

fn warn(name: &'static str, found: impl Into<String>, fix: &'static str) -> Check {
    Check { name, state: State::Warn, found: found.into(), fix: Some(fix) }
}

fn fail(name: &'static str, found: impl Into<String>, fix: &'static str) -> Check {
    Check { name, state: State::Fail, found: found.into(), fix: Some(fix) }
}

pub(crate) fn run(args: &DoctorArgs, output: &Output) -> anyhow::Result<Verdict> {
    let mut checks = vec![cores(), memory(), model(), test_images()];
    checks.extend([writable("temporary", &env::temp_dir()), cache(), python(), node(args.node)]);
    let demo_can_run = checks.iter().all(|check| check.state != State::Fail);
    output.answer(&Answer { demo_can_run, checks })?;
    Ok(Verdict::of(demo_can_run))
}

fn cores() -> Check {
    match std::thread::available_parallelism().map_or(1, usize::from) {
        1 => warn("processor", "1 core", "nothing to do: setup and proofs take longer than the README says"),
        n => ok("processor", format!("{n} cores")),
    }
}

/// Linux tells what is free; elsewhere nothing is claimed.
fn memory() -> Check {
    let free = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| free_mib(&text));
    match free {
        Some(free) if free < MIN_FREE_MIB => {
            let found = format!("{} MiB free, {} wanted", grouped(free), grouped(MIN_FREE_MIB));
            warn("memory", found, "close other programs")
        }
        Some(free) => ok("memory", format!("{} MiB free", grouped(free))),
        None => ok("memory", "not measured on this system"),
    }
}

/// Reads `MemAvailable` of /proc/meminfo, which counts in KiB.
fn free_mib(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024)
}

fn model() -> Check {
    match bundled::model_or(None) {
        Ok(model) => ok("network", format!("{}, SHA-256 {}", model.name(), model.sha256())),
        Err(error) => fail("network", format!("{error:#}"), "build the program again from a fresh clone"),
    }
}

fn test_images() -> Check {
    match bundled::test_set() {
        Ok(set) => ok("test images", format!("{} MNIST images", grouped(set.len()))),
        Err(error) => fail("test images", format!("{error:#}"), "build the program again from a fresh clone"),
    }
}

fn writable(name: &'static str, folder: &Path) -> Check {
    let fix = "make the folder writable, or name another (TMPDIR, PROVELOCK_CACHE)";
    // A cache folder comes into being when it is first needed: its nearest parent has to admit that.
    let existing = folder.ancestors().find(|ancestor| ancestor.is_dir()).unwrap_or(folder);
    match tempfile::tempfile_in(existing) {
        Ok(_) => ok(name, format!("{} is writable", folder.display())),
        Err(error) => warn(name, format!("{}: {error}", folder.display()), fix),
    }
}

fn cache() -> Check {
    match node_cache_folder() {
        Ok(folder) => writable("node cache", &folder),
        Err(error) => warn("node cache", error.to_string(), "set PROVELOCK_CACHE to a folder"),
    }
}

fn python() -> Check {
    let fix = "install python3 with pip, or set BITCOIND to a Bitcoin SV node; only --chain regtest needs it";
    match first_line(Command::new("python3").args(["-m", "pip", "--version"])) {
        Some(said) => ok("python3, pip", said),
        None => warn("python3, pip", "not found; they fetch a node", fix),
    }
}

/// Searching may fetch a node, which takes a network and a minute: only if asked, or if the user names one.
fn node(asked: bool) -> Check {
    let named = env::var_os(env_vars::BITCOIND).is_some_and(|value| !value.is_empty());
    if !asked && !named {
        return ok("node", "not looked for; `provelock doctor --node` does, and fetches one if there is none");
    }
    match find_bitcoind() {
        Ok(path) => {
            let version = first_line(Command::new(&path).arg("-version")).unwrap_or_else(|| "unknown".to_owned());
            ok("node", format!("{version} ({})", path.display()))
        }
        Err(error) => warn("node", error.to_string(), "only --chain regtest and the node tests need it"),
    }
}

/// The first line a program prints if it succeeds.
fn first_line(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    let said = String::from_utf8_lossy(&output.stdout);
    said.lines().next().map(str::to_owned)
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn free_mib__meminfo__is_read() {
        let text = "MemTotal:       24000000 kB\nMemAvailable:    2097152 kB\n";
        assert_eq!(free_mib(text), Some(2048));
        assert_eq!(free_mib("MemAvailable: much"), None);
        assert_eq!(free_mib(""), None);
    }

    #[test]
    fn writable__missing_folder_under_a_file__is_a_warning() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(writable("x", &folder.path().join("to/come")).state, State::Ok);
    }
}
