//! `sqlx::migrate!` reads its folder at compile time; a new file there must cause a rebuild.
fn main() {
    println!("cargo:rerun-if-changed=../migrations/resource-server");
}
