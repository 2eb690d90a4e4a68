//! Instance types: processors and memory, for all kinds that run on instances.
//!
//! Databases, caches and endpoints name the same machines with a word in front or
//! behind (`db.m7g.large`, `cache.m7g.large`, `ml.m5.large`), and offer some families only.
//!
//! Not here: network and volume bandwidth, accelerators, prices.

use super::parameter::{How, custom};
use crate::spec::field::Field;
use crate::spec::nearest;

/// A kind of machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InstanceType {
    /// Name without what services put in front or behind.
    pub name: &'static str,
    /// Processors.
    pub vcpus: u32,
    /// Memory [GiB].
    pub gib: f64,
}

impl InstanceType {
    /// Returns the memory in bytes.
    pub fn bytes(&self) -> f64 {
        self.gib * 1_073_741_824.0
    }

    /// Returns the share of its processors that a burstable type is always entitled to.
    ///
    /// SOURCE: EC2 user guide, Key concepts for burstable performance instances: baseline
    /// of T3, T3a and T4g. Read 2026-11.
    pub fn baseline(&self) -> Option<f64> {
        let (family, size) = self.name.split_once('.')?;
        if !["t3", "t3a", "t4g"].contains(&family) {
            return None;
        }
        match size {
            "nano" => Some(0.05),
            "micro" => Some(0.1),
            "small" | "medium" => Some(0.2),
            "large" => Some(0.3),
            _ => Some(0.4),
        }
    }

    /// Returns the family: what stands before the dot.
    fn family(&self) -> &'static str {
        self.name.split('.').next().unwrap_or(self.name)
    }
}

/// What services call their instances, and which of them they offer.
#[derive(Clone, Copy, Debug)]
pub struct Offer {
    /// Stands before the name.
    pub prefix: &'static str,
    /// Stands behind the name.
    pub suffix: &'static str,
    /// Families that are offered; all if empty.
    pub families: &'static [&'static str],
    /// Least memory [GiB].
    pub least_gib: f64,
    /// Least processors.
    pub least_vcpus: u32,
    /// What is accepted, in words.
    pub range: &'static str,
}

impl Offer {
    /// Returns the name by which the service calls an instance type.
    fn named(&self, found: &InstanceType) -> String {
        format!("{}{}{}", self.prefix, found.name, self.suffix)
    }

    /// Returns the instance types that are offered.
    fn types(self) -> impl Iterator<Item = &'static InstanceType> {
        TYPES.iter().filter(move |one| {
            let offered = self.families.is_empty() || self.families.contains(&one.family());
            offered && one.gib >= self.least_gib && one.vcpus >= self.least_vcpus
        })
    }

    /// Returns how an instance type of this offer is read.
    pub fn read(self) -> How<InstanceType> {
        let read = move |field: &Field<'_>| {
            let text = field.text()?;
            if let Some(found) = self.types().find(|one| self.named(one) == text) {
                return Some(*found);
            }
            let message = format!("{} must be {}, got `{text}`", field.name, self.range);
            let names: Vec<String> = self.types().map(|one| self.named(one)).collect();
            let code = "value::unknown-choice";
            match nearest(text, names.iter().map(String::as_str)) {
                Some(near) => {
                    let help = format!("did you mean `{near}`?");
                    field
                        .sink
                        .error_with_help(code, field.place(), message, help);
                }
                None => field.error(code, message),
            }
            None
        };
        custom("text", self.range, read, move |found: &InstanceType| {
            self.named(found)
        })
    }
}

/// Makes a row.
const fn instance(name: &'static str, vcpus: u32, gib: f64) -> InstanceType {
    InstanceType { name, vcpus, gib }
}

/// The general-purpose instance where none is given: 2 vCPU, 8 GiB.
pub const M7G_LARGE: InstanceType = instance("m7g.large", 2, 8.0);

/// All types.
///
/// SOURCE: github.com/aws/karpenter-provider-aws, reference of instance types, 2026-08.
const TYPES: &[InstanceType] = &[
    instance("t3.nano", 2, 0.5),
    instance("t3.micro", 2, 1.0),
    instance("t3.small", 2, 2.0),
    instance("t3.medium", 2, 4.0),
    instance("t3.large", 2, 8.0),
    instance("t3.xlarge", 4, 16.0),
    instance("t3.2xlarge", 8, 32.0),
    instance("t3a.nano", 2, 0.5),
    instance("t3a.micro", 2, 1.0),
    instance("t3a.small", 2, 2.0),
    instance("t3a.medium", 2, 4.0),
    instance("t3a.large", 2, 8.0),
    instance("t3a.xlarge", 4, 16.0),
    instance("t3a.2xlarge", 8, 32.0),
    instance("t4g.nano", 2, 0.5),
    instance("t4g.micro", 2, 1.0),
    instance("t4g.small", 2, 2.0),
    instance("t4g.medium", 2, 4.0),
    instance("t4g.large", 2, 8.0),
    instance("t4g.xlarge", 4, 16.0),
    instance("t4g.2xlarge", 8, 32.0),
    instance("m5.large", 2, 8.0),
    instance("m5.xlarge", 4, 16.0),
    instance("m5.2xlarge", 8, 32.0),
    instance("m5.4xlarge", 16, 64.0),
    instance("m5.8xlarge", 32, 128.0),
    instance("m5.12xlarge", 48, 192.0),
    instance("m5.16xlarge", 64, 256.0),
    instance("m5.24xlarge", 96, 384.0),
    instance("m6i.large", 2, 8.0),
    instance("m6i.xlarge", 4, 16.0),
    instance("m6i.2xlarge", 8, 32.0),
    instance("m6i.4xlarge", 16, 64.0),
    instance("m6i.8xlarge", 32, 128.0),
    instance("m6i.12xlarge", 48, 192.0),
    instance("m6i.16xlarge", 64, 256.0),
    instance("m6i.24xlarge", 96, 384.0),
    instance("m6g.medium", 1, 4.0),
    instance("m6g.large", 2, 8.0),
    instance("m6g.xlarge", 4, 16.0),
    instance("m6g.2xlarge", 8, 32.0),
    instance("m6g.4xlarge", 16, 64.0),
    instance("m6g.8xlarge", 32, 128.0),
    instance("m6g.12xlarge", 48, 192.0),
    instance("m6g.16xlarge", 64, 256.0),
    instance("m7i.large", 2, 8.0),
    instance("m7i.xlarge", 4, 16.0),
    instance("m7i.2xlarge", 8, 32.0),
    instance("m7i.4xlarge", 16, 64.0),
    instance("m7i.8xlarge", 32, 128.0),
    instance("m7i.12xlarge", 48, 192.0),
    instance("m7i.16xlarge", 64, 256.0),
    instance("m7i.24xlarge", 96, 384.0),
    instance("m7i.48xlarge", 192, 768.0),
    instance("m7g.medium", 1, 4.0),
    instance("m7g.large", 2, 8.0),
    instance("m7g.xlarge", 4, 16.0),
    instance("m7g.2xlarge", 8, 32.0),
    instance("m7g.4xlarge", 16, 64.0),
    instance("m7g.8xlarge", 32, 128.0),
    instance("m7g.12xlarge", 48, 192.0),
    instance("m7g.16xlarge", 64, 256.0),
    instance("m8g.medium", 1, 4.0),
    instance("m8g.large", 2, 8.0),
    instance("m8g.xlarge", 4, 16.0),
    instance("m8g.2xlarge", 8, 32.0),
    instance("m8g.4xlarge", 16, 64.0),
    instance("m8g.8xlarge", 32, 128.0),
    instance("m8g.12xlarge", 48, 192.0),
    instance("m8g.16xlarge", 64, 256.0),
    instance("m8g.24xlarge", 96, 384.0),
    instance("m8g.48xlarge", 192, 768.0),
    instance("c5.large", 2, 4.0),
    instance("c5.xlarge", 4, 8.0),
    instance("c5.2xlarge", 8, 16.0),
    instance("c5.4xlarge", 16, 32.0),
    instance("c5.12xlarge", 48, 96.0),
    instance("c5.24xlarge", 96, 192.0),
    instance("c6i.large", 2, 4.0),
    instance("c6i.xlarge", 4, 8.0),
    instance("c6i.2xlarge", 8, 16.0),
    instance("c6i.4xlarge", 16, 32.0),
    instance("c6i.8xlarge", 32, 64.0),
    instance("c6i.12xlarge", 48, 96.0),
    instance("c6i.16xlarge", 64, 128.0),
    instance("c6i.24xlarge", 96, 192.0),
    instance("c6g.medium", 1, 2.0),
    instance("c6g.large", 2, 4.0),
    instance("c6g.xlarge", 4, 8.0),
    instance("c6g.2xlarge", 8, 16.0),
    instance("c6g.4xlarge", 16, 32.0),
    instance("c6g.8xlarge", 32, 64.0),
    instance("c6g.12xlarge", 48, 96.0),
    instance("c6g.16xlarge", 64, 128.0),
    instance("c7i.large", 2, 4.0),
    instance("c7i.xlarge", 4, 8.0),
    instance("c7i.2xlarge", 8, 16.0),
    instance("c7i.4xlarge", 16, 32.0),
    instance("c7i.8xlarge", 32, 64.0),
    instance("c7i.12xlarge", 48, 96.0),
    instance("c7i.16xlarge", 64, 128.0),
    instance("c7i.24xlarge", 96, 192.0),
    instance("c7i.48xlarge", 192, 384.0),
    instance("c7g.medium", 1, 2.0),
    instance("c7g.large", 2, 4.0),
    instance("c7g.xlarge", 4, 8.0),
    instance("c7g.2xlarge", 8, 16.0),
    instance("c7g.4xlarge", 16, 32.0),
    instance("c7g.8xlarge", 32, 64.0),
    instance("c7g.12xlarge", 48, 96.0),
    instance("c7g.16xlarge", 64, 128.0),
    instance("c8g.medium", 1, 2.0),
    instance("c8g.large", 2, 4.0),
    instance("c8g.xlarge", 4, 8.0),
    instance("c8g.2xlarge", 8, 16.0),
    instance("c8g.4xlarge", 16, 32.0),
    instance("c8g.8xlarge", 32, 64.0),
    instance("c8g.12xlarge", 48, 96.0),
    instance("c8g.16xlarge", 64, 128.0),
    instance("c8g.24xlarge", 96, 192.0),
    instance("c8g.48xlarge", 192, 384.0),
    instance("r5.large", 2, 16.0),
    instance("r5.xlarge", 4, 32.0),
    instance("r5.2xlarge", 8, 64.0),
    instance("r5.4xlarge", 16, 128.0),
    instance("r5.8xlarge", 32, 256.0),
    instance("r5.12xlarge", 48, 384.0),
    instance("r5.16xlarge", 64, 512.0),
    instance("r5.24xlarge", 96, 768.0),
    instance("r6i.large", 2, 16.0),
    instance("r6i.xlarge", 4, 32.0),
    instance("r6i.2xlarge", 8, 64.0),
    instance("r6i.4xlarge", 16, 128.0),
    instance("r6i.8xlarge", 32, 256.0),
    instance("r6i.12xlarge", 48, 384.0),
    instance("r6i.16xlarge", 64, 512.0),
    instance("r6i.24xlarge", 96, 768.0),
    instance("r6g.medium", 1, 8.0),
    instance("r6g.large", 2, 16.0),
    instance("r6g.xlarge", 4, 32.0),
    instance("r6g.2xlarge", 8, 64.0),
    instance("r6g.4xlarge", 16, 128.0),
    instance("r6g.8xlarge", 32, 256.0),
    instance("r6g.12xlarge", 48, 384.0),
    instance("r6g.16xlarge", 64, 512.0),
    instance("r7i.large", 2, 16.0),
    instance("r7i.xlarge", 4, 32.0),
    instance("r7i.2xlarge", 8, 64.0),
    instance("r7i.4xlarge", 16, 128.0),
    instance("r7i.8xlarge", 32, 256.0),
    instance("r7i.12xlarge", 48, 384.0),
    instance("r7i.16xlarge", 64, 512.0),
    instance("r7i.24xlarge", 96, 768.0),
    instance("r7i.48xlarge", 192, 1536.0),
    instance("r7g.medium", 1, 8.0),
    instance("r7g.large", 2, 16.0),
    instance("r7g.xlarge", 4, 32.0),
    instance("r7g.2xlarge", 8, 64.0),
    instance("r7g.4xlarge", 16, 128.0),
    instance("r7g.8xlarge", 32, 256.0),
    instance("r7g.12xlarge", 48, 384.0),
    instance("r7g.16xlarge", 64, 512.0),
    instance("r8g.medium", 1, 8.0),
    instance("r8g.large", 2, 16.0),
    instance("r8g.xlarge", 4, 32.0),
    instance("r8g.2xlarge", 8, 64.0),
    instance("r8g.4xlarge", 16, 128.0),
    instance("r8g.8xlarge", 32, 256.0),
    instance("r8g.12xlarge", 48, 384.0),
    instance("r8g.16xlarge", 64, 512.0),
    instance("r8g.24xlarge", 96, 768.0),
    instance("r8g.48xlarge", 192, 1536.0),
    instance("i4i.large", 2, 16.0),
    instance("i4i.xlarge", 4, 32.0),
    instance("i4i.2xlarge", 8, 64.0),
    instance("i4i.4xlarge", 16, 128.0),
    instance("i4i.8xlarge", 32, 256.0),
    instance("i4i.12xlarge", 48, 384.0),
    instance("i4i.16xlarge", 64, 512.0),
    instance("i4i.24xlarge", 96, 768.0),
    instance("i3en.large", 2, 16.0),
    instance("i3en.xlarge", 4, 32.0),
    instance("i3en.2xlarge", 8, 64.0),
    instance("i3en.12xlarge", 48, 384.0),
    instance("i3en.24xlarge", 96, 768.0),
    instance("g4dn.xlarge", 4, 16.0),
    instance("g4dn.2xlarge", 8, 32.0),
    instance("g4dn.4xlarge", 16, 64.0),
    instance("g4dn.8xlarge", 32, 128.0),
    instance("g4dn.12xlarge", 48, 192.0),
    instance("g4dn.16xlarge", 64, 256.0),
    instance("g5.xlarge", 4, 16.0),
    instance("g5.2xlarge", 8, 32.0),
    instance("g5.4xlarge", 16, 64.0),
    instance("g5.8xlarge", 32, 128.0),
    instance("g5.12xlarge", 48, 192.0),
    instance("g5.16xlarge", 64, 256.0),
    instance("g5.24xlarge", 96, 384.0),
    instance("g5.48xlarge", 192, 768.0),
    instance("g6.xlarge", 4, 16.0),
    instance("g6.2xlarge", 8, 32.0),
    instance("g6.4xlarge", 16, 64.0),
    instance("g6.8xlarge", 32, 128.0),
    instance("g6.12xlarge", 48, 192.0),
    instance("g6.16xlarge", 64, 256.0),
    instance("g6.24xlarge", 96, 384.0),
    instance("g6.48xlarge", 192, 768.0),
    instance("inf2.xlarge", 4, 16.0),
    instance("inf2.8xlarge", 32, 128.0),
    instance("inf2.24xlarge", 96, 384.0),
    instance("inf2.48xlarge", 192, 768.0),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_the_default_is_in_the_table() {
        for (at, one) in TYPES.iter().enumerate() {
            assert!(
                TYPES[..at].iter().all(|other| other.name != one.name),
                "{} comes twice",
                one.name
            );
        }
        assert!(TYPES.contains(&M7G_LARGE));
    }
}
