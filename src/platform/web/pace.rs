//! How slowly a body may arrive.
//!
//! What always holds: a body that stops for longer than `upload.idle_timeout`, or takes longer than its size allows, is
//! answered 408, whatever route it is for. A body has five minutes and a second for each 4 KiB (slower than any line
//! that is worth waiting for), and never more than `upload.total_timeout`. Its size is what it announces, else the most
//! that its route takes.

use std::time::Duration;

use crate::platform::config::Config;
use crate::platform::error::Error;

/// Every body has this long.
const GRACE: Duration = Duration::from_mins(5);

/// And a second for each of so many bytes.
const SLOWEST: u64 = 4096;

/// The time-outs of a body.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Longest silence.
    pub idle: Duration,
    /// Longest time in all.
    total: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { idle: Duration::from_mins(1), total: Duration::from_hours(24) }
    }
}

impl Pace {
    /// As configured.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        Self { idle: config.upload.idle_timeout, total: config.upload.total_timeout }
    }

    /// How long a body of `size` bytes may take.
    #[must_use]
    pub fn total(self, size: u64) -> Duration {
        GRACE.saturating_add(Duration::from_secs(size / SLOWEST)).min(self.total)
    }

    /// The refusal of a body that fell silent.
    #[must_use]
    pub fn silent(self) -> Error {
        let seconds = self.idle.as_secs_f32();
        let en = format!("Nothing arrived for {seconds} seconds. Nothing was stored.");
        Error::TooSlow((en, format!("{seconds} 秒内没有收到数据，未保存任何内容")).into())
    }
}

/// The refusal of a body that takes too long.
#[must_use]
pub fn too_long() -> Error {
    let message = ("The body took too long to arrive. Nothing was stored.", "请求正文传输时间过长，未保存任何内容");
    Error::TooSlow(message.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn larger_bodies_have_more_time_up_to_the_bound() {
        let pace = Pace::default();
        assert_eq!(pace.total(0), GRACE);
        assert_eq!(pace.total(4 << 20), Duration::from_secs(300 + 1024));
        assert_eq!(pace.total(64 << 30), Duration::from_hours(24));
        assert_eq!(pace.total(u64::MAX), Duration::from_hours(24));
    }
}
