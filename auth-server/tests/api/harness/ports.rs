//! Ports for processes that are told where to listen and start later.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the ports that Linux hands out by itself: what another test is given meanwhile, or connects from, is never
/// one of these.
const FIRST: u16 = 11_000;
/// One range for each test that nextest runs at the same time.
const RANGE: u16 = 200;
const RANGES: u16 = 64;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A port that nothing listens on, and that nobody else is given while this test runs.
pub fn free_port() -> u16 {
    let slot = std::env::var("NEXTEST_TEST_GLOBAL_SLOT").ok();
    let slot: u16 = slot.and_then(|slot| slot.parse().ok()).unwrap_or(0);
    let first = FIRST + slot % RANGES * RANGE;
    (0..RANGE)
        .map(|_| first + NEXT.fetch_add(1, Ordering::Relaxed) % RANGE)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a free port")
}
