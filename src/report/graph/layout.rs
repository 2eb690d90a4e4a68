//! Places for nodes: layers from left to right, few crossings (Sugiyama's method).
//!
//! Cycles are opened by ignoring the links that lead back in a depth-first search;
//! the longest path gives the layer; a link over several layers passes through an
//! empty place in each, so that it is routed around nodes; sweeps by the mean
//! place of the neighbours order each layer. Everything is deterministic.

use super::Picture;

/// Sweeps over the layers; few pictures change after three.
const SWEEPS: usize = 8;

/// Where everything is, in layers and places within a layer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    /// Number of layers.
    pub(super) layers: usize,
    /// Most places in a layer.
    pub(super) places: usize,
    /// Layer and place of each node; places are centred, in halves.
    pub(super) nodes: Vec<(usize, f64)>,
    /// Points that each arrow passes on its way, ends included, from its source to its target.
    pub(super) routes: Vec<Vec<(usize, f64)>>,
}

/// Finds a place for everything.
pub(super) fn arrange(picture: &Picture) -> Layout {
    let count = picture.nodes.len();
    let ends: Vec<(usize, usize)> = picture
        .arrows
        .iter()
        .map(|arrow| (arrow.from, arrow.to))
        .collect();
    let back = leads_back(count, &ends);
    // Towards the right; links to itself take part in nothing.
    let forward: Vec<(usize, usize)> = ends
        .iter()
        .zip(&back)
        .map(|(&(from, to), &back)| if back { (to, from) } else { (from, to) })
        .collect();
    let mut layer = longest_paths(count, &forward);

    // Vertices: the nodes, then the empty places that long links pass.
    let mut chains: Vec<Vec<usize>> = Vec::new();
    for &(from, to) in &forward {
        let mut chain = vec![from];
        for passed in layer[from] + 1..layer[to] {
            chain.push(layer.len());
            layer.push(passed);
        }
        chain.push(to);
        chains.push(chain);
    }
    let layers = layer.iter().max().map_or(0, |last| last + 1);
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); layers];
    for (vertex, &layer) in layer.iter().enumerate() {
        rows[layer].push(vertex);
    }
    order(&mut rows, &chains, &layer);

    let places = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut at = vec![(0, 0.0); layer.len()];
    for (column, row) in rows.iter().enumerate() {
        let shift = (places - row.len()) as f64 / 2.0;
        for (place, &vertex) in row.iter().enumerate() {
            at[vertex] = (column, place as f64 + shift);
        }
    }
    let routes = chains
        .iter()
        .zip(&back)
        .map(|(chain, &back)| {
            let mut route: Vec<(usize, f64)> = chain.iter().map(|&vertex| at[vertex]).collect();
            if back {
                route.reverse();
            }
            route
        })
        .collect();
    at.truncate(count);
    Layout {
        layers,
        places,
        nodes: at,
        routes,
    }
}

/// Says for each link whether it leads back to a node that a search is still inside of.
fn leads_back(count: usize, ends: &[(usize, usize)]) -> Vec<bool> {
    let mut back = vec![false; ends.len()];
    let mut state = vec![State::New; count];
    for start in 0..count {
        if state[start] != State::New {
            continue;
        }
        state[start] = State::Inside;
        // Node and the number of the next link to look at.
        let mut stack = vec![(start, 0)];
        while let Some((node, next)) = stack.pop() {
            let Some(link) = (next..ends.len()).find(|&link| ends[link].0 == node) else {
                state[node] = State::Done;
                continue;
            };
            stack.push((node, link + 1));
            let target = ends[link].1;
            match state[target] {
                State::New => {
                    state[target] = State::Inside;
                    stack.push((target, 0));
                }
                State::Inside => back[link] = true,
                State::Done => {}
            }
        }
    }
    back
}

/// How far a search has come with a node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Inside,
    Done,
}

/// Returns the layer of each node: the longest path that leads to it.
fn longest_paths(count: usize, forward: &[(usize, usize)]) -> Vec<usize> {
    let mut layer = vec![0; count];
    // Without cycles this settles after at most `count` rounds.
    for _ in 0..count {
        let mut settled = true;
        for &(from, to) in forward {
            if from != to && layer[to] < layer[from] + 1 {
                layer[to] = layer[from] + 1;
                settled = false;
            }
        }
        if settled {
            break;
        }
    }
    layer
}

/// Orders each layer by the mean place of the neighbours before (and then behind) it.
fn order(rows: &mut [Vec<usize>], chains: &[Vec<usize>], layer: &[usize]) {
    let mut left = vec![Vec::new(); layer.len()];
    let mut right = vec![Vec::new(); layer.len()];
    for chain in chains {
        for pair in chain.windows(2) {
            if pair[0] != pair[1] {
                right[pair[0]].push(pair[1]);
                left[pair[1]].push(pair[0]);
            }
        }
    }
    let mut best = rows.to_vec();
    let mut least = crossings(rows, &right, layer);
    for sweep in 0..SWEEPS {
        let forwards = sweep % 2 == 0;
        let neighbours = if forwards { &left } else { &right };
        for step in 1..rows.len() {
            let row = if forwards {
                step
            } else {
                rows.len() - 1 - step
            };
            let place = places(rows, layer.len());
            let mean = |vertex: usize| {
                let near = &neighbours[vertex];
                if near.is_empty() {
                    return place[vertex];
                }
                near.iter().map(|&other| place[other]).sum::<f64>() / near.len() as f64
            };
            // The sort is stable, so that equals keep their order.
            rows[row].sort_by(|&one, &other| mean(one).total_cmp(&mean(other)));
        }
        let found = crossings(rows, &right, layer);
        if found < least {
            least = found;
            best = rows.to_vec();
        }
    }
    rows.clone_from_slice(&best);
}

/// Returns the relative place of each vertex in its layer.
fn places(rows: &[Vec<usize>], count: usize) -> Vec<f64> {
    let mut places = vec![0.0; count];
    for row in rows {
        for (place, &vertex) in row.iter().enumerate() {
            places[vertex] = (place as f64 + 0.5) / row.len() as f64;
        }
    }
    places
}

/// Counts the pairs of links between neighbouring layers that cross.
fn crossings(rows: &[Vec<usize>], right: &[Vec<usize>], layer: &[usize]) -> usize {
    let place = places(rows, layer.len());
    let mut count = 0;
    for row in rows {
        let links: Vec<(f64, f64)> = row
            .iter()
            .flat_map(|&from| right[from].iter().map(move |&to| (from, to)))
            .map(|(from, to)| (place[from], place[to]))
            .collect();
        for (number, one) in links.iter().enumerate() {
            for other in &links[number + 1..] {
                if (one.0 - other.0) * (one.1 - other.1) < 0.0 {
                    count += 1;
                }
            }
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::super::{Arrow, Line, Shape};
    use super::*;

    /// Makes a picture out of the ends of its links.
    fn picture(count: usize, ends: &[(usize, usize)]) -> Picture {
        let shape = |number: usize| Shape {
            name: format!("n{number}"),
            kind: "station".to_owned(),
            used: None,
        };
        let arrow = |&(from, to): &(usize, usize)| Arrow {
            from,
            to,
            label: String::new(),
            line: Line::Solid,
        };
        Picture {
            title: String::new(),
            nodes: (0..count).map(shape).collect(),
            arrows: ends.iter().map(arrow).collect(),
        }
    }

    #[test]
    fn a_node_lies_right_of_all_that_call_it() {
        let found = arrange(&picture(4, &[(0, 1), (1, 2), (0, 3), (2, 3)]));

        let layers: Vec<usize> = found.nodes.iter().map(|node| node.0).collect();
        assert_eq!(layers, [0, 1, 2, 3]);
        assert_eq!(
            found.routes[2].len(),
            4,
            "the long link passes two empty places"
        );
    }

    #[test]
    fn cycles_and_loops_have_a_layout() {
        let found = arrange(&picture(3, &[(0, 1), (1, 2), (2, 0), (1, 1)]));

        assert_eq!(found.layers, 3);
        assert_eq!(
            found.routes[2].first(),
            Some(&found.nodes[2]),
            "from its source"
        );
    }

    #[test]
    fn crossings_that_need_not_be_are_undone() {
        let found = arrange(&picture(6, &[(0, 1), (0, 2), (1, 4), (2, 3), (1, 5)]));

        let place = |node: usize| found.nodes[node].1;
        assert_eq!(place(1) < place(2), place(4) < place(3));
        assert_eq!(place(1) < place(2), place(5) < place(3));
    }

    #[test]
    fn nothing_is_a_picture_too() {
        assert_eq!(arrange(&picture(0, &[])).layers, 0);
    }
}
