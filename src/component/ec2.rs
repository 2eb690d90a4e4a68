//! EC2: identical instances that run a program of one's own.
//!
//! # Model
//! 1. The balancer in front chooses the instance; anybody else comes to any of them.
//! 2. If `io` is blocking, a thread of the instance is waited for and kept until the visit ends.
//! 3. The flow's steps run, or `compute` and then all links in order. `compute` waits for
//!    one of the vCPUs of the instance and holds it.
//! 4. A T type with `credit_mode` standard earns its baseline (5 to 40 % of its vCPUs), saves
//!    up to 24 hours of it, and without savings does compute at the baseline only.
//! 5. A full waiting line refuses.
//! 6. With `interruptions` each spot instance is taken back after an exponential time: it takes
//!    no more visits for two minutes, while another is started for it; what is inside it then
//!    fails. With `pool_interruptions` so are at once all instances of a capacity pool (a type in
//!    a zone), of which there are `pools`: an instance that is ready is one of the pool that has
//!    fewest.
//!
//! # Not modelled
//! - Starts that vary or fail; without `scaling` the number is fixed. That a capacity pool that was
//!   taken back has no other instance for a while: another pool, or instances on demand, give it.
//! - What surplus credits of an unlimited T type cost. Baselines are held over whole works:
//!   one that finds no savings takes longer by the whole factor. Instances that scaling adds
//!   have earned since the start of the run.
//! - Memory that runs out; network and volume bandwidth: give the links a `bandwidth`.
//! - Speed: a vCPU of any type does the same work in the same time.
//! - Processor time shared in slices: work is served in order of arrival.
//!
//! # Sources
//! Processors and memory of instance types: karpenter-provider-aws, reference of
//! instance types, 2026-08. EC2 user guide (Burstable performance instances). Read 2026-11.

use crate::component::fleet::{Fleet, check_threads};
use crate::component::instance_types::{InstanceType, M7G_LARGE, Offer};
use crate::component::parameter::{
    Basis, Parameters, choice, count, count_or_unlimited, duration_law, parameters, rate, share,
};
use crate::component::price::{Charge, DATA_OUT, Price, Tiers, Usage};
use crate::component::purchase::{Discount, MACHINES, OF_INSTANCES, ON_DEMAND, Purchase, USUAL};
use crate::component::release::Platform;
use crate::component::scaling::{Scaling, scaling};
use crate::component::secret::{Secret, secret};
use crate::component::shared::{MOST_INSTANCES, io};
use crate::component::{Class, Component, KindInfo, Machines, Program, Reclaimed};
use crate::model::Credit;
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::Span;

/// Hours of earnings that are saved at most.
///
/// SOURCE: EC2 user guide, Key concepts for burstable performance instances. Read 2026-11.
const CREDIT_HOURS: f64 = 24.0;
/// From starting an instance to its first visit.
///
/// SOURCE: public benchmark of 50 instances from an image that holds the program: 28 s, and
/// 54 s where packages are installed at the start. Read 2026-11.
const START_UP: Span = Span(28_000_000_000);

/// From the notice of an interruption until the instance is gone.
///
/// SOURCE: EC2 user guide, Spot Instance interruption notices: two minutes. Read 2026-11.
const INTERRUPTION_NOTICE: Span = Span(120_000_000_000);

/// What is paid for.
pub(super) const PRICES: &[Price] = &[
    instance("instance t3.nano", 0.0052),
    instance("instance t3.micro", 0.0104),
    instance("instance t3.small", 0.0208),
    instance("instance t3.medium", 0.0416),
    instance("instance t3.large", 0.0832),
    instance("instance t3.xlarge", 0.1664),
    instance("instance t3.2xlarge", 0.3328),
    instance("instance t3a.nano", 0.0047),
    instance("instance t3a.micro", 0.0094),
    instance("instance t3a.small", 0.0188),
    instance("instance t3a.medium", 0.0376),
    instance("instance t3a.large", 0.0752),
    instance("instance t3a.xlarge", 0.1504),
    instance("instance t3a.2xlarge", 0.3008),
    instance("instance t4g.nano", 0.0042),
    instance("instance t4g.micro", 0.0084),
    instance("instance t4g.small", 0.0168),
    instance("instance t4g.medium", 0.0336),
    instance("instance t4g.large", 0.0672),
    instance("instance t4g.xlarge", 0.1344),
    instance("instance t4g.2xlarge", 0.2688),
    instance("instance m5.large", 0.096),
    instance("instance m5.xlarge", 0.192),
    instance("instance m5.2xlarge", 0.384),
    instance("instance m5.4xlarge", 0.768),
    instance("instance m5.8xlarge", 1.536),
    instance("instance m5.12xlarge", 2.304),
    instance("instance m5.16xlarge", 3.072),
    instance("instance m5.24xlarge", 4.608),
    instance("instance m6i.large", 0.096),
    instance("instance m6i.xlarge", 0.192),
    instance("instance m6i.2xlarge", 0.384),
    instance("instance m6i.4xlarge", 0.768),
    instance("instance m6i.8xlarge", 1.536),
    instance("instance m6i.12xlarge", 2.304),
    instance("instance m6i.16xlarge", 3.072),
    instance("instance m6i.24xlarge", 4.608),
    instance("instance m6g.medium", 0.0385),
    instance("instance m6g.large", 0.077),
    instance("instance m6g.xlarge", 0.154),
    instance("instance m6g.2xlarge", 0.308),
    instance("instance m6g.4xlarge", 0.616),
    instance("instance m6g.8xlarge", 1.232),
    instance("instance m6g.12xlarge", 1.848),
    instance("instance m6g.16xlarge", 2.464),
    instance("instance m7i.large", 0.1008),
    instance("instance m7i.xlarge", 0.2016),
    instance("instance m7i.2xlarge", 0.4032),
    instance("instance m7i.4xlarge", 0.8064),
    instance("instance m7i.8xlarge", 1.6128),
    instance("instance m7i.12xlarge", 2.4192),
    instance("instance m7i.16xlarge", 3.2256),
    instance("instance m7i.24xlarge", 4.8384),
    instance("instance m7i.48xlarge", 9.6768),
    instance("instance m7g.medium", 0.0408),
    instance("instance m7g.large", 0.0816),
    instance("instance m7g.xlarge", 0.1632),
    instance("instance m7g.2xlarge", 0.3264),
    instance("instance m7g.4xlarge", 0.6528),
    instance("instance m7g.8xlarge", 1.3056),
    instance("instance m7g.12xlarge", 1.9584),
    instance("instance m7g.16xlarge", 2.6112),
    instance("instance m8g.medium", 0.04488),
    instance("instance m8g.large", 0.08976),
    instance("instance m8g.xlarge", 0.17952),
    instance("instance m8g.2xlarge", 0.35904),
    instance("instance m8g.4xlarge", 0.71808),
    instance("instance m8g.8xlarge", 1.43616),
    instance("instance m8g.12xlarge", 2.15424),
    instance("instance m8g.16xlarge", 2.87232),
    instance("instance m8g.24xlarge", 4.30848),
    instance("instance m8g.48xlarge", 8.61696),
    instance("instance c5.large", 0.085),
    instance("instance c5.xlarge", 0.17),
    instance("instance c5.2xlarge", 0.34),
    instance("instance c5.4xlarge", 0.68),
    instance("instance c5.12xlarge", 2.04),
    instance("instance c5.24xlarge", 4.08),
    instance("instance c6i.large", 0.085),
    instance("instance c6i.xlarge", 0.17),
    instance("instance c6i.2xlarge", 0.34),
    instance("instance c6i.4xlarge", 0.68),
    instance("instance c6i.8xlarge", 1.36),
    instance("instance c6i.12xlarge", 2.04),
    instance("instance c6i.16xlarge", 2.72),
    instance("instance c6i.24xlarge", 4.08),
    instance("instance c6g.medium", 0.034),
    instance("instance c6g.large", 0.068),
    instance("instance c6g.xlarge", 0.136),
    instance("instance c6g.2xlarge", 0.272),
    instance("instance c6g.4xlarge", 0.544),
    instance("instance c6g.8xlarge", 1.088),
    instance("instance c6g.12xlarge", 1.632),
    instance("instance c6g.16xlarge", 2.176),
    instance("instance c7i.large", 0.08925),
    instance("instance c7i.xlarge", 0.1785),
    instance("instance c7i.2xlarge", 0.357),
    instance("instance c7i.4xlarge", 0.714),
    instance("instance c7i.8xlarge", 1.428),
    instance("instance c7i.12xlarge", 2.142),
    instance("instance c7i.16xlarge", 2.856),
    instance("instance c7i.24xlarge", 4.284),
    instance("instance c7i.48xlarge", 8.568),
    instance("instance c7g.medium", 0.0363),
    instance("instance c7g.large", 0.0725),
    instance("instance c7g.xlarge", 0.145),
    instance("instance c7g.2xlarge", 0.29),
    instance("instance c7g.4xlarge", 0.58),
    instance("instance c7g.8xlarge", 1.16),
    instance("instance c7g.12xlarge", 1.74),
    instance("instance c7g.16xlarge", 2.32),
    instance("instance c8g.medium", 0.03988),
    instance("instance c8g.large", 0.07976),
    instance("instance c8g.xlarge", 0.15952),
    instance("instance c8g.2xlarge", 0.31904),
    instance("instance c8g.4xlarge", 0.63808),
    instance("instance c8g.8xlarge", 1.27616),
    instance("instance c8g.12xlarge", 1.91424),
    instance("instance c8g.16xlarge", 2.55232),
    instance("instance c8g.24xlarge", 3.82848),
    instance("instance c8g.48xlarge", 7.65696),
    instance("instance r5.large", 0.126),
    instance("instance r5.xlarge", 0.252),
    instance("instance r5.2xlarge", 0.504),
    instance("instance r5.4xlarge", 1.008),
    instance("instance r5.8xlarge", 2.016),
    instance("instance r5.12xlarge", 3.024),
    instance("instance r5.16xlarge", 4.032),
    instance("instance r5.24xlarge", 6.048),
    instance("instance r6i.large", 0.126),
    instance("instance r6i.xlarge", 0.252),
    instance("instance r6i.2xlarge", 0.504),
    instance("instance r6i.4xlarge", 1.008),
    instance("instance r6i.8xlarge", 2.016),
    instance("instance r6i.12xlarge", 3.024),
    instance("instance r6i.16xlarge", 4.032),
    instance("instance r6i.24xlarge", 6.048),
    instance("instance r6g.medium", 0.0504),
    instance("instance r6g.large", 0.1008),
    instance("instance r6g.xlarge", 0.2016),
    instance("instance r6g.2xlarge", 0.4032),
    instance("instance r6g.4xlarge", 0.8064),
    instance("instance r6g.8xlarge", 1.6128),
    instance("instance r6g.12xlarge", 2.4192),
    instance("instance r6g.16xlarge", 3.2256),
    instance("instance r7i.large", 0.1323),
    instance("instance r7i.xlarge", 0.2646),
    instance("instance r7i.2xlarge", 0.5292),
    instance("instance r7i.4xlarge", 1.0584),
    instance("instance r7i.8xlarge", 2.1168),
    instance("instance r7i.12xlarge", 3.1752),
    instance("instance r7i.16xlarge", 4.2336),
    instance("instance r7i.24xlarge", 6.3504),
    instance("instance r7i.48xlarge", 12.7008),
    instance("instance r7g.medium", 0.0536),
    instance("instance r7g.large", 0.1071),
    instance("instance r7g.xlarge", 0.2142),
    instance("instance r7g.2xlarge", 0.4284),
    instance("instance r7g.4xlarge", 0.8568),
    instance("instance r7g.8xlarge", 1.7136),
    instance("instance r7g.12xlarge", 2.5704),
    instance("instance r7g.16xlarge", 3.4272),
    instance("instance r8g.medium", 0.05891),
    instance("instance r8g.large", 0.11782),
    instance("instance r8g.xlarge", 0.23564),
    instance("instance r8g.2xlarge", 0.47128),
    instance("instance r8g.4xlarge", 0.94256),
    instance("instance r8g.8xlarge", 1.88512),
    instance("instance r8g.12xlarge", 2.82768),
    instance("instance r8g.16xlarge", 3.77024),
    instance("instance r8g.24xlarge", 5.65536),
    instance("instance r8g.48xlarge", 11.31072),
    instance("instance i4i.large", 0.172),
    instance("instance i4i.xlarge", 0.343),
    instance("instance i4i.2xlarge", 0.686),
    instance("instance i4i.4xlarge", 1.373),
    instance("instance i4i.8xlarge", 2.746),
    instance("instance i4i.12xlarge", 4.118),
    instance("instance i4i.16xlarge", 5.491),
    instance("instance i4i.24xlarge", 8.2368),
    instance("instance i3en.large", 0.226),
    instance("instance i3en.xlarge", 0.452),
    instance("instance i3en.2xlarge", 0.904),
    instance("instance i3en.12xlarge", 5.424),
    instance("instance i3en.24xlarge", 10.848),
    instance("instance g4dn.xlarge", 0.526),
    instance("instance g4dn.2xlarge", 0.752),
    instance("instance g4dn.4xlarge", 1.204),
    instance("instance g4dn.8xlarge", 2.176),
    instance("instance g4dn.12xlarge", 3.912),
    instance("instance g4dn.16xlarge", 4.352),
    instance("instance g5.xlarge", 1.006),
    instance("instance g5.2xlarge", 1.212),
    instance("instance g5.4xlarge", 1.624),
    instance("instance g5.8xlarge", 2.448),
    instance("instance g5.12xlarge", 5.672),
    instance("instance g5.16xlarge", 4.096),
    instance("instance g5.24xlarge", 8.144),
    instance("instance g5.48xlarge", 16.288),
    instance("instance g6.xlarge", 0.8048),
    instance("instance g6.2xlarge", 0.9776),
    instance("instance g6.4xlarge", 1.3232),
    instance("instance g6.8xlarge", 2.0144),
    instance("instance g6.12xlarge", 4.6016),
    instance("instance g6.16xlarge", 3.3968),
    instance("instance g6.24xlarge", 6.6752),
    instance("instance g6.48xlarge", 13.3504),
    instance("instance inf2.xlarge", 0.7582),
    instance("instance inf2.8xlarge", 1.96786),
    instance("instance inf2.24xlarge", 6.49063),
    instance("instance inf2.48xlarge", 12.98127),
    DATA_OUT,
];

/// Makes the price of an instance [US dollars an hour].
const fn instance(item: &'static str, usd: f64) -> Price {
    Price {
        item,
        unit: "instance-hour",
        usd: Tiers::Flat(usd),
        free: 0.0,
        basis: Basis::Documented,
        source: "public price list, us-east-1, 2026-07-20, by Karpenter's table, read 2026-11",
    }
}

/// Returns what an instance costs in an hour; the table of prices holds all types.
pub(super) fn hourly(instance: &InstanceType) -> Option<&'static Price> {
    let item = format!("instance {}", instance.name);
    PRICES.iter().find(|price| price.item == item)
}

/// Returns what instances pay for: hours, and what they send out.
pub(super) fn charged(
    instance: &InstanceType,
    hours: Usage,
    discount: Option<Discount>,
) -> Vec<Charge> {
    let instances = hourly(instance).map(|price| Charge::new(price, hours).at(discount));
    let out = Charge::new(&DATA_OUT, Usage::Replies);
    instances.into_iter().chain([out]).collect()
}

/// Returns what instances cost beside that.
pub(super) fn not_charged(instance: &InstanceType) -> Vec<&'static str> {
    let mut unbilled = vec![
        "volumes, but those that are nodes",
        "public addresses",
        "transfer between zones",
    ];
    if instance.name.starts_with('t') {
        unbilled.push("credits beyond those that the instances earn");
    }
    unbilled
}

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "ec2",
    class: Class::Programmable,
    summary: "identical instances that run a program of one's own",
    model: "the balancer's choice of an instance, else any; blocking: holds a thread throughout; compute waits for a \
            vCPU of the instance and holds it, at the baseline if a standard T type has no credits; the steps or all links are called",
    not_modelled: "starts that vary or fail, a capacity pool that has no instance, cost of surplus credits, memory that runs out, network and volume bandwidth, speed of processors, time slices",
    sources: "karpenter-provider-aws, reference of instance types, 2026-08; EC2 user guide (Burstable performance instances); read 2026-11",
    operations: &[],
    prices: PRICES,
    parameters: Ec2::table,
    read: |object| Box::new(Ec2::read(object)),
};

/// Types that are offered: all.
const TYPES: Offer = Offer {
    prefix: "",
    suffix: "",
    families: &[],
    least_gib: 0.0,
    least_vcpus: 1,
    range: "an instance type such as `t4g.medium` or `m7g.large`",
};

parameters! {
    /// Parameters of instances.
    pub struct Ec2 {
        /// Instance type: how many vCPUs.
        instance as "type": InstanceType = M7G_LARGE, TYPES.read(), Choice, "the smallest general-purpose one that does not burst";
        /// Whether a T type may go on at full speed without credits.
        credit_mode: bool = true, choice(&[("unlimited", true), ("standard", false)]), Documented, "EC2 user guide, Burstable performance instances: T3 and T4g are unlimited by default, read 2026-11";
        /// Share of the most credits that is there at the start; standard T types only.
        credits: f64 = 0.0, share(), Documented, "EC2 user guide, Key concepts for burstable performance instances: T3 and T4g start without, read 2026-11";
        /// Identical instances.
        instances: u32 = 2, count(1..=MOST_INSTANCES), Choice, "one in each of two zones";
        /// How the instances are bought, for the bill.
        purchase: Purchase = Purchase::OnDemand, choice(MACHINES), Choice, ON_DEMAND;
        /// Rate at which each instance is taken back, spot only and with `scaling`, which starts another for it; without it none is.
        interruptions: Option<f64> = None, rate(), Choice, "5 to 20 % of instances a month by the Spot advisor's bands, recalled 2026-11: none in a run of minutes";
        /// Rate at which each capacity pool takes all its instances back at once, spot only and with `scaling`; without it none does.
        pool_interruptions: Option<f64> = None, rate(), Choice, "none in a run of minutes; no rate is published";
        /// Capacity pools (types in zones) over which the instances are spread evenly; without it one.
        pools: Option<u32> = None, count(1..=1_000), Choice, "one type in one zone, the worst there is";
        /// Share of the list price that `purchase` saves; without it the usual one.
        discount: Option<f64> = None, share(), Estimate, USUAL;
        /// Work of a visit for which the flow gives no steps, on one vCPU.
        compute: Law = Law::Constant(5e6), duration_law(), Choice, "a small handler";
        /// Whether a visit keeps a thread from its first step to its last.
        io: bool = false, io(), Choice, "what Node.js, Go and virtual threads do";
        /// Threads of one instance; blocking only.
        threads: u32 = 200, count(1..=100_000), Documented, "Apache Tomcat documentation, HTTP connector: maxThreads 200, read 2026-11";
        /// Places in the waiting line of one instance.
        waiting_limit: u32 = u32::MAX, count_or_unlimited(0), Choice, "no bound until one is given";
        /// How the number of instances follows the load; without it it is fixed.
        scaling: Option<Scaling> = None, scaling(), Choice, "a fixed number";
        /// Secret that an instance reads as it starts, and keeps.
        secret: Option<Secret> = None, secret(), Choice, "none is read";
    }
    check Ec2::check
}

impl Ec2 {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        check_threads(object, self.io, "ec2::threads");
        self.purchase.check(self.discount, OF_INSTANCES, object);
        let rates = ["interruptions", "pool_interruptions"];
        let rates = rates.iter().filter(|key| object.has(key));
        let wrong = self.purchase != Purchase::Spot || self.scaling.is_none();
        for key in rates.filter(|_| wrong) {
            let message = format!(
                "`{key}` of {} needs `purchase` to be `spot`, and `scaling`, which starts others",
                object.owner()
            );
            object.error_at(key, "ec2::spot", message);
        }
        if object.has("pools") && self.pool_interruptions.is_none() {
            let message = format!("`pools` of {} needs `pool_interruptions`", object.owner());
            object.error_at("pools", "ec2::spot", message);
        }
        let burstable = self.instance.baseline().is_some();
        if object.has("credit_mode") && !burstable {
            let message = format!(
                "`credit_mode` does not apply to {}, which is no T type",
                object.owner()
            );
            object.error_at("credit_mode", "ec2::credits", message);
        }
        if object.has("credits") && (!burstable || self.credit_mode) {
            let message = format!(
                "`credits` does not apply to {}: only standard T types spend them",
                object.owner()
            );
            object.error_at("credits", "ec2::credits", message);
        }
    }

    /// Returns what full speed is paid from, of a standard T type.
    fn credit(&self) -> Option<Credit> {
        let share = self.instance.baseline().filter(|_| !self.credit_mode)?;
        let most = share * f64::from(self.instance.vcpus) * CREDIT_HOURS * 3_600.0;
        Some(Credit {
            share,
            most: Span::from_seconds(most),
            held: Span::from_seconds(most * self.credits),
        })
    }

    /// Returns the instances as copies with processors.
    fn fleet(&self) -> Fleet<'_> {
        Fleet {
            copies: self.instances,
            cpu: f64::from(self.instance.vcpus),
            threads: self.io.then_some(self.threads),
            waiting_limit: self.waiting_limit,
            alone: &self.compute,
            secret: self.secret.as_ref(),
            credit: self.credit(),
        }
    }
}

impl Component for Ec2 {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        self.fleet().compile(program);
    }

    fn charges(&self) -> Vec<Charge> {
        let discount = self.purchase.discount(self.discount, OF_INSTANCES);
        let hours = Usage::Hours(f64::from(self.instances));
        charged(&self.instance, hours, discount)
    }

    fn unbilled(&self) -> Vec<&'static str> {
        not_charged(&self.instance)
    }

    fn copies(&self) -> u32 {
        self.instances
    }

    fn room(&self) -> u32 {
        self.fleet().room()
    }

    fn scaling(&self) -> Option<&Scaling> {
        self.scaling.as_ref()
    }

    fn platform(&self) -> Option<Platform> {
        Some(Platform::Servers)
    }

    fn asks(&self) -> Option<&str> {
        self.secret.as_ref()?.asks()
    }

    fn is_fleet(&self) -> bool {
        true
    }

    fn reclaimed(&self) -> Option<Reclaimed> {
        let alone = self.interruptions.map(|per_s| 1e9 / per_s);
        let together = self.pool_interruptions;
        let together = together.map(|per_s| (self.pools.unwrap_or(1), 1e9 / per_s));
        (alone.is_some() || together.is_some()).then_some(Reclaimed {
            alone,
            together,
            notice: INTERRUPTION_NOTICE,
        })
    }

    fn processors(&self) -> Option<(Machines, f64)> {
        let machines = Machines::of(self.purchase);
        Some((machines, self.fleet().processors(self.scaling.as_ref())))
    }

    fn start_up(&self) -> Span {
        START_UP
    }
}
