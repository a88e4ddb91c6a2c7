//! The real binary, run as processes: its command line, several instances, kills, outages, logs, sockets.

#![expect(
    unreachable_pub,
    reason = "the harness is a library to the other files of this binary"
)]
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

#[expect(
    dead_code,
    unused_imports,
    reason = "the harness of the API tests, of which these use the actors alone"
)]
#[path = "../api/harness/mod.rs"]
mod harness;

mod installation;
mod own_servers;

mod account_commands;
mod apply;
mod beside_a_running_server;
mod command_line;
mod configuration;
mod encryption_keys;
mod instances;
mod killed;
mod mail;
mod management;
mod outages;
mod review;
mod secrecy;
mod sockets;
