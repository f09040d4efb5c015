//! For tests only: every engine, a clock that is moved by hand, and makers of things to test with.
//!
//! Start with [`every_engine!`].

mod engines;
pub mod makers;

pub use engines::{Place, run};
