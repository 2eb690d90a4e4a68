//! ECS: a service of identical tasks, on Fargate or on EC2 instances.
//!
//! # Model
//! 1. The balancer in front chooses the task; anybody else comes to any of them.
//! 2. If `io` is blocking, a thread of the task is waited for and kept until the visit ends.
//! 3. The flow's steps run, or `compute` and then all links in order. `compute` waits for
//!    one of ⌈`cpu`⌉ processors of the task and holds it; a task with less than a
//!    full vCPU (or a part of one beside full ones) takes longer in proportion.
//! 4. A full waiting line refuses.
//!
//! # Not modelled
//! - Starts of tasks that fail; that they vary, unless `scaling` gives a law. On Fargate all services
//!   of the account start 100 tasks at once, and 20 a second after that.
//! - Memory that runs out: it is only checked that Fargate offers the size.
//! - EC2 instances apart from their tasks: their processors, network and credits.
//! - Processor time shared in slices: work is served in order of arrival.
//!
//! # Sources
//! ECS developer guide (Task definition parameters for Fargate: task size). Read 2026-11.

use crate::component::fleet::{Fleet, check_threads};
use crate::component::parameter::{
    Basis, Parameters, choice, count, count_or_unlimited, custom, duration_law, factor, parameters,
    share,
};
use crate::component::price::{Charge, DATA_OUT, PRICE_LIST, Price, Tiers, Usage};
use crate::component::purchase::{MACHINES, OF_FARGATE, OF_INSTANCES, ON_DEMAND, Purchase, USUAL};
use crate::component::release::Platform;
use crate::component::scaling::{Scaling, scaling};
use crate::component::secret::{Secret, secret};
use crate::component::shared::{MOST_INSTANCES, io};
use crate::component::{Class, Component, KindInfo, Launches, Machines, Program};
use crate::random::law::Law;
use crate::spec::field::Field;
use crate::spec::reader::Object;
use crate::units::{Span, show};

/// Sizes that Fargate offers: vCPU, least and most memory [MiB].
///
/// SOURCE: ECS developer guide, Task definition parameters for Fargate: task size. Read 2026-11.
const FARGATE: &[(f64, u64, u64)] = &[
    (0.25, 512, 2_048),
    (0.5, 1_024, 4_096),
    (1.0, 2_048, 8_192),
    (2.0, 4_096, 16_384),
    (4.0, 8_192, 30_720),
    (8.0, 16_384, 61_440),
    (16.0, 32_768, 122_880),
];
/// One mebibyte.
const MEBIBYTE: u64 = 1 << 20;

/// What is paid for.
const PRICES: &[Price] = &[PROCESSORS, MEMORY, INSTANCES, DATA_OUT];
const PROCESSORS: Price = Price {
    item: "processors on Fargate (Linux, x86)",
    unit: "vCPU-hour",
    usd: Tiers::Flat(0.04048),
    free: 0.0,
    basis: Basis::Documented,
    source: PRICE_LIST,
};
const MEMORY: Price = Price {
    item: "memory on Fargate (Linux, x86)",
    unit: "GiB-hour",
    usd: Tiers::Flat(0.004445),
    ..PROCESSORS
};
const INSTANCES: Price = Price {
    item: "instances (m7i.large)",
    unit: "hour",
    usd: Tiers::Flat(0.1008),
    source: "public price list, us-east-1, 2026-07-20, by Karpenter's table, read 2026-11",
    ..PROCESSORS
};
/// Processors [vCPU] and memory [MiB] of the instance that stands for all.
const INSTANCE: (f64, f64) = (2.0, 8_192.0);

/// From starting a task to its first visit.
///
/// SOURCE: measurements of Fargate starts: about 10 s for capacity and network, 28 s for an
/// image of 100 MB, which is pulled anew each time. Read 2026-11.
const START_UP: Span = Span(38_000_000_000);

/// How fast Fargate starts tasks of an account.
///
/// SOURCE: ECS developer guide, Fargate throttling quotas: 100 at once, 20 a second. Read 2026-11.
const LAUNCHES: Launches = Launches {
    label: "launches on Fargate",
    rate_per_s: 20.0,
    burst: 100.0,
};

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "ecs",
    class: Class::Programmable,
    summary: "a service of identical tasks, on Fargate or on EC2 instances",
    model: "the balancer's choice of a task, else any; blocking: holds a thread throughout; compute waits for a \
            processor of the task and holds it, longer if the task has less than a full vCPU; the steps or all links are called",
    not_modelled: "starts that fail, memory that runs out, EC2 instances apart from their tasks, time slices",
    sources: "ECS developer guide (Task definition parameters for Fargate); read 2026-11",
    operations: &[],
    prices: PRICES,
    parameters: Ecs::table,
    read: |object| Box::new(Ecs::read(object)),
};

/// Where tasks run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Launch {
    /// On capacity that the vendor manages, in fixed sizes.
    Fargate,
    /// On instances of one's own, in any size.
    Ec2,
}

/// Reads the memory [MiB].
fn memory() -> crate::component::parameter::How<u64> {
    let read = |field: &Field<'_>| {
        let bytes = field.size()?;
        if (64 * MEBIBYTE..=1_048_576 * MEBIBYTE).contains(&bytes) {
            return Some(bytes / MEBIBYTE);
        }
        field.out_of_range("64MiB", "1TiB")
    };
    custom("size", "64MiB to 1TiB", read, |mebibytes: &u64| {
        show::size((*mebibytes * MEBIBYTE) as f64)
    })
}

parameters! {
    /// Parameters of a service.
    pub struct Ecs {
        /// Where tasks run; Fargate offers fixed sizes only.
        launch: Launch = Launch::Fargate, choice(&[("fargate", Launch::Fargate), ("ec2", Launch::Ec2)]), Choice, "no instances to look after";
        /// Identical tasks.
        tasks: u32 = 2, count(1..=MOST_INSTANCES), Choice, "one in each of two zones";
        /// Processors of one task [vCPU].
        cpu: f64 = 1.0, factor(0.125..=192.0), Choice, "a common size";
        /// Memory of one task; checked against what Fargate offers for the `cpu`. Without it the least of them.
        memory: Option<u64> = None, memory(), Documented, "ECS developer guide, Task definition parameters for Fargate, read 2026-11";
        /// How the tasks or their instances are bought, for the bill.
        purchase: Purchase = Purchase::OnDemand, choice(MACHINES), Choice, ON_DEMAND;
        /// Share of the list price that `purchase` saves; without it the usual one.
        discount: Option<f64> = None, share(), Estimate, USUAL;
        /// Work of a visit for which the flow gives no steps, on one full vCPU.
        compute: Law = Law::Constant(5e6), duration_law(), Choice, "a small handler";
        /// Whether a visit keeps a thread from its first step to its last.
        io: bool = false, io(), Choice, "what Node.js, Go and virtual threads do";
        /// Threads of one task; blocking only.
        threads: u32 = 200, count(1..=100_000), Documented, "Apache Tomcat documentation, HTTP connector: maxThreads 200, read 2026-11";
        /// Places in the waiting line of one task.
        waiting_limit: u32 = u32::MAX, count_or_unlimited(0), Choice, "no bound until one is given";
        /// How the number of tasks follows the load; without it it is fixed.
        scaling: Option<Scaling> = None, scaling(), Choice, "a fixed number";
        /// Secret that a task reads as it starts, and keeps.
        secret: Option<Secret> = None, secret(), Choice, "none is read";
    }
    check Ecs::check
}

impl Ecs {
    /// Returns the tasks as copies with processors.
    fn fleet(&self) -> Fleet<'_> {
        Fleet {
            copies: self.tasks,
            cpu: self.cpu,
            threads: self.io.then_some(self.threads),
            waiting_limit: self.waiting_limit,
            alone: &self.compute,
            secret: self.secret.as_ref(),
            credit: None,
        }
    }

    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        check_threads(object, self.io, "ecs::threads");
        self.purchase.check(self.discount, self.usual(), object);
        if self.launch == Launch::Fargate && self.purchase == Purchase::Reserved {
            let message = format!("{} runs on Fargate, which nobody reserves", object.owner());
            object.error_at("purchase", "purchase::reserved", message);
        }
        if self.launch == Launch::Ec2 {
            return;
        }
        let offered = FARGATE
            .iter()
            .find(|(cpu, _, _)| (cpu - self.cpu).abs() < 1e-9);
        let Some(&(_, least, most)) = offered else {
            let message = format!(
                "`cpu` of {} must be 0.25, 0.5, 1, 2, 4, 8 or 16 on Fargate, got {}",
                object.owner(),
                show::number(self.cpu)
            );
            return object.error_at("cpu", "ecs::fargate-size", message);
        };
        if let Some(memory) = self.memory
            && !(least..=most).contains(&memory)
        {
            let shown = |mebibytes: u64| show::size((mebibytes * MEBIBYTE) as f64);
            let message = format!(
                "`memory` of {} must be between {} and {} with {} vCPU on Fargate, got {}",
                object.owner(),
                shown(least),
                shown(most),
                show::number(self.cpu),
                shown(memory)
            );
            object.error_at("memory", "ecs::fargate-size", message);
        }
    }
}

impl Ecs {
    /// Returns usual discounts.
    fn usual(&self) -> &'static [(Purchase, f64)] {
        match self.launch {
            Launch::Fargate => OF_FARGATE,
            Launch::Ec2 => OF_INSTANCES,
        }
    }

    /// Returns the memory of one task [MiB]: without a figure the least that Fargate offers.
    fn memory(&self) -> f64 {
        let offered = FARGATE.iter().find(|(cpu, _, _)| self.cpu <= *cpu + 1e-9);
        let least = offered.or(FARGATE.last()).map_or(0, |(_, least, _)| *least);
        self.memory.unwrap_or(least) as f64
    }
}

impl Component for Ecs {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        self.fleet().compile(program);
    }

    fn charges(&self) -> Vec<Charge> {
        let tasks = f64::from(self.tasks);
        let mut charges = match self.launch {
            Launch::Fargate => vec![
                Charge::new(&PROCESSORS, Usage::Hours(tasks * self.cpu)),
                Charge::new(&MEMORY, Usage::Hours(tasks * self.memory() / 1024.0)),
            ],
            Launch::Ec2 => {
                // CHOICE: one general instance stands for all, as no type is given; as many as
                // hold processors and memory of all tasks.
                let (cpu, memory) = INSTANCE;
                let needed = (tasks * self.cpu / cpu).max(tasks * self.memory() / memory);
                vec![Charge::new(&INSTANCES, Usage::Hours(needed.ceil()))]
            }
        };
        let discount = self.purchase.discount(self.discount, self.usual());
        for charge in &mut charges {
            *charge = charge.at(discount);
        }
        charges.push(Charge::new(&DATA_OUT, Usage::Replies));
        charges
    }

    fn copies(&self) -> u32 {
        self.tasks
    }

    fn room(&self) -> u32 {
        self.fleet().room()
    }

    fn scaling(&self) -> Option<&Scaling> {
        self.scaling.as_ref()
    }

    fn platform(&self) -> Option<Platform> {
        Some(Platform::Containers)
    }

    fn asks(&self) -> Option<&str> {
        self.secret.as_ref()?.asks()
    }

    fn is_fleet(&self) -> bool {
        true
    }

    fn processors(&self) -> Option<(Machines, f64)> {
        let of = match self.launch {
            // Spot capacity has a quota of its own, which nobody publishes.
            Launch::Fargate if self.purchase == Purchase::Spot => return None,
            Launch::Fargate => Machines::Managed,
            Launch::Ec2 => Machines::of(self.purchase),
        };
        Some((of, self.fleet().processors(self.scaling.as_ref())))
    }

    fn start_up(&self) -> Span {
        START_UP
    }

    fn launches(&self) -> Option<Launches> {
        (self.launch == Launch::Fargate).then_some(LAUNCHES)
    }
}
