//! What events are about, and in which order those of one instant run.

/// Rank of an event among those of one instant (ENGINE.md section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Class {
    /// Run-on checks, and whatever else needs the whole state.
    Global = 0,
    /// A node's own capacity becomes ready.
    Capacity = 1,
    /// Service done, server released, reply, join, an end at its time.
    Completion = 2,
    /// A visit reaches an operation on shared state; a new request.
    Arrival = 3,
    /// Time-out, hedge or pause over, longest wait, batch window, visibility.
    Timer = 4,
}

/// Returns the class in the order of an event.
#[inline]
pub(crate) fn class_of(order: u64) -> Class {
    match order >> 60 {
        0 => Class::Global,
        1 => Class::Capacity,
        2 => Class::Completion,
        3 => Class::Arrival,
        _ => Class::Timer,
    }
}

/// What an event does when its time comes; 5 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum What {
    /// The visit goes on at its next operation.
    Resume = 0,
    /// The visit's service at a line station is done.
    Done = 1,
    /// The least remaining visit of a sharing station is done (slot: station).
    SharedDone = 2,
    /// The visit has waited as long as it may.
    Patience = 3,
    /// The reply of the visit reaches its caller.
    Reply = 4,
    /// The attempt has taken too long.
    TimeOut = 5,
    /// Another attempt, if none has answered (slot: the caller).
    Hedge = 6,
    /// The branch has ended (slot: the branch).
    Join = 7,
    /// The callee learns that its answer is not needed.
    Cancel = 8,
    /// A delivery looks for messages (slot: delivery).
    Deliver = 9,
    /// Time does something to a message queue (slot: queue).
    Visibility = 10,
    /// A client of a closed load sends (slot: client, generation: source).
    Client = 11,
    /// A pause before another attempt is over (slot: the caller).
    Retry = 12,
    /// The visit ends, because something that it needed ended badly.
    End = 13,
    /// The visit ends as it decided earlier, at its own node.
    Leave = 14,
    /// A token for the first call in a client's line (slot: its rate limit).
    Pace = 15,
    /// A request on a journey reaches its next station (slot: the journey).
    Journey = 16,
}

impl What {
    /// All codes, in order.
    const ALL: [What; 17] = [
        What::Resume,
        What::Done,
        What::SharedDone,
        What::Patience,
        What::Reply,
        What::TimeOut,
        What::Hedge,
        What::Join,
        What::Cancel,
        What::Deliver,
        What::Visibility,
        What::Client,
        What::Retry,
        What::End,
        What::Leave,
        What::Pace,
        What::Journey,
    ];

    /// Returns what a code stands for.
    pub(crate) fn from_code(code: u8) -> What {
        What::ALL[usize::from(code)]
    }
}
