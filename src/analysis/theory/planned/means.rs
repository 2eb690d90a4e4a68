//! What visits are about: items and bytes, as means over all that come to a place.

use super::{MOST_PASSES, Means, Planned, SETTLED};
use crate::analysis::theory::traffic::Begin;
use crate::analysis::theory::unknown::About;
use crate::analysis::theory::{paths, recipients};
use crate::model::{CountFrom, INHERITED, NONE, Op};

impl Planned<'_> {
    /// Works out what visits are about.
    pub(super) fn means(&self) -> Vec<Means> {
        let model = self.model();
        let count = self.traffic.reached.len();
        let usual = Means {
            items: 1.0,
            bytes: 1024.0,
        };
        let mut means = vec![usual; count];
        let begun: Vec<Vec<(u32, usize, Begin)>> = (0..count)
            .map(|start| {
                let ops = self.traffic.reached[start].iter();
                let begins = ops.flat_map(|op| {
                    let all = self.traffic.begun_by(self.topology, start, *op);
                    all.into_iter().map(move |one| (*op, one))
                });
                let placed = begins.filter_map(|(op, one)| {
                    let to = *self.traffic.starts.get(&one.entry)?;
                    (one.times > 0.0).then_some((op, to, one))
                });
                placed.collect()
            })
            .collect();
        for _ in 0..MOST_PASSES {
            let mut sums = vec![(0.0, 0.0, 0.0); count];
            for flow in &model.flows {
                if let Some(&start) = self.traffic.starts.get(&flow.entry) {
                    let bytes = model.samplers[flow.bytes as usize].mean();
                    sums[start] = (1.0, 1.0, bytes);
                }
            }
            for (from, begins) in begun.iter().enumerate() {
                for (op, to, one) in begins {
                    let given = self.given(*op, one, means[from]);
                    let sum = &mut sums[*to];
                    sum.0 += one.times;
                    sum.1 += one.times * given.items;
                    sum.2 += one.times * given.bytes;
                }
            }
            let mut moved = 0.0_f64;
            for (known, (weight, items, bytes)) in means.iter_mut().zip(sums) {
                if weight > 0.0 {
                    let next = Means {
                        items: items / weight,
                        bytes: bytes / weight,
                    };
                    moved = moved.max((next.items / known.items - 1.0).abs());
                    moved = moved.max((next.bytes / known.bytes.max(1e-300) - 1.0).abs());
                    *known = next;
                }
            }
            if moved < SETTLED {
                break;
            }
        }
        means
    }

    /// Returns what somebody who is started is about.
    fn given(&self, op: u32, one: &Begin, own: Means) -> Means {
        let model = self.model();
        let op = model.ops[op as usize];
        if let Op::Each { each, .. } = op {
            let each = &model.loops[each as usize];
            return match paths::rounds(model, each) {
                None => own.with(1.0),
                Some(rounds) if each.cut != 0 => {
                    let items = model.samplers[each.times as usize].mean();
                    own.with(items / rounds)
                }
                Some(_) => own,
            };
        }
        if let Op::FanOut { step } = op {
            let step = &model.fan_out_steps[step as usize];
            return own.with(recipients::pages(model, step).items);
        }
        if let Op::Gather { gather } = op {
            let gather = &model.gathers[gather as usize];
            let pulls = one.entry == gather.pull;
            let items = recipients::pulls(model, gather).items.max(1.0);
            return if pulls { own.with(items) } else { own };
        }
        let Some(route) = model.routes.get(one.route as usize) else {
            return own;
        };
        if matches!(op, Op::Enqueue { .. } | Op::Append { .. }) {
            return own.with(self.batch(one.route));
        }
        if route.strand {
            return own;
        }
        let items = match route.count {
            CountFrom::One => 1.0,
            CountFrom::Inherited => own.items,
            CountFrom::Drawn(sampler) => model.samplers[sampler as usize].mean(),
        };
        match route.bytes {
            NONE => Means {
                items,
                bytes: 1024.0 * items,
            },
            INHERITED => own.with(items),
            sampler => Means {
                items,
                bytes: model.samplers[sampler as usize].mean() * items,
            },
        }
    }

    /// Returns the messages in one delivery on a route.
    pub(super) fn batch(&self, route: u32) -> f64 {
        let model = self.model();
        let found = (0u32..).zip(&model.deliveries);
        let mut found = found.filter(|(_, one)| one.routes.contains(&route));
        let Some((index, delivery)) = found.next() else {
            return 1.0;
        };
        let fullness = self.traffic.unknowns.iter();
        let fullness = fullness
            .filter(|one| one.about == About::Batch(index))
            .map(|one| one.value)
            .next()
            .unwrap_or(0.0);
        1.0 + fullness * f64::from(delivery.batch - 1)
    }
}
