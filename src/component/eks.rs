//! EKS: a deployment of identical pods on nodes of a Kubernetes cluster.
//!
//! # Model
//! 1. The balancer in front chooses the pod; anybody else comes to any of them.
//! 2. If `io` is blocking, a thread of the pod is waited for and kept until the visit ends.
//! 3. The flow's steps run, or `compute` and then all links in order. `compute` waits for
//!    one of ⌈`cpu`⌉ processors of the pod and holds it; a pod with less than a full
//!    vCPU (or a part of one beside full ones) takes longer in proportion.
//! 4. A full waiting line refuses.
//! 5. With `node_start` a pod that `scaling` or a deployment adds beyond the nodes that there are is
//!    pending until another has started; a node without pods goes.
//! 6. If `nodes` are given, pods that would not find room on them are refused with the file, and
//!    so are bounds of `scaling` that would ask for such.
//!
//! # Not modelled
//! - Pods that crash; nodes that wait before they go; pods that other deployments pack beside; the tolerance and
//!   the rate limits of the pod autoscaler (`scaling` is the general controller).
//! - Processors of a node that other pods leave idle: `cpu` is request and limit.
//! - Memory, addresses of a subnet, the control plane and its limits.
//! - Processor time shared in slices: work is served in order of arrival.
//!
//! # Sources
//! EKS user guide (Choosing an instance type: 110 pods); karpenter-provider-aws, reference of
//! instance types, 2026-08. Read 2026-11.

use crate::component::ec2;
use crate::component::fleet::{Fleet, check_threads};
use crate::component::instance_types::{InstanceType, M7G_LARGE, Offer};
use crate::component::parameter::{
    Basis, Parameters, choice, count, count_or_unlimited, duration_law, factor, parameters, share,
};
use crate::component::price::{Charge, DATA_OUT, ON, PRICE_LIST, Price, Tiers, Usage};
use crate::component::purchase::{MACHINES, OF_INSTANCES, ON_DEMAND, Purchase, USUAL};
use crate::component::scaling::{Scaling, scaling};
use crate::component::secret::{Secret, secret};
use crate::component::shared::{MOST_INSTANCES, io};
use crate::component::{Class, Component, Hosts, KindInfo, Machines, Program};
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::{Span, show};

/// Most pods of one node.
///
/// ESTIMATE: recalled from the EKS user guide, for nodes of fewer than 30 vCPU.
const PODS_PER_NODE: u32 = 110;

/// From starting a pod on a node that has room and the image to its first visit.
///
/// ESTIMATE: no source; a new node would take another 45 s to 180 s.
const START_UP: Span = Span(2_000_000_000);

/// Hours of a month of 30 days.
const MONTH: f64 = 720.0;
/// What is paid for.
const PRICES: &[Price] = &[CLUSTER, DATA_OUT];
/// The deployments of an account share one cluster: what goes beyond its hours is free.
const CLUSTER: Price = Price {
    item: "cluster, shared by its deployments",
    unit: "hour",
    usd: Tiers::Steps(&[(MONTH, 0.1), (ON, 0.0)]),
    free: 0.0,
    basis: Basis::Documented,
    source: PRICE_LIST,
};

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "eks",
    class: Class::Programmable,
    summary: "a deployment of identical pods on nodes of a Kubernetes cluster",
    model: "the balancer's choice of a pod, else any; blocking: holds a thread throughout; compute waits for a processor \
            of the pod and holds it, longer if the pod has less than a full vCPU; the steps or all links are called",
    not_modelled: "nodes that wait before they go, the pod autoscaler's tolerance and rates, crashing pods, idle processors of a node, memory, addresses, the control plane, time slices",
    sources: "EKS user guide (Choosing an instance type); karpenter-provider-aws, reference of instance types, 2026-08; read 2026-11",
    operations: &[],
    prices: PRICES,
    parameters: Eks::table,
    read: |object| Box::new(Eks::read(object)),
};

/// Instance types of nodes: all.
const TYPES: Offer = Offer {
    prefix: "",
    suffix: "",
    families: &[],
    least_gib: 0.0,
    least_vcpus: 1,
    range: "an instance type such as `t4g.medium` or `m7g.large`",
};

parameters! {
    /// Parameters of a deployment.
    pub struct Eks {
        /// Identical pods.
        pods: u32 = 2, count(1..=MOST_INSTANCES), Choice, "one in each of two zones";
        /// Processors of one pod [vCPU].
        cpu: f64 = 1.0, factor(0.01..=192.0), Choice, "a common size";
        /// Nodes that the pods have to find room on; without it as many as it takes.
        nodes: Option<u32> = None, count(1..=13_500), Choice, "enough of them";
        /// From asking for a node until it takes pods, such as 45s to 90s by Karpenter; without it nodes are there as pods need them.
        node_start: Option<Law> = None, duration_law(), Choice, "enough nodes stand by";
        /// Instance type of a node; needs `nodes` or `node_start`.
        node: InstanceType = M7G_LARGE, TYPES.read(), Choice, "the smallest general-purpose one that does not burst";
        /// How the nodes are bought, for the bill.
        purchase: Purchase = Purchase::OnDemand, choice(MACHINES), Choice, ON_DEMAND;
        /// Share of the list price that `purchase` saves; without it the usual one.
        discount: Option<f64> = None, share(), Estimate, USUAL;
        /// Work of a visit for which the flow gives no steps, on one full vCPU.
        compute: Law = Law::Constant(5e6), duration_law(), Choice, "a small handler";
        /// Whether a visit keeps a thread from its first step to its last.
        io: bool = false, io(), Choice, "what Node.js, Go and virtual threads do";
        /// Threads of one pod; blocking only.
        threads: u32 = 200, count(1..=100_000), Documented, "Apache Tomcat documentation, HTTP connector: maxThreads 200, read 2026-11";
        /// Places in the waiting line of one pod.
        waiting_limit: u32 = u32::MAX, count_or_unlimited(0), Choice, "no bound until one is given";
        /// How the number of pods follows the load; without it it is fixed.
        scaling: Option<Scaling> = None, scaling(), Choice, "a fixed number";
        /// Secret that a pod reads as it starts, and keeps.
        secret: Option<Secret> = None, secret(), Choice, "none is read";
    }
    check Eks::check
}

impl Eks {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        check_threads(object, self.io, "eks::threads");
        self.purchase.check(self.discount, OF_INSTANCES, object);
        let Some(nodes) = self.nodes else {
            if object.has("node") && self.node_start.is_none() {
                let message = format!("`node` of {} needs `nodes` or `node_start`", object.owner());
                object.error_at("node", "eks::nodes", message);
            }
            if self.node_start.is_some() && self.pods_per_node() == 0 {
                let message = format!(
                    "`cpu` of {} is more than the {} vCPU of its `node`",
                    object.owner(),
                    self.node.vcpus
                );
                object.error_at("cpu", "eks::pending", message);
            }
            return;
        };
        object.exclusive("nodes", "node_start");
        let room = self.pods_per_node().saturating_mul(nodes);
        if self.pods > room {
            let message = format!(
                "`pods` of {} must be at most {room}, got {}: {nodes} nodes of {} vCPU have no room for more of {} vCPU",
                object.owner(),
                self.pods,
                self.node.vcpus,
                show::number(self.cpu),
            );
            object.error_at("pods", "eks::pending", message);
        }
        let most = self.scaling.as_ref().map_or(0, Scaling::room);
        if most > room {
            let message = format!(
                "`scaling` of {} must be at most {room} pods, got {most}: {nodes} nodes of {} vCPU have no room for \
                 more of {} vCPU; with `node_start` in place of `nodes` they wait for another node",
                object.owner(),
                self.node.vcpus,
                show::number(self.cpu),
            );
            object.error_at("scaling", "eks::pending", message);
        }
    }

    /// Returns the pods that one node holds: a pod lies on one node, parts of nodes do not add up.
    fn pods_per_node(&self) -> u32 {
        let each = (f64::from(self.node.vcpus) / self.cpu + 1e-9).floor() as u32;
        each.min(PODS_PER_NODE)
    }

    /// Returns the nodes: without a figure as many as hold the pods, if they can.
    fn nodes(&self) -> Option<u32> {
        let each = self.pods_per_node();
        self.nodes
            .or_else(|| (each > 0).then(|| self.pods.div_ceil(each)))
    }

    /// Returns the pods as copies with processors.
    fn fleet(&self) -> Fleet<'_> {
        Fleet {
            copies: self.pods,
            cpu: self.cpu,
            threads: self.io.then_some(self.threads),
            waiting_limit: self.waiting_limit,
            alone: &self.compute,
            secret: self.secret.as_ref(),
            credit: None,
        }
    }
}

impl Component for Eks {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        self.fleet().compile(program);
    }

    fn copies(&self) -> u32 {
        self.pods
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
        let most = self.fleet().most(self.scaling.as_ref());
        let each = self.pods_per_node();
        let needed = || (each > 0).then(|| most.div_ceil(each));
        let nodes = self.nodes.or_else(needed)?;
        let vcpus = f64::from(nodes) * f64::from(self.node.vcpus);
        Some((Machines::of(self.purchase), vcpus))
    }

    fn start_up(&self) -> Span {
        START_UP
    }

    fn hosts(&self) -> Option<Hosts> {
        let start = self.node_start.clone()?;
        let each = self.pods_per_node();
        (each > 0).then_some(Hosts { each, start })
    }

    fn charges(&self) -> Vec<Charge> {
        let discount = self.purchase.discount(self.discount, OF_INSTANCES);
        let mut charges = vec![Charge::new(&CLUSTER, Usage::Kept(MONTH))];
        match self.nodes() {
            Some(nodes) => {
                let hours = Usage::Hours(f64::from(nodes));
                charges.extend(ec2::charged(&self.node, hours, discount));
            }
            None => charges.push(Charge::new(&DATA_OUT, Usage::Replies)),
        }
        charges
    }

    fn unbilled(&self) -> Vec<&'static str> {
        let mut unbilled = ec2::not_charged(&self.node);
        unbilled.push("clusters beyond one");
        if self.lacks_prices() {
            unbilled.push("its nodes, as a pod finds no room on one of the type");
        }
        unbilled
    }

    fn pays_by_copy(&self) -> bool {
        // Nodes whose number is given stay, however many pods there are.
        self.nodes.is_none()
    }

    fn lacks_prices(&self) -> bool {
        self.nodes().is_none()
    }
}
