//! One file per kind: its capacity is reached, its limits refuse, one edge.
