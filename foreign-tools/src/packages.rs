//! Packages of npm at the versions and hashes of a `package-lock.json`, installed once in the user's cache folder, and
//! scripts that run with them.

use crate::node::{Node, run};
use crate::{ToolError, at};
use sha2::{Digest as _, Sha256};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const LOCK: &str = "package-lock.json";
const MODULES: &str = "node_modules";

/// A folder of the repository with scripts for Node.js and the `package.json` and `package-lock.json` of what they
/// import.
#[derive(Clone, Debug)]
pub struct Packages {
    name: &'static str,
    folder: PathBuf,
}

impl Packages {
    /// The packages that `folder` asks for; in the cache they are called `name` and a digest of the lock file.
    pub fn of(name: &'static str, folder: impl Into<PathBuf>) -> Self {
        Self { name, folder: folder.into() }
    }

    /// Where the packages are installed in `cache`, by `node`'s npm if they are not.
    pub(crate) fn install(&self, node: &Node, cache: &Path) -> Result<PathBuf, ToolError> {
        let lock = self.folder.join(LOCK);
        installed(cache, self.name, &lock, |folder| {
            at(&lock, |lock| fs::copy(lock, folder.join(LOCK)))?;
            at(&self.folder.join("package.json"), |package| fs::copy(package, folder.join("package.json")))?;
            let mut npm = node.npm();
            npm.current_dir(folder).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
            run(npm).map(drop).map_err(|said| ToolError::Install { said })
        })
    }

    /// A folder in which the scripts can run, after what is missing has been fetched.
    ///
    /// # Errors
    /// [`ToolError`]; each says what the user can do.
    pub fn workplace(&self) -> Result<Workplace, ToolError> {
        let cache = cache_folder()?;
        self.workplace_of(Node::find(&cache)?, &cache)
    }

    fn workplace_of(&self, node: Node, cache: &Path) -> Result<Workplace, ToolError> {
        let packages = self.install(&node, cache)?;
        let folder = at(cache, |path| tempfile::Builder::new().prefix(".workplace-").tempdir_in(path))?;
        for entry in at(&self.folder, |path| fs::read_dir(path)?.collect::<Result<Vec<_>, _>>())? {
            if at(&entry.path(), |_| entry.file_type())?.is_file() {
                at(&entry.path(), |file| fs::copy(file, folder.path().join(entry.file_name())))?;
            }
        }
        // Node.js looks for what a script imports beside the script, and there only.
        let modules = folder.path().join(MODULES);
        at(&modules, |link| std::os::unix::fs::symlink(packages.join(MODULES), link))?;
        Ok(Workplace { node, folder })
    }
}

/// Copies of the scripts of a folder with their packages beside them; gone when dropped.
#[derive(Debug)]
pub struct Workplace {
    node: Node,
    folder: TempDir,
}

impl Workplace {
    /// Where the scripts are, and where they run; files for them can be put here.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a script; answers what it wrote to its standard output.
    ///
    /// # Errors
    /// [`ToolError::Script`] if it does not end with success.
    pub fn run<A: AsRef<OsStr>>(&self, script: &str, args: impl IntoIterator<Item = A>) -> Result<String, ToolError> {
        let mut command = self.node.node();
        command.current_dir(self.path()).arg(script).args(args);
        run(command).map_err(|said| ToolError::Script { script: script.to_owned(), said })
    }
}

/// The user's cache folder; made if it is not there.
pub(crate) fn cache_folder() -> Result<PathBuf, ToolError> {
    let cache = node_client::regtest::node_cache_folder().map_err(ToolError::CacheFolder)?;
    at(&cache, |path| fs::create_dir_all(path))?;
    Ok(cache)
}

/// The folder of `cache` that `fill` has filled as the file `pins` says. It appears under its final name only when
/// complete, so that several processes may do this at once.
pub(crate) fn installed(
    cache: &Path,
    name: &str,
    pins: &Path,
    fill: impl FnOnce(&Path) -> Result<(), ToolError>,
) -> Result<PathBuf, ToolError> {
    let digest = Sha256::digest(at(pins, |path| fs::read(path))?);
    let folder = cache.join(format!("{name}-{}", hex::encode(&digest[..8])));
    if folder.is_dir() {
        return Ok(folder);
    }
    let work = at(cache, |path| tempfile::Builder::new().prefix(".install-").tempdir_in(path))?;
    let fresh = work.path().join(name);
    at(&fresh, |path| fs::create_dir(path))?;
    fill(&fresh)?;
    match fs::rename(&fresh, &folder) {
        Err(source) if !folder.is_dir() => Err(ToolError::File { path: folder, source }),
        // Done, or another process was faster with the same files.
        _ => Ok(folder),
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn installed__folder__is_filled_once_or_not_there() {
        let [cache, pins] = [(); 2].map(|()| tempfile::tempdir().expect("a temporary folder"));
        let pinned = |name: &str| {
            let path = pins.path().join(name);
            fs::write(&path, name).expect("writable");
            path
        };
        let [lock, other] = ["one", "other"].map(pinned);
        let refused = ToolError::Install { said: "offline".to_owned() };
        let failed = installed(cache.path(), "tools", &lock, |_| Err(refused));
        assert!(matches!(failed, Err(ToolError::Install { said }) if said == "offline"));
        assert_eq!(fs::read_dir(cache.path()).expect("it is there").count(), 0, "nothing is left of the failure");

        let fill = |folder: &Path| at(&folder.join("copy"), |copy| fs::write(copy, "")).map(drop);
        let folder = installed(cache.path(), "tools", &lock, fill).expect("writable");
        assert!(folder.join("copy").is_file());
        let again = installed(cache.path(), "tools", &lock, |_| unreachable!("it is there"));
        assert_eq!(again.expect("it is there"), folder);
        let other = installed(cache.path(), "tools", &other, fill).expect("writable");
        assert_ne!(other, folder, "other pins have another folder");
    }

    #[test]
    fn workplace__script__runs_in_its_own_copy() {
        // A lock file that asks for nothing is installed without a network.
        let folder = tempfile::tempdir().expect("a temporary folder");
        let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("writable");
        put("package.json", r#"{ "name": "nothing", "version": "1.0.0", "private": true }"#);
        put(LOCK, r#"{ "name": "nothing", "version": "1.0.0", "lockfileVersion": 3, "packages": { "": {} } }"#);
        put("echo.mjs", "console.log(process.argv[2], process.cwd());");
        put("fail.mjs", "throw new Error('as asked');");
        let node = Node::find(&cache_folder().expect("a home folder")).expect("on PATH, or fetched");
        let cache = tempfile::tempdir().expect("a temporary folder");
        let packages = Packages::of("nothing", folder.path());
        let work = packages.workplace_of(node, cache.path()).expect("npm installs nothing");
        let said = work.run("echo.mjs", ["heard"]).expect("it runs");
        let place = work.path().canonicalize().expect("it is there");
        assert_eq!(said.trim_end(), format!("heard {}", place.display()));
        match work.run("fail.mjs", [""; 0]) {
            Err(ToolError::Script { script, said }) => {
                assert!(script == "fail.mjs" && said.contains("as asked"), "{said}");
            }
            other => panic!("{other:?}"),
        }
        let place = work.path().to_owned();
        drop(work);
        assert!(!place.exists());
    }
}
