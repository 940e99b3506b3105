//! Where the database's bytes lie: a locked file, or memory.

use core::ops::Bound;
use std::{
    fs::File,
    io,
    os::unix::fs::FileExt as _,
    sync::{Mutex, PoisonError},
};

use redb::{BackendError, StorageBackend};

/// A file that this process has locked as a whole, so that whatever range is asked for is had.
#[derive(Debug)]
pub(super) struct LockedFile(File);

impl LockedFile {
    /// Locks `file`; none if another has it.
    pub(super) fn lock(file: File) -> io::Result<Option<Self>> {
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(error)) => Err(error),
        }
    }

    /// All of its bytes.
    pub(super) fn bytes(&self) -> io::Result<Vec<u8>> {
        let len = self.0.metadata()?.len();
        let len = usize::try_from(len).map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
        let mut bytes = vec![0; len];
        self.0.read_exact_at(&mut bytes, 0)?;
        Ok(bytes)
    }
}

impl Drop for LockedFile {
    /// A process that another thread is just starting holds a copy of the open file for a moment, and with it the lock
    /// of a file that is merely closed.
    fn drop(&mut self) {
        // If this fails the operating system unlocks the file when the last copy is closed.
        let _ = self.0.unlock();
    }
}

impl StorageBackend for LockedFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read_exact_at(out, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write_all_at(data, offset)
    }

    fn try_lock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<bool, BackendError> {
        Ok(true)
    }

    fn unlock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<(), BackendError> {
        Ok(())
    }
}

/// Bytes in memory, to look at a file without touching it.
#[derive(Debug)]
pub(super) struct Memory(Mutex<Vec<u8>>);

impl Memory {
    pub(super) const fn new(bytes: Vec<u8>) -> Self {
        Self(Mutex::new(bytes))
    }

    fn with<T>(&self, act: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        // No holder of the lock can panic half-way through a change.
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The range of `len` bytes from `offset`, if it is addressable.
pub(super) fn range(offset: u64, len: usize) -> io::Result<core::ops::Range<usize>> {
    let beyond = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let start = usize::try_from(offset).map_err(|_| beyond())?;
    Ok(start..start.checked_add(len).ok_or_else(beyond)?)
}

impl StorageBackend for Memory {
    fn len(&self) -> io::Result<u64> {
        Ok(self.with(|bytes| bytes.len()) as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let range = range(offset, out.len())?;
        self.with(|bytes| match bytes.get(range) {
            Some(found) => {
                out.copy_from_slice(found);
                Ok(())
            }
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        })
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let len = range(len, 0)?.start;
        self.with(|bytes| bytes.resize(len, 0));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let range = range(offset, data.len())?;
        self.with(|bytes| match bytes.get_mut(range) {
            Some(place) => {
                place.copy_from_slice(data);
                Ok(())
            }
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        })
    }

    fn try_lock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<bool, BackendError> {
        Ok(true)
    }

    fn unlock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<(), BackendError> {
        Ok(())
    }
}
