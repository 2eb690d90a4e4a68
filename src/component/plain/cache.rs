//! A cache: answers what it holds, and fetches or reports what it misses.
//!
//! # Model
//! 1. A server is held for `service_time` (without `servers`: nobody waits).
//! 2. A read looks its items up, in real entries or by a fixed rate. A miss is
//!    fetched from the link and kept. Without a link it is a miss for the caller's
//!    `on_miss`; a caller without such steps is answered, and the answer is kept.
//! 3. A write puts its items in, after passing them down the link, if there is one.
//!    The operation `invalidate` takes them out.
//!
//! # Not modelled
//! Memory beside the entries, and the time that eviction takes.
//!
//! # Sources
//! Defaults are the neutral element of the mechanism.

use crate::component::ask::{Access, OperationInfo};
use crate::component::parameter::{Parameters, count, duration_law, object, parameters, share};
use crate::component::shared::CacheParameters;
use crate::component::{Class, Component, KindInfo, Program, StationSpec, WorkSpec};
use crate::random::law::Law;
use crate::spec::reader::Object;

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "cache",
    class: Class::Cache,
    summary: "answers what it holds, and fetches or reports what it misses",
    model: "holds a server for service_time; looks the items up; fetches a miss from its link and \
            keeps it, or reports the miss to on_miss, or else answers itself; writes fill it after passing down the link",
    not_modelled: "memory beside the entries, time of eviction",
    sources: super::SOURCES,
    operations: &[
        OperationInfo {
            name: "get",
            access: Access::Read,
            most_items: u32::MAX,
            doc: "looks items up",
        },
        OperationInfo {
            name: "set",
            access: Access::Write,
            most_items: u32::MAX,
            doc: "puts items in",
        },
        OperationInfo {
            name: "invalidate",
            access: Access::Write,
            most_items: u32::MAX,
            doc: "takes items out",
        },
    ],
    prices: &[],
    parameters: PlainCache::table,
    read: |object| Box::new(PlainCache::read(object)),
};

parameters! {
    /// Parameters of a cache.
    pub struct PlainCache {
        /// Share of look-ups that hit; excludes `cache`.
        hit_rate: Option<f64> = None, share(), Choice, "one of `hit_rate` and `cache` has to be given";
        /// Entries, for a hit rate that follows from keys, size and expiry.
        cache: Option<CacheParameters> = None, object::<CacheParameters>(), Choice, "one of `hit_rate` and `cache` has to be given";
        /// Time one visit takes.
        service_time: Option<Law> = None, duration_law(), Choice, "no time";
        /// Servers that share one waiting line; nobody waits if absent.
        servers: Option<u32> = None, count(1..=1_000_000), Choice, "no waiting";
    }
    check PlainCache::check
}

impl PlainCache {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        object.exclusive("hit_rate", "cache");
        if !object.has("hit_rate") && !object.has("cache") {
            object.error_at(
                "cache",
                "key::missing",
                format!("{} needs `hit_rate` or `cache`", object.owner()),
            );
        }
        if self.servers.is_some() && self.service_time.is_none() {
            object.error_at(
                "servers",
                "cache::servers-need-time",
                format!("`servers` of {} need a `service_time`", object.owner()),
            );
        }
    }
}

impl Component for PlainCache {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        if let Some(time) = &self.service_time {
            match self.servers {
                Some(servers) => {
                    let spec = StationSpec {
                        servers,
                        ..StationSpec::default()
                    };
                    let station = program.station("servers", &spec);
                    program.serve(station, &WorkSpec::of(time));
                }
                None => program.work(&WorkSpec::of(time)),
            }
        }
        let cache = self
            .cache
            .as_ref()
            .map(|cache| program.cache("entries", &cache.spec(1)));
        let links = program.has_links();
        if program.is_write() {
            let removes = program.op() == "invalidate";
            if links && !removes {
                program.fetch();
            }
            match cache {
                Some(cache) if removes => program.invalidate(cache),
                Some(cache) => program.fill(cache),
                None => {}
            }
            return;
        }
        if !program.cacheable() && links {
            return program.fetch();
        }
        let miss = |program: &mut Program<'_>| {
            if !links {
                // Nobody else answers: what it makes up itself it keeps.
                if let (Some(cache), false) = (cache, program.handles_misses()) {
                    program.fill(cache);
                }
                return program.missed();
            }
            program.fetch();
            if let Some(cache) = cache {
                program.fill(cache);
            }
        };
        match cache {
            Some(cache) => program.look_up(cache, miss),
            None => program.look_up_fixed(self.hit_rate.unwrap_or(0.0), miss),
        }
    }
}
