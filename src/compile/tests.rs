//! Small topologies and the programs they become.
