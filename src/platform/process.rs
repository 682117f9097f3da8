//! What the server asks of the system for itself, before its first thread.
//!
//! Thousands of connections that hardly send anything are to cost little and are not to hold up the others.

use rustix::fd::AsFd;
use rustix::io::fcntl_dupfd_cloexec;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::disable_transparent_huge_pages;

/// File handles there is room for from the start.
const ROOM_FOR_HANDLES: u64 = 16 * 1024;

/// Call it while there is one thread. A system that refuses something is served all the same, less well.
pub fn prepare() {
    raise_file_limit();
    make_room_for_handles();
    // 2 MiB for what needs 8 KiB: 2,000 slow connections take 140 MiB instead of 100, and the first touch
    // of such a page is a pause of 5 ms in somebody's upload. (The allocator asks for none either.)
    let _ = disable_transparent_huge_pages(true);
}

/// Takes as many file handles as the system lets it: each connection and each transfer needs one.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

/// Makes the process's table of handles large at once. It grows by doubling, and while other threads run
/// the system waits some 15 ms for them at 256, 512, 1,024, … handles, and every `open` and `accept` with it.
fn make_room_for_handles() {
    let most = getrlimit(Resource::Nofile).current.unwrap_or(ROOM_FOR_HANDLES);
    if let Ok(last) = i32::try_from(ROOM_FOR_HANDLES.min(most).saturating_sub(1)) {
        // Closed again at once; the table stays.
        let _ = fcntl_dupfd_cloexec(std::io::stderr().as_fd(), last);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_of_handles_has_room() {
        super::prepare();
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let room = status.lines().find_map(|line| line.strip_prefix("FDSize:")).unwrap();
        let most = super::getrlimit(super::Resource::Nofile).current.unwrap_or(u64::MAX);
        assert!(room.trim().parse::<u64>().unwrap() >= super::ROOM_FOR_HANDLES.min(most));
        assert!(rustix::thread::transparent_huge_pages_are_disabled().unwrap());
    }
}
