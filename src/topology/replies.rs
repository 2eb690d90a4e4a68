//! Whose replies clients get: of whom they call, or of those behind who only says where to go.

use super::Topology;
use petgraph::graph::NodeIndex;

impl Topology {
    /// Returns the nodes that reply to whoever calls a node: it or, where that only says where
    /// to go, those behind it.
    pub fn replying(&self, called: NodeIndex<u32>) -> Vec<NodeIndex<u32>> {
        let graph = &self.graph;
        let (mut open, mut seen, mut found) = (vec![called], Vec::new(), Vec::new());
        while let Some(at) = open.pop() {
            if seen.contains(&at) {
                continue;
            }
            seen.push(at);
            let component = graph[at].component.as_deref();
            if component.is_some_and(|component| component.points_elsewhere()) {
                open.extend(graph.neighbors(at));
            } else {
                found.push(at);
            }
        }
        found
    }
}
