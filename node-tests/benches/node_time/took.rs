//! Two clocks: the one on the wall, and the processor's.

use std::{
    fs, io, thread,
    time::{Duration, Instant},
};

/// Linux brings a thread's processor time up to date when the thread pauses, else only some hundred times a second:
/// everybody pauses this long before being asked.
const PAUSE: Duration = Duration::from_millis(3);

/// What something took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Took {
    /// On the wall: whatever else the computer does makes it longer.
    pub(crate) wall: Duration,
    /// Of the processor, all threads of the process together: what the node's limits count.
    pub(crate) cpu: Duration,
}

/// Times an action of which process `pid` does the work. Whatever else the process does meanwhile counts too.
pub(crate) fn timed<T>(pid: u32, action: impl FnOnce() -> T) -> (T, Took) {
    let processor_time = || {
        thread::sleep(PAUSE);
        processor_time(pid).expect("Linux tells of a running process")
    };
    let (cpu, wall) = (processor_time(), Instant::now());
    let done = action();
    let wall = wall.elapsed();
    (done, Took { wall, cpu: processor_time().saturating_sub(cpu) })
}

/// The processor time of all threads that a process has: the first number of `schedstat` is in nanoseconds, where
/// `stat` counts ticks of 10 ms.
fn processor_time(pid: u32) -> io::Result<Duration> {
    let mut nanoseconds = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        // A thread may end before it is asked.
        let Ok(times) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        let time: Option<u64> = times.split(' ').next().and_then(|time| time.parse().ok());
        nanoseconds += time.ok_or(io::ErrorKind::InvalidData)?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}
