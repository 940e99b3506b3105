//! Small files in, whole files out.

use crate::advice::Advise as _;
use anyhow::Context as _;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;

/// Whether a file that exists may be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    Keep,
    Replace,
    /// Not even with `--force`: the advice says why.
    Never(&'static str),
}

/// Who may read a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Whoever the user's defaults admit.
    Default,
    /// The owner alone, from the first byte on.
    Owner,
}

impl Existing {
    /// What `--force` means.
    pub(crate) fn with_force(force: bool) -> Self {
        if force { Self::Replace } else { Self::Keep }
    }

    /// Fails before long work if the file could not be written after it.
    pub(crate) fn check(self, path: &Path) -> anyhow::Result<()> {
        // A link is looked at itself, wherever it leads: a rename would replace the link.
        if let Ok(found) = path.symlink_metadata() {
            let exists = || anyhow::anyhow!("{} exists already", path.display());
            if !found.is_file() {
                return Err(exists().context(format!("{} is not a regular file", path.display())))
                    .advise("choose another name: only regular files are replaced");
            }
            match self {
                Self::Replace => {}
                Self::Keep => {
                    return Err(exists()).advise("choose another name, or add --force to replace the file");
                }
                Self::Never(advice) => return Err(exists()).advise(advice),
            }
        }
        let folder = folder_of(path);
        if !folder.is_dir() {
            return Err(anyhow::anyhow!("{} is not a folder", folder.display())).advise("create the folder first");
        }
        Ok(())
    }
}

/// Fails before any work if two files to be written have one name: the first would be there, the second refused.
pub(crate) fn check_distinct(paths: &[&Path]) -> anyhow::Result<()> {
    let twice = paths.iter().enumerate().find(|(n, path)| paths[..*n].contains(path));
    twice.map_or(Ok(()), |(_, path)| {
        Err(anyhow::anyhow!("{} is named for two files", path.display())).advise("give each a name of its own")
    })
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Reads a file of at most `limit` bytes.
pub(crate) fn read(path: &Path, limit: u64) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut read = || File::open(path)?.take(limit + 1).read_to_end(&mut bytes);
    read()
        .with_context(|| format!("cannot read {}", path.display()))
        .advise("give the name of a file that is there and may be read")?;
    if bytes.len() as u64 > limit {
        let found = anyhow::anyhow!("{} is too large: more than {limit} bytes", path.display());
        return Err(found).advise("it is no file of the kind that is needed here: give another");
    }
    Ok(bytes)
}

/// Reads a text file of at most `limit` bytes.
pub(crate) fn read_text(path: &Path, limit: u64) -> anyhow::Result<String> {
    String::from_utf8(read(path, limit)?).with_context(|| format!("{} is not text", path.display()))
}

/// Writes a file so that a reader sees nothing, or the old content, or the whole new content, but never a part.
pub(crate) fn write(path: &Path, content: &[u8], existing: Existing, readers: Readers) -> anyhow::Result<()> {
    existing.check(path)?;
    write_unchecked(path, content, existing, readers).with_context(|| format!("cannot write {}", path.display()))
}

fn write_unchecked(path: &Path, content: &[u8], existing: Existing, readers: Readers) -> std::io::Result<()> {
    let folder = folder_of(path);
    let mut builder = tempfile::Builder::new();
    // The temporary file's own default is the owner alone; the user's mask still applies to what is asked for here.
    #[cfg(unix)]
    if readers == Readers::Default {
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    }
    #[cfg(not(unix))]
    let _ = readers;
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    match existing {
        Existing::Keep | Existing::Never(_) => file.persist_noclobber(path)?,
        Existing::Replace => file.persist(path)?,
    };
    // The rename itself is durable only once the folder is on disk.
    File::open(folder)?.sync_all()
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn write__existing_file__is_kept_unless_forced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        write(&path, b"one", Existing::Keep, Readers::Default).unwrap();
        let error = write(&path, b"two", Existing::Keep, Readers::Default).unwrap_err();
        assert!(error.to_string().contains("exists already"), "{error}");
        assert_eq!(read(&path, 3).unwrap(), b"one");
        write(&path, b"two", Existing::Replace, Readers::Default).unwrap();
        assert_eq!(read_text(&path, 3).unwrap(), "two");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    }

    #[cfg(unix)]
    #[test]
    fn write__what_is_no_regular_file__is_not_replaced_even_if_forced() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::fs::write(&file, b"one").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        std::fs::create_dir(folder.path().join("folder")).unwrap();
        for path in [&link, &folder.path().join("folder"), Path::new("/dev/null")] {
            for existing in [Existing::Keep, Existing::Replace] {
                let error = write(path, b"two", existing, Readers::Default).unwrap_err();
                assert!(error.to_string().contains("is not a regular file"), "{error}");
            }
        }
        assert_eq!(std::fs::read(&link).unwrap(), b"one");
        let error = write(&file, b"two", Existing::Never("it holds a key"), Readers::Owner).unwrap_err();
        assert!(error.to_string().contains("exists already"), "{error}");
        write(&file, b"two", Existing::Replace, Readers::Default).unwrap();
        assert_eq!(std::fs::read(&link).unwrap(), b"two", "the link leads there still");
    }

    #[cfg(unix)]
    #[test]
    fn write__for_the_owner__is_readable_by_nobody_else() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let mode = |name: &str, readers| {
            let path = folder.path().join(name);
            write(&path, b"x", Existing::Keep, readers).unwrap();
            std::fs::metadata(path).unwrap().permissions().mode() & 0o777
        };
        assert_eq!(mode("secret", Readers::Owner), 0o600);
        assert_ne!(mode("public", Readers::Default) & 0o400, 0);
    }

    #[test]
    fn read__too_large_or_missing__is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, b"four").unwrap();
        assert!(read(&path, 3).unwrap_err().to_string().contains("too large"));
        assert!(read(&folder.path().join("b"), 3).unwrap_err().to_string().contains("cannot read"));
    }
}
