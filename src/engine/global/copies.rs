//! Copies that come and go: which of them takes a visit, when one is ready, how it ends.

use super::Kind;
use crate::engine::placement::partition_of;
use crate::engine::replication::Replication;
use crate::engine::visit::{NO_INSTANCE, flag};
use crate::mechanism::token_bucket::pico_tokens;
use crate::model::NONE;
use crate::model::control::{Deployment, Elastic};
use crate::random::{address, purpose};
use crate::units::{SimTime, Span};

impl Replication<'_> {
    /// Tells balancers which copies serve at the start.
    pub(crate) fn open_copies(&mut self) {
        self.globals.tracer.on = self.model.control.traced && self.number == 0;
        self.open_supplies();
        for id in 0..self.model.control.elastic.len() as u32 {
            self.copies_changed(id, SimTime::ZERO);
            self.lease_copies(id);
        }
        self.set_barrier();
    }

    /// Returns any copy of a node that takes visits, if its copies come and go.
    pub(crate) fn any_copy(&mut self, slot: u32, node: u32) -> Option<u32> {
        let word = self.word(slot, purpose::PICK, 1);
        let copies = self.globals.copies(node)?;
        let open = copies.open();
        let id = self.globals.elastic[node as usize];
        let copy = match (open.len() as u32, self.globals.mixes[id as usize]) {
            // The last one was stopped when the visit was already at the node.
            (0, _) => 0,
            (many, None) => open[partition_of(word, many) as usize],
            (_, Some((version, below))) => {
                let fresh = self.word(slot, purpose::PICK, 3) < below;
                let chosen = |copy: &&u32| (copies.version(**copy) == version) == fresh;
                let many = open.iter().filter(chosen).count() as u32;
                let nth = partition_of(word, many.max(1)) as usize;
                open.iter()
                    .filter(chosen)
                    .nth(nth)
                    .copied()
                    .unwrap_or(open[0])
            }
        };
        if self.visits[slot].flags & flag::STRAND == 0 {
            self.globals.copy_enters(node, copy);
        }
        Some(copy)
    }

    /// Returns the deployment whose version a visit is at, if it is not the first one.
    fn deployed(&self, slot: u32) -> Option<&Deployment> {
        if !self.globals.versions {
            return None;
        }
        let instance = self.visits[slot].instance;
        let node = self.node_of(slot);
        let copies = self.globals.copies(node)?;
        if instance == NO_INSTANCE {
            return None;
        }
        let version = copies.version(u32::from(instance));
        let id = self.globals.elastic[node as usize];
        let all = self.model.control.deployments.iter();
        let mut all = all.filter(|one| one.elastic == id && one.version == version);
        all.next()
    }

    /// Returns what work takes at the version of a visit's copy, and as its node is now [ns].
    pub(crate) fn versioned(&self, slot: u32, time: u64) -> u64 {
        let time = self.impaired_work(slot, time);
        match self.deployed(slot) {
            Some(deployment) => (time as f64 * deployment.slow + 0.5) as u64,
            None => time,
        }
    }

    /// Whether a visit that has done its work fails because of its copy's version or its node.
    pub(crate) fn version_fails(&self, slot: u32) -> bool {
        self.visits[slot].flags & flag::STRAND == 0
            && (self.fails_impaired(slot)
                || self.deployed(slot).is_some_and(|deployment| {
                    deployment.fail > 0 && self.word(slot, purpose::COIN, 1) < deployment.fail
                }))
    }

    /// Returns when a copy that is wanted now can be started: its account may start another, and
    /// its host is there.
    pub(in crate::engine) fn launch(&mut self, elastic: u32, copy: u32, at: SimTime) -> SimTime {
        let constants = &self.model.control.elastic[elastic as usize];
        let bucket = self.globals.launches.get_mut(constants.launches as usize);
        let launched = bucket.map_or(at, |bucket| bucket.wait(at, pico_tokens(1.0)));
        let Some((each, start)) = constants.hosts else {
            return launched;
        };
        let host = (copy / each) as usize;
        if self.globals.hosts[elastic as usize][host] == SimTime::NEVER {
            let ready = launched + self.start_up(constants.node, start);
            self.globals.hosts[elastic as usize][host] = ready;
        }
        launched.max(self.globals.hosts[elastic as usize][host])
    }

    /// Lets the hosts go that have no copy.
    pub(in crate::engine) fn release_hosts(&mut self, elastic: u32) {
        let Some((each, _)) = self.model.control.elastic[elastic as usize].hosts else {
            return;
        };
        let copies = &self.globals.copies[elastic as usize];
        let hosts = &mut self.globals.hosts[elastic as usize];
        for (host, ready) in (0u32..).zip(hosts) {
            let mut own = host * each..(host + 1) * each;
            if !own.any(|copy| copies.exists(copy)) {
                *ready = SimTime::NEVER;
            }
        }
    }

    /// Draws the time from a start at a node to the first visit, or another time of the kind.
    pub(in crate::engine) fn start_up(&mut self, node: u32, law: u32) -> Span {
        let Some(sampler) = self.model.samplers.get(law as usize) else {
            return Span::ZERO;
        };
        if let Some(constant) = sampler.constant() {
            return Span(constant);
        }
        let word = self.streams[node as usize].next_word();
        Span(sampler.sample(word, address(0, purpose::COLD, 0, 0), 0))
    }

    /// Starts or stops copies until so many serve or are on their way.
    pub(in crate::engine) fn set_copies(&mut self, id: u32, wanted: u32, at: SimTime) {
        let version = self.globals.current[id as usize];
        let node = self.model.control.elastic[id as usize].node;
        let planned = self.globals.copies[id as usize].planned();
        if wanted > planned {
            let scaling = self.model.control.elastic[id as usize].scaling.as_ref();
            let law = scaling.map_or(NONE, |scaling| scaling.start_up);
            self.release_hosts(id);
            for copy in self.globals.copies[id as usize].start(at, wanted - planned, version) {
                let launched = self.launch(id, copy, at);
                let ready = launched + self.start_up(node, law);
                self.globals.list.insert((ready, Kind::Ready, id, copy));
            }
        } else if wanted < planned {
            let ended = self.globals.copies[id as usize].stop(at, planned - wanted, version);
            for copy in ended {
                self.recorder.copy_ended(node, copy);
            }
            self.copies_changed(id, at);
        }
    }

    /// Tells those who choose among copies, or deliver to them, that others serve now.
    pub(in crate::engine) fn copies_changed(&mut self, id: u32, at: SimTime) {
        let model = self.model;
        let node = model.control.elastic[id as usize].node;
        let copies = &self.globals.copies[id as usize];
        let open = copies.open();
        let mix = self.globals.mixes[id as usize].map(|(version, below)| {
            let fresh = open.iter().filter(|copy| copies.version(**copy) == version);
            (below, fresh.copied().collect::<Vec<u32>>())
        });
        for (balancer, constants) in self.balancers.iter_mut().zip(&model.balancers) {
            for (target, one) in (0u32..).zip(&constants.targets) {
                if one.node == node {
                    balancer.open(at, target, open);
                    balancer.mix(target, mix.clone());
                }
            }
        }
        for (delivery, constants) in (0u32..).zip(&model.deliveries) {
            if constants.elastic == node {
                self.more_room(delivery, at);
            }
        }
    }

    /// Ends the stopped copies whose last visit has left.
    pub(in crate::engine) fn end_drained(&mut self) {
        for (id, elastic) in self.model.control.elastic.iter().enumerate() {
            for copy in self.globals.copies[id].reap() {
                self.recorder.copy_ended(elastic.node, copy);
            }
        }
    }

    /// Adds the copies that exist at the end of the run to the books.
    pub(crate) fn close_copies(&mut self, ended: SimTime) {
        self.close_supplies(ended);
        self.end_drained();
        for (id, elastic) in self.model.control.elastic.iter().enumerate() {
            let most = self.globals.copies[id].most();
            for copy in self.globals.copies[id].close(ended) {
                self.recorder.copy_ended(elastic.node, copy);
            }
            let record = &mut self.recorder.recording().nodes[elastic.node as usize];
            if let Some(copies) = &mut record.copies {
                copies.most = most;
            }
        }
    }
}

/// Returns when the hosts of a node take copies: those of the copies at the start do.
pub(super) fn hosts_at_start(elastic: &Elastic) -> Vec<SimTime> {
    let Some((each, _)) = elastic.hosts else {
        return Vec::new();
    };
    let used = elastic.start.div_ceil(each);
    let hosts = 0..elastic.room.div_ceil(each);
    hosts
        .map(|host| {
            if host < used {
                SimTime::ZERO
            } else {
                SimTime::NEVER
            }
        })
        .collect()
}
