//! Fan-outs and gathers: who is reached, in what pages, and who is pulled.

/// What fan-outs and gathers of one name have in common.
#[derive(Clone, Debug)]
pub struct FanOut {
    /// Name.
    pub name: String,
    /// Flows that fan out under it.
    pub flows: Vec<u32>,
    /// Flows that gather under it.
    pub readers: Vec<u32>,
    /// Users among whom the recipients are any; 0 where they are only counted.
    pub among: f64,
    /// Whether all of its steps follow the audience's strategy.
    pub switched: bool,
}

/// A step that delivers to recipients, page by page.
#[derive(Clone, Debug)]
pub struct FanOutStep {
    /// Whose tally it is.
    pub fan_out: u32,
    /// Flow that fans out.
    pub flow: u32,
    /// First operation of what is done for a page.
    pub entry: u32,
    /// Who gets it.
    pub recipients: Recipients,
    /// Whether only those of the page that came in.
    pub of_page: bool,
    /// Recipients per page, ≥ 1.
    pub batch: u32,
    /// Pages in work at once, ≥ 1.
    pub concurrency: u32,
    /// Whether pages of small posts go before those of large ones.
    pub small_first: bool,
    /// Authors with fewer followers push; 0: nobody does, `u64::MAX`: all do.
    pub threshold: u64,
    /// Whether recipients have the post when their page has completed; else it is only cut.
    pub delivers: bool,
}

/// Who gets a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipients {
    /// All followers of the author.
    Followers,
    /// Those whose timeline is kept.
    Active,
    /// Those who are connected now.
    Online,
    /// So many: sampler.
    Count(u32),
}

/// A step that reads what was delivered, and pulls the rest.
#[derive(Clone, Debug)]
pub struct Gather {
    /// Whose tally it is.
    pub fan_out: u32,
    /// First operation of reading one's own; `NONE` if everything is pulled.
    pub own: u32,
    /// First operation of a pull.
    pub pull: u32,
    /// Accounts with at least so many followers are pulled; 0: all, `u64::MAX`: none.
    pub threshold: u64,
    /// Accounts per pull, ≥ 1.
    pub batch: u32,
    /// Most pulls at once; `u32::MAX` is unlimited.
    pub concurrency: u32,
    /// How many branches must complete; `NONE`: all must have ended; `ALL`: all must complete.
    pub needed: u32,
}
