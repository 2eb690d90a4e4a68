//! How far apart two nodes are: the latency of a link that says none.
//!
//! Nothing, if an end is the client or of a plain kind. Else a floor and a tail by
//! where the ends lie, between regions by a table (`regions`): copies are spread evenly over their places, and nodes that
//! `placement` does not name over the zones of the region, so that a link between
//! them stays in one zone in one of so many cases as there are zones. What only says where
//! to go (a name) is no place: nothing leads to it, and from it on it is as far as from
//! whoever asked.
//!
//! Not modelled: routing that prefers the own zone.

use super::regions::round_trip_ms;
use super::writer::{Edge, Writer};
use crate::component::build::{Build, Quantity};
use crate::component::is_plain;
use crate::diagnostic::Place;
use crate::model::{CUTTABLE_FLOOR, OnRoom, Route};
use crate::random::law::Law;
use crate::random::{Sampler, Unit};

/// Round-trip time within a zone, median and 99 % quantile [ms].
///
/// SOURCE: Cross-AZ ping, eu-west-1 (lukasliesis.medium.com, 2022); RTT inside and
/// across zones, us-east-1 (orensol.com, 2009). Read 2026-11.
const SAME_ZONE_RTT_MS: (f64, f64) = (0.25, 0.7);
/// Round-trip time between zones of a region, median and 99 % quantile [ms].
///
/// SOURCE: as above, and AZ latency maps (xkyle.com, Measuring-AWS-Region-and-AZ-Latency).
const OTHER_ZONE_RTT_MS: (f64, f64) = (0.85, 2.5);
/// The 99 % and the 0.1 % quantile of the standard normal law.
const NORMAL: (f64, f64) = (2.326_347_874_040_841, -3.090_232_306_167_813);

/// Where one end of a link lies: a zone, or somewhere in a region.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spot {
    /// Region.
    region: String,
    /// Zone, if it is known.
    zone: Option<String>,
}

impl Spot {
    /// Returns the place as files write it.
    pub(super) fn name(&self) -> &str {
        self.zone.as_deref().unwrap_or(&self.region)
    }
}

impl Writer<'_> {
    /// Sets the latency of a route, and whether it may be cut.
    pub(crate) fn distance(
        &self,
        build: &mut Build,
        edge: Edge<'_>,
        place: &Place,
        route: &mut Route,
    ) {
        let written = edge.link.and_then(|link| link.latency.clone());
        let law = match written {
            Some(law) => Some(law),
            None => match self.by_placement(edge) {
                Ok(law) => law,
                Err((from, to)) => {
                    let place = edge.link.map_or(place, |link| &link.place);
                    let message = format!(
                        "the latency between `{from}` and `{to}` is not known: \
                         write \"{from} {to}\" under `latency` of `placement`"
                    );
                    Writer::refuse(build, "placement::unknown-latency", place, message);
                    None
                }
            },
        };
        let Some(law) = law.filter(|law| *law != Law::Constant(0.0)) else {
            return;
        };
        // The news of room takes no time, so that it couples both ends.
        let coupled = route.on_room != OnRoom::Nobody;
        route.cuttable = floor(&law) >= CUTTABLE_FLOOR.0 && !coupled;
        route.latency = build.sampler(Quantity::Time, &law);
    }

    /// Returns the latency by placement; the two regions if it is not known.
    fn by_placement(&self, edge: Edge<'_>) -> Result<Option<Law>, (String, String)> {
        let from_client = edge.from == self.client;
        let plain = |node: u32| {
            node != self.client && self.component(node).is_none_or(|one| is_plain(one.kind()))
        };
        if plain(edge.from) || plain(edge.to) || edge.to == self.client || self.is_name(edge.to) {
            return Ok(None);
        }
        let to = self.spots(&self.graph_node(edge.to).places);
        let named_to_clients = self.is_name(edge.from) && self.is_outmost(edge.from);
        let from = if let Some(origin) = &self.origin {
            vec![(1.0, origin.clone())]
        } else if from_client || named_to_clients {
            match self.clients() {
                Some(from) => from,
                None => return Ok(None),
            }
        } else {
            let spots = self.spots(&self.graph_node(edge.from).places);
            spots.into_iter().map(|spot| (1.0, spot)).collect()
        };
        let mut parts = Vec::new();
        for (weight, source) in &from {
            for target in &to {
                self.between(source, target, weight / to.len() as f64, &mut parts)?;
            }
        }
        Ok(Some(mixture(parts)))
    }

    /// Returns where the clients of the flow are, by weight; none: at the entry.
    pub(super) fn clients(&self) -> Option<Vec<(f64, Spot)>> {
        let lines = self.topology.load.iter();
        let lines = lines.filter(|line| line.flow == self.flow as usize);
        let from: Vec<&(String, f64)> = lines.flat_map(|line| &line.from).collect();
        let spots = from
            .iter()
            .map(|(place, weight)| (*weight, self.spot(place)));
        let spots: Vec<(f64, Spot)> = spots.collect();
        (!spots.is_empty()).then_some(spots)
    }

    /// Whether a node only says where to go.
    fn is_name(&self, node: u32) -> bool {
        let component = self.component(node);
        component.is_some_and(|component| component.points_elsewhere())
    }

    /// Returns how far a node is from a place [ns], on average.
    pub(super) fn away(&self, from: &Spot, node: u32) -> Result<f64, (String, String)> {
        let to = self.spots(&self.graph_node(node).places);
        let mut parts = Vec::new();
        for target in &to {
            self.between(from, target, 1.0 / to.len() as f64, &mut parts)?;
        }
        Ok(parts.iter().map(|(weight, law)| weight * law.mean()).sum())
    }

    /// Returns where a node's copies lie.
    fn spots(&self, places: &[String]) -> Vec<Spot> {
        if places.is_empty() {
            return vec![Spot {
                region: self.topology.placement.region.clone(),
                zone: None,
            }];
        }
        places.iter().map(|place| self.spot(place)).collect()
    }

    /// Reads a place: zones end with a letter behind the region's digit.
    fn spot(&self, place: &str) -> Spot {
        let region = place.strip_suffix(|last: char| last.is_ascii_lowercase());
        match region.filter(|region| region.ends_with(|last: char| last.is_ascii_digit())) {
            Some(region) => Spot {
                region: region.to_owned(),
                zone: Some(place.to_owned()),
            },
            None => Spot {
                region: place.to_owned(),
                zone: None,
            },
        }
    }

    /// Adds the latencies between two spots, with their weights.
    fn between(
        &self,
        from: &Spot,
        to: &Spot,
        weight: f64,
        parts: &mut Vec<(f64, Law)>,
    ) -> Result<(), (String, String)> {
        if let Some(law) = self.pair(from, to) {
            parts.push((weight, law));
            return Ok(());
        }
        if from.region != to.region {
            if let Some(far) = round_trip_ms(&from.region, &to.region) {
                parts.push((weight, floor_and_tail(far)));
                return Ok(());
            }
            return Err((from.region.clone(), to.region.clone()));
        }
        let placement = &self.topology.placement;
        let same = match (&from.zone, &to.zone) {
            (Some(from), Some(to)) => f64::from(u8::from(from == to)),
            (None, _) | (_, None) => 1.0 / f64::from(placement.zones.max(1)),
        };
        let same_zone = placement.same_zone.clone();
        let other_zone = placement.other_zone.clone();
        if same > 0.0 {
            let law = same_zone.unwrap_or_else(|| floor_and_tail(SAME_ZONE_RTT_MS));
            parts.push((weight * same, law));
        }
        if same < 1.0 {
            let law = other_zone.unwrap_or_else(|| floor_and_tail(OTHER_ZONE_RTT_MS));
            parts.push((weight * (1.0 - same), law));
        }
        Ok(())
    }

    /// Returns the latency that the file gives for two places, in either order.
    fn pair(&self, from: &Spot, to: &Spot) -> Option<Law> {
        let is =
            |place: &str, spot: &Spot| place == spot.region || spot.zone.as_deref() == Some(place);
        let pairs = self.topology.placement.pairs.iter();
        let found = pairs.filter(|(one, other, _)| {
            (is(one, from) && is(other, to)) || (is(one, to) && is(other, from))
        });
        // The most particular pair holds: zones have longer names than regions.
        let found = found.max_by_key(|(one, other, _)| one.len() + other.len());
        found.map(|(_, _, law)| law.clone())
    }
}

/// Returns the one-way latency for a round trip with this median and 99 % quantile [ms].
///
/// The floor is the 0.1 % point of the lognormal law through both; a lognormal tail
/// above it meets both again.
fn floor_and_tail((p50, p99): (f64, f64)) -> Law {
    let (p50, p99) = (p50 / 2.0 * 1e6, p99 / 2.0 * 1e6);
    let sigma = libm::log(p99 / p50) / NORMAL.0;
    let floor = (p50 * libm::exp(NORMAL.1 * sigma)).round();
    let (p50, p99) = (p50 - floor, p99 - floor);
    Law::Sum(vec![
        Law::Constant(floor),
        Law::Lognormal {
            mu: libm::log(p50),
            sigma: libm::log(p99 / p50) / NORMAL.0,
        },
    ])
}

/// Returns the least latency that a law draws [ns].
fn floor(law: &Law) -> u64 {
    Sampler::compile(law, Unit::Nanoseconds).floor()
}

/// Joins weighted laws; equal ones are one.
fn mixture(parts: Vec<(f64, Law)>) -> Law {
    let mut joined: Vec<(f64, Law)> = Vec::new();
    for (weight, law) in parts {
        match joined.iter_mut().find(|(_, known)| *known == law) {
            Some((known, _)) => *known += weight,
            None => joined.push((weight, law)),
        }
    }
    if joined.len() == 1 {
        return joined.swap_remove(0).1;
    }
    Law::Mixture(joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_apart_may_be_cut_and_one_zone_may_not() {
        let limit = CUTTABLE_FLOOR.0;

        assert!(floor(&floor_and_tail(SAME_ZONE_RTT_MS)) < limit);
        assert!(floor(&floor_and_tail(OTHER_ZONE_RTT_MS)) >= limit);
    }
}
