//! Bounded reads, atomic writes and the format header that every stored JSON file starts with.

use serde::Deserialize;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Why a file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The operating system refused to read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The operating system refused to write.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The file is larger than its format allows.
    #[error("{} is too large: more than {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The largest size in bytes.
        limit: u64,
    },
}

/// Why a file's first fields do not announce the expected format.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// Not JSON, or `format` or `version` is missing.
    #[error("not a JSON object with `format` and `version`")]
    Json(#[source] serde_json::Error),
    /// Another kind of file.
    #[error("`format` is {found:?}, expected {expected:?}: this is another kind of file")]
    Format {
        /// The name found.
        found: String,
        /// The name this reader understands.
        expected: &'static str,
    },
    /// Another version of the format.
    #[error("`version` is {found}, expected {expected}: use a program of that version, or write the file again")]
    Version {
        /// The version found.
        found: u64,
        /// The version this reader understands.
        expected: u64,
    },
}

/// Reads a whole file of at most `limit` bytes; a larger one is refused by its size, before it is read.
pub(crate) fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let read = |source| FileError::Read { path: path.to_owned(), source };
    let too_large = || FileError::TooLarge { path: path.to_owned(), limit };
    let file = std::fs::File::open(path).map_err(read)?;
    if file.metadata().map_err(read)?.len() > limit {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    // One byte above the limit tells "too large" from "just fits" for a pipe and for a file that grows meanwhile.
    file.take(limit + 1).read_to_end(&mut bytes).map_err(read)?;
    if bytes.len() as u64 > limit { Err(too_large()) } else { Ok(bytes) }
}

/// Writes a file so that a reader sees the old content or the whole new one, never a part.
pub(crate) fn write_atomic(path: &Path, parts: &[&[u8]]) -> Result<(), FileError> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || -> io::Result<()> {
        let mut builder = tempfile::Builder::new();
        // No secrets are written here; the user's mask still applies.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = builder.tempfile_in(folder)?;
        for part in parts {
            file.write_all(part)?;
        }
        file.as_file().sync_all()?;
        file.persist(path)?;
        // The rename itself is durable only once the folder is on disk.
        std::fs::File::open(folder)?.sync_all()
    };
    write().map_err(|source| FileError::Write { path: path.to_owned(), source })
}

/// Checks `format` and `version` before anything else, so that a newer file is called newer and not malformed.
pub(crate) fn check_header(json: &[u8], format: &'static str, version: u64) -> Result<(), HeaderError> {
    #[derive(Deserialize)]
    struct Header {
        format: String,
        version: u64,
    }
    let header: Header = serde_json::from_slice(json).map_err(HeaderError::Json)?;
    if header.format != format {
        return Err(HeaderError::Format { found: header.format, expected: format });
    }
    if header.version != version {
        return Err(HeaderError::Version { found: header.version, expected: version });
    }
    Ok(())
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn write__over_an_old_file__replaces_it_whole_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        write_atomic(&path, &[b"old and longer"]).unwrap();
        write_atomic(&path, &[b"ne", b"w"]).unwrap();
        assert_eq!(read_limited(&path, 3).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn read__one_byte_over_the_limit__is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        write_atomic(&path, &[b"four"]).unwrap();
        assert!(matches!(read_limited(&path, 3), Err(FileError::TooLarge { limit: 3, .. })));
        assert!(matches!(read_limited(&folder.path().join("none"), 3), Err(FileError::Read { .. })));
    }

    #[test]
    fn header__other_name_or_version__is_refused_by_name() {
        assert!(check_header(br#"{"format":"a","version":1,"more":2}"#, "a", 1).is_ok());
        assert!(matches!(
            check_header(br#"{"format":"b","version":1}"#, "a", 1),
            Err(HeaderError::Format { expected: "a", .. })
        ));
        assert!(matches!(
            check_header(br#"{"format":"a","version":2}"#, "a", 1),
            Err(HeaderError::Version { found: 2, expected: 1 })
        ));
        assert!(matches!(check_header(b"{}", "a", 1), Err(HeaderError::Json(_))));
    }
}
