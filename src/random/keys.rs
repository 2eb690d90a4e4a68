//! stub
#![allow(missing_docs)]
#[derive(Clone, Debug, Default)]
pub struct Keys;
impl Keys {
    pub fn draw(&self, _k: u64, _a: u64) -> u32 {
        1
    }
    pub fn contains(&self, _i: u32) -> bool {
        true
    }
    pub fn rank(&self, i: u32) -> u64 {
        u64::from(i)
    }
    pub fn global(&self, r: u64) -> u32 {
        r as u32
    }
    pub fn count(&self) -> u64 {
        1
    }
    pub fn likeliest(&self, n: u64) -> impl Iterator<Item = u32> {
        1..=n as u32
    }
}
