//! Elastic Beanstalk: the instances of an environment, which run a program of one's own.
//!
//! # Model
//! 1. The balancer in front chooses the instance: put an `alb` there, as the environment's
//!    own. Anybody else comes to any of them.
//! 2. If `io` is blocking, a thread of the instance is waited for and kept until the visit ends.
//! 3. The flow's steps run, or `compute` and then all links in order. `compute` waits for
//!    one of the vCPUs of the instance and holds it.
//! 4. A full waiting line refuses.
//!
//! # Not modelled
//! - The default trigger: on bytes sent, by one instance at a time, up to four. Without
//!   `scaling` the number is fixed.
//! - Credits of T types: they run at full speed, as `unlimited` does.
//! - Memory that runs out; network bandwidth: give the links a `bandwidth`.
//! - Processor time shared in slices: work is served in order of arrival.
//!
//! # Sources
//! Elastic Beanstalk developer guide (Environment configuration). Processors of instance
//! types: karpenter-provider-aws, reference of instance types, 2026-08. Read 2026-11.

use crate::component::ec2;
use crate::component::fleet::{Fleet, check_threads};
use crate::component::instance_types::{InstanceType, Offer};
use crate::component::parameter::{
    Parameters, choice, count, count_or_unlimited, duration_law, parameters, share,
};
use crate::component::price::{Charge, Price, Usage};
use crate::component::purchase::{MACHINES, OF_INSTANCES, ON_DEMAND, Purchase, USUAL};
use crate::component::scaling::{Scaling, scaling};
use crate::component::secret::{Secret, secret};
use crate::component::shared::io;
use crate::component::{Class, Component, KindInfo, Machines, Program};
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::Span;

/// From starting an instance to its first visit.
///
/// SOURCE: public benchmark of 50 instances whose packages are installed at the start: 54 s.
/// Read 2026-11.
const START_UP: Span = Span(54_000_000_000);

/// What is paid for: the instances; the service itself is free.
const PRICES: &[Price] = ec2::PRICES;

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "elastic-beanstalk",
    class: Class::Programmable,
    summary: "the instances of an environment",
    model: "the balancer's choice of an instance, else any; blocking: holds a thread throughout; compute waits for a \
            vCPU of the instance and holds it; the steps or all links are called",
    not_modelled: "its own balancer, its default trigger, credits of T types (they run as unlimited), memory that runs out, network bandwidth, time slices",
    sources: "Elastic Beanstalk developer guide (Environment configuration); karpenter-provider-aws, reference of instance types, 2026-08; read 2026-11",
    operations: &[],
    prices: PRICES,
    parameters: ElasticBeanstalk::table,
    read: |object| Box::new(ElasticBeanstalk::read(object)),
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

/// The type where none is given.
const T3_SMALL: InstanceType = InstanceType {
    name: "t3.small",
    vcpus: 2,
    gib: 2.0,
};

parameters! {
    /// Parameters of an environment.
    pub struct ElasticBeanstalk {
        /// Instance type: how many vCPUs.
        instance as "type": InstanceType = T3_SMALL, TYPES.read(), Choice, "a small one, as environments begin with";
        /// Identical instances.
        instances: u32 = 1, count(1..=10_000), Estimate, "an environment begins with one, recalled from the developer guide, 2026-11";
        /// How the instances are bought, for the bill.
        purchase: Purchase = Purchase::OnDemand, choice(MACHINES), Choice, ON_DEMAND;
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
    check ElasticBeanstalk::check
}

impl ElasticBeanstalk {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        check_threads(object, self.io, "elastic-beanstalk::threads");
        self.purchase.check(self.discount, OF_INSTANCES, object);
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
            credit: None,
        }
    }
}

impl Component for ElasticBeanstalk {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        self.fleet().compile(program);
    }

    fn charges(&self) -> Vec<Charge> {
        let discount = self.purchase.discount(self.discount, OF_INSTANCES);
        let hours = Usage::Hours(f64::from(self.instances));
        ec2::charged(&self.instance, hours, discount)
    }

    fn unbilled(&self) -> Vec<&'static str> {
        ec2::not_charged(&self.instance)
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

    fn asks(&self) -> Option<&str> {
        self.secret.as_ref()?.asks()
    }

    fn is_fleet(&self) -> bool {
        true
    }

    fn processors(&self) -> Option<(Machines, f64)> {
        let machines = Machines::of(self.purchase);
        Some((machines, self.fleet().processors(self.scaling.as_ref())))
    }

    fn start_up(&self) -> Span {
        START_UP
    }
}
