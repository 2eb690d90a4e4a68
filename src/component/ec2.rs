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
//!
//! # Not modelled
//! - Starts, Auto Scaling, Spot interruptions: `instances` is fixed.
//! - What surplus credits of an unlimited T type cost. Baselines are held over whole works:
//!   one that finds no savings takes longer by the whole factor.
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
    Parameters, choice, count, count_or_unlimited, duration_law, parameters, share,
};
use crate::component::shared::{MOST_INSTANCES, io};
use crate::component::{Class, Component, KindInfo, Program};
use crate::model::Credit;
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::Span;

/// Hours of earnings that are saved at most.
///
/// SOURCE: EC2 user guide, Key concepts for burstable performance instances. Read 2026-11.
const CREDIT_HOURS: f64 = 24.0;

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "ec2",
    class: Class::Programmable,
    summary: "identical instances that run a program of one's own",
    model: "the balancer's choice of an instance, else any; blocking: holds a thread throughout; compute waits for a \
            vCPU of the instance and holds it, at the baseline if a standard T type has no credits; the steps or all links are called",
    not_modelled: "starts, Auto Scaling, Spot, cost of surplus credits, memory that runs out, network and volume bandwidth, speed of processors, time slices",
    sources: "karpenter-provider-aws, reference of instance types, 2026-08; EC2 user guide (Burstable performance instances); read 2026-11",
    operations: &[],
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
        /// Work of a visit for which the flow gives no steps, on one vCPU.
        compute: Law = Law::Constant(5e6), duration_law(), Choice, "a small handler";
        /// Whether a visit keeps a thread from its first step to its last.
        io: bool = false, io(), Choice, "what Node.js, Go and virtual threads do";
        /// Threads of one instance; blocking only.
        threads: u32 = 200, count(1..=100_000), Documented, "Apache Tomcat documentation, HTTP connector: maxThreads 200, read 2026-11";
        /// Places in the waiting line of one instance.
        waiting_limit: u32 = u32::MAX, count_or_unlimited(0), Choice, "no bound until one is given";
    }
    check Ec2::check
}

impl Ec2 {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        check_threads(object, self.io, "ec2::threads");
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

    fn copies(&self) -> u32 {
        self.instances
    }

    fn room(&self) -> u32 {
        self.fleet().room()
    }
}
