//! EKS: a deployment of identical pods on nodes of a Kubernetes cluster.
//!
//! # Model
//! 1. The balancer in front chooses the pod; anybody else comes to any of them.
//! 2. If `io` is blocking, a thread of the pod is waited for and kept until the visit ends.
//! 3. The flow's steps run, or `compute` and then all links in order. `compute` waits for
//!    one of ⌈`cpu`⌉ processors of the pod and holds it; a pod with less than a full
//!    vCPU (or a part of one beside full ones) takes longer in proportion.
//! 4. A full waiting line refuses.
//! 5. If `nodes` are given, pods that would not find room on them are refused with the file.
//!
//! # Not modelled
//! - Starts of pods and nodes, the autoscalers of both, pods that are pending or crash.
//! - Processors of a node that other pods leave idle: `cpu` is request and limit.
//! - Memory, addresses of a subnet, the control plane and its limits.
//! - Processor time shared in slices: work is served in order of arrival.
//!
//! # Sources
//! EKS user guide (Choosing an instance type: 110 pods); karpenter-provider-aws, reference of
//! instance types, 2026-08. Read 2026-11.

use crate::component::fleet::{Fleet, check_threads};
use crate::component::instance_types::{InstanceType, M7G_LARGE, Offer};
use crate::component::parameter::{
    Basis, Parameters, count, count_or_unlimited, duration_law, factor, parameters,
};
use crate::component::price::{Charge, DATA_OUT, ON, PRICE_LIST, Price, Tiers, Usage};
use crate::component::shared::{MOST_INSTANCES, io};
use crate::component::{Class, Component, KindInfo, Program};
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::show;

/// Most pods of one node.
///
/// ESTIMATE: recalled from the EKS user guide, for nodes of fewer than 30 vCPU.
const PODS_PER_NODE: u32 = 110;

/// Hours of a month of 30 days.
const MONTH: f64 = 720.0;
/// What is paid for.
pub const PRICES: &[Price] = &[CLUSTER, DATA_OUT];
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
    not_modelled: "starts of pods and nodes, autoscalers, pending and crashing pods, idle processors of a node, memory, addresses, the control plane, time slices",
    sources: "EKS user guide (Choosing an instance type); karpenter-provider-aws, reference of instance types, 2026-08; read 2026-11",
    operations: &[],
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
        /// Instance type of a node; needs `nodes`.
        node: InstanceType = M7G_LARGE, TYPES.read(), Choice, "the smallest general-purpose one that does not burst";
        /// Work of a visit for which the flow gives no steps, on one full vCPU.
        compute: Law = Law::Constant(5e6), duration_law(), Choice, "a small handler";
        /// Whether a visit keeps a thread from its first step to its last.
        io: bool = false, io(), Choice, "what Node.js, Go and virtual threads do";
        /// Threads of one pod; blocking only.
        threads: u32 = 200, count(1..=100_000), Documented, "Apache Tomcat documentation, HTTP connector: maxThreads 200, read 2026-11";
        /// Places in the waiting line of one pod.
        waiting_limit: u32 = u32::MAX, count_or_unlimited(0), Choice, "no bound until one is given";
    }
    check Eks::check
}

impl Eks {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        check_threads(object, self.io, "eks::threads");
        let Some(nodes) = self.nodes else {
            if object.has("node") {
                let message = format!("`node` of {} needs `nodes`", object.owner());
                object.error_at("node", "eks::nodes", message);
            }
            return;
        };
        // A pod lies on one node: parts of nodes do not add up.
        let each = (f64::from(self.node.vcpus) / self.cpu + 1e-9).floor() as u32;
        let room = each.min(PODS_PER_NODE).saturating_mul(nodes);
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
    }

    /// Returns the pods as copies with processors.
    fn fleet(&self) -> Fleet<'_> {
        Fleet {
            copies: self.pods,
            cpu: self.cpu,
            threads: self.io.then_some(self.threads),
            waiting_limit: self.waiting_limit,
            alone: &self.compute,
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

    fn charges(&self) -> Vec<Charge> {
        vec![
            Charge::new(&CLUSTER, Usage::Hours(1.0)),
            Charge::new(&DATA_OUT, Usage::Replies),
        ]
    }

    fn unbilled(&self) -> Vec<&'static str> {
        vec!["the nodes that the pods run on", "clusters beyond one"]
    }

    fn lacks_prices(&self) -> bool {
        true
    }
}
