//! What message queues and logs carry.

use crate::units::SimTime;

/// Recipients of a post that are worked on together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The post; `u32::MAX` is none.
    pub post: u32,
    /// Number of its first recipient among those of the post.
    pub first: u32,
    /// How many recipients; 0: not within a page.
    pub count: u32,
    /// Tells posts apart that had the same place one after the other.
    pub serial: u32,
    /// Pages of a smaller rank go first within their priority; 0: as they come.
    pub rank: u32,
}

impl Page {
    /// No page.
    pub const NONE: Page = Page {
        post: u32::MAX,
        first: 0,
        count: 0,
        serial: 0,
        rank: 0,
    };
}

/// One message: what its consumer needs to know of the request that sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Addresses every draw of the request.
    pub key: u64,
    /// Number of the request at its source.
    pub ordinal: u64,
    /// When it was sent.
    pub sent: SimTime,
    /// The data key in force.
    pub item: u32,
    /// Record of the request, if its detached work is counted.
    pub request: u32,
    /// What it is about (`Op::Enqueue`): chooses the route by which it is delivered.
    pub about: u32,
    /// Size in bytes.
    pub bytes: u32,
    /// How often it was received, kept by the queue.
    pub receives: u32,
    /// The page of a post that it is about.
    pub page: Page,
}

const _: () = assert!(
    size_of::<Message>() == 64,
    "a backlog may hold millions of them"
);

#[cfg(test)]
impl Message {
    /// A message for tests: its ordinal tells it apart.
    pub(super) fn numbered(ordinal: u64, item: u32) -> Message {
        Message {
            key: ordinal,
            ordinal,
            sent: SimTime::ZERO,
            item,
            request: u32::MAX,
            about: 0,
            bytes: 1024,
            receives: 0,
            page: Page::NONE,
        }
    }
}
