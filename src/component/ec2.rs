//! EC2: identical instances that run a program of one's own.
//!
//! # Model
//! 1. The balancer in front chooses the instance; anybody else comes to any of them.
//! 2. If `io` is blocking, a thread of the instance is waited for and kept until the visit ends.
//! 3. The flow's steps run, or `compute` and then all links in order. `compute` waits for
//!    one of the vCPUs of the instance and holds it.
//! 4. A full waiting line refuses.
//!
//! # Not modelled
//! - Starts that vary or fail, Spot interruptions; without `scaling` the number is fixed.
//! - Credits of T types: they run at full speed, as `unlimited` does, which T3 and T4g
//!   are by default.
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
    Parameters, count, count_or_unlimited, duration_law, parameters,
};
use crate::component::scaling::{Scaling, scaling};
use crate::component::shared::{MOST_INSTANCES, io};
use crate::component::{Class, Component, KindInfo, Program};
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::Span;

/// From starting an instance to its first visit.
///
/// SOURCE: public benchmark of 50 instances from an image that holds the program: 28 s, and
/// 54 s where packages are installed at the start. Read 2026-11.
const START_UP: Span = Span(28_000_000_000);

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "ec2",
    class: Class::Programmable,
    summary: "identical instances that run a program of one's own",
    model: "the balancer's choice of an instance, else any; blocking: holds a thread throughout; compute waits for a \
            vCPU of the instance and holds it; the steps or all links are called",
    not_modelled: "starts that vary or fail, Spot, credits of T types (they run as unlimited), memory that runs out, network and volume bandwidth, speed of processors, time slices",
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
        /// How the number of instances follows the load; without it it is fixed.
        scaling: Option<Scaling> = None, scaling(), Choice, "a fixed number";
    }
    check Ec2::check
}

impl Ec2 {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        check_threads(object, self.io, "ec2::threads");
    }

    /// Returns the instances as copies with processors.
    fn fleet(&self) -> Fleet<'_> {
        Fleet {
            copies: self.instances,
            cpu: f64::from(self.instance.vcpus),
            threads: self.io.then_some(self.threads),
            waiting_limit: self.waiting_limit,
            alone: &self.compute,
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

    fn scaling(&self) -> Option<&Scaling> {
        self.scaling.as_ref()
    }

    fn is_fleet(&self) -> bool {
        true
    }

    fn start_up(&self) -> Span {
        START_UP
    }
}
