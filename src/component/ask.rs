//! What a program is asked to do: which node, for whom, and how.

use crate::model::NONE;

/// What a call does, as the callee sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Brings items back.
    Read,
    /// Takes items along.
    Write,
    /// Runs a program, or hands on.
    Call,
    /// Leaves a message.
    Send,
}

/// An operation of a kind, by which steps name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperationInfo {
    /// Name as users write it: `get`, `query`, `conditional`.
    pub name: &'static str,
    /// Whether it brings items back or takes them along; the first of each access is the default.
    pub access: Access,
    /// Most items in one call; `u32::MAX` is unlimited.
    pub most_items: u32,
    /// What it does, in half a sentence.
    pub doc: &'static str,
}

/// Everything that tells the programs of a model apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ask {
    /// Node whose program it is: index into `Model::nodes`.
    pub node: u32,
    /// Flow: index into `Model::flows`.
    pub flow: u32,
    /// Endpoint, without the slash.
    pub endpoint: Option<String>,
    /// What the call does.
    pub access: Access,
    /// Operation as the step names it; nodes that hand calls on need not know it.
    pub op: Option<String>,
    /// Operation, as an index into the kind's list; `NONE` if the kind has none that fits.
    pub operation: u32,
    /// Whether the read must be strong.
    pub consistent: bool,
    /// Whether caches may answer.
    pub cacheable: bool,
    /// Whether the caller deals with misses: caches then fetch nothing themselves.
    pub handles_miss: bool,
    /// Whether the visit is a delivery of a queue, log, topic or store.
    pub delivered: bool,
    /// Whether the call may be about several items that are refused one by one.
    pub several: bool,
    /// Whether it repeats what happened at another store of its kind.
    pub replica: bool,
    /// Whether the call may bring more than the node takes (`Component::most_bytes`).
    pub large: bool,
}

impl Ask {
    /// Makes a call that asks for nothing but an operation of a node.
    pub fn new(node: u32, flow: u32, access: Access, operation: u32) -> Ask {
        Ask {
            node,
            flow,
            endpoint: None,
            access,
            op: None,
            operation,
            consistent: false,
            cacheable: false,
            handles_miss: false,
            delivered: false,
            several: false,
            replica: false,
            large: false,
        }
    }

    /// Returns the operation's place in the kind's list, if there is one.
    pub fn operation(&self) -> Option<usize> {
        (self.operation != NONE).then_some(self.operation as usize)
    }
}
