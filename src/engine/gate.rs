//! Gates: what is known of every request of a load line before it enters.
//!
//! Not here: when requests enter (`sources`).

use super::lane::Lane;
use super::replication::Replication;
use crate::model::{Model, Op};
use crate::random::{address, purpose};
use crate::workload::{FirstDraw, UNDRAWN};

/// By which the requests of a load line enter.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    /// What they do.
    pub(super) flow: u32,
    /// Law of the key that they are about; `NONE`: they are about none.
    pub(super) keys: u32,
    /// Size of each of them [bytes]; `UNDRAWN`: that is a matter of chance.
    pub(super) bytes: u64,
    /// Size of every reply to them [bytes]; `UNDRAWN`: that is a matter of chance.
    pub(super) reply: u64,
    /// Route of their only call, if it may be plain; else `NONE`.
    pub(super) direct: u32,
    /// The operation with which they begin.
    pub(super) entry: u32,
    /// What the station takes to which that call comes at once; `None`: that depends on more
    /// than the key of the request.
    pub(super) first: Option<FirstDraw>,
}

/// Returns the gates of a model; given are, per flow, the route of a plain only call, all lanes,
/// and the sampler of every work that is one.
pub(super) fn gates(
    model: &Model,
    direct: &[u32],
    lanes: &[Lane],
    plain_works: &[u32],
) -> Vec<Gate> {
    let first = |lane: &Lane| {
        let site = model.sites.get(lane.entry as usize)?;
        let Some(&Op::Serve { work, .. }) = model.ops.get(lane.entry as usize) else {
            return None;
        };
        let sampler = model.samplers.get(plain_works[work as usize] as usize)?;
        Some(FirstDraw {
            sampler: sampler.clone(),
            place: address(lane.hop, purpose::SERVICE, site.operation, 0),
        })
    };
    let always = |sampler: u32| {
        let constant = model.samplers[sampler as usize].constant();
        constant.unwrap_or(UNDRAWN)
    };
    (model.sources.iter())
        .map(|source| {
            let flow = &model.flows[source.flow() as usize];
            let route = direct[source.flow() as usize];
            let lane = lanes.get(route as usize);
            Gate {
                flow: source.flow(),
                keys: source.key(),
                bytes: always(flow.bytes),
                reply: always(flow.reply),
                direct: route,
                entry: flow.entry,
                first: (lane.filter(|lane| !model.needs_ordinal && !lane.again)).and_then(first),
            }
        })
        .collect()
}

impl Replication<'_> {
    /// Draws the size of a request [bytes].
    #[inline(always)]
    pub(super) fn request_bytes(&self, gate: &Gate, key: u64, ordinal: u64) -> u64 {
        if gate.bytes != UNDRAWN {
            return gate.bytes;
        }
        self.draw_bytes(self.model.flows[gate.flow as usize].bytes, 0, key, ordinal)
    }

    /// Draws the size of the reply to a request [bytes].
    #[inline(always)]
    pub(super) fn reply_bytes(&self, gate: &Gate, key: u64, ordinal: u64) -> u64 {
        if gate.reply != UNDRAWN {
            return gate.reply;
        }
        self.draw_bytes(self.model.flows[gate.flow as usize].reply, 1, key, ordinal)
    }

    #[cold]
    #[inline(never)]
    fn draw_bytes(&self, sampler: u32, which: u16, key: u64, ordinal: u64) -> u64 {
        let place = address(0, purpose::BYTES, which, 0);
        self.model.samplers[sampler as usize].sample(key, place, ordinal)
    }
}
