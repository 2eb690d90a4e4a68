//! Rekognition: says what is on an image, so many a second of each sort.
//!
//! # Model
//! 1. A call takes a token of its operation's bucket, which the account shares; without
//!    one it is throttled at once (ProvisionedThroughputExceededException).
//! 2. The time of the operation passes.
//!
//! # Not modelled
//! - Larger images and more faces, which take longer; the upload of an image with the call.
//! - Video, custom labels, collections that grow.
//!
//! # Sources
//! AWS general reference (Rekognition endpoints and quotas). Times are estimates. Read 2026-11.

use crate::component::ask::{Access, OperationInfo};
use crate::component::parameter::{
    Basis, Parameters, duration_law, milliseconds_p50_p99, parameters, rate,
};
use crate::component::price::{Charge, MILLION, ON, Price, RECALLED, Tiers, Usage};
use crate::component::shared::admit_call;
use crate::component::{Class, Component, KindInfo, Program, WorkSpec};
use crate::random::law::Law;

/// Limits.
const QUOTAS: &str = "AWS general reference, Rekognition quotas: us-east-1 and us-west-2 (less elsewhere), read 2026-11";
/// Times.
const LATENCY: &str = "an image of a megabyte, 2026-11; no distribution is published, put your own";

/// What is paid for: every call is an image.
const PRICES: &[Price] = &[IMAGES];
const IMAGES: Price = Price {
    item: "images",
    unit: "image",
    usd: Tiers::Steps(&[
        (MILLION, 0.001),
        (5.0 * MILLION, 0.0008),
        (35.0 * MILLION, 0.0006),
        (ON, 0.00025),
    ]),
    free: 0.0,
    basis: Basis::Estimate,
    source: RECALLED,
};

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "rekognition",
    class: Class::Leaf,
    summary: "says what is on an image, so many a second of each sort",
    model: "takes a token of the operation's bucket, else throttles; takes the operation's time",
    not_modelled: "size of images and number of faces, uploads, video, custom labels, collections",
    sources: "AWS general reference (Rekognition endpoints and quotas); read 2026-11",
    operations: &[
        operation("detect-labels", "names things and scenes"),
        operation("detect-moderation-labels", "finds what should not be shown"),
        operation("detect-text", "reads words"),
        operation("search-faces", "looks a face up in a collection"),
        operation("detect-faces", "finds faces"),
        operation("compare-faces", "says whether faces are of one person"),
    ],
    prices: PRICES,
    parameters: Rekognition::table,
    read: |object| Box::new(Rekognition::read(object)),
};

/// An operation.
const fn operation(name: &'static str, doc: &'static str) -> OperationInfo {
    OperationInfo {
        name,
        access: Access::Call,
        most_items: 1,
        doc,
    }
}

parameters! {
    /// Parameters of image analysis.
    pub struct Rekognition {
        /// Calls per time to each operation but those below; one second of it at once.
        rate: f64 = 50.0, rate(), Documented, QUOTAS;
        /// Calls per time to `detect-faces`, and to `compare-faces`; one second of it at once.
        face_rate: f64 = 100.0, rate(), Documented, QUOTAS;
        /// Time of `detect-labels`.
        detect_labels: Law = milliseconds_p50_p99(450.0, 1_600.0), duration_law(), Estimate, LATENCY;
        /// Time of `detect-moderation-labels`.
        detect_moderation_labels: Law = milliseconds_p50_p99(320.0, 1_100.0), duration_law(), Estimate, LATENCY;
        /// Time of `detect-text`.
        detect_text: Law = milliseconds_p50_p99(500.0, 1_800.0), duration_law(), Estimate, LATENCY;
        /// Time of `search-faces`.
        search_faces: Law = milliseconds_p50_p99(350.0, 1_100.0), duration_law(), Estimate, LATENCY;
        /// Time of `detect-faces`.
        detect_faces: Law = milliseconds_p50_p99(280.0, 900.0), duration_law(), Estimate, LATENCY;
        /// Time of `compare-faces`.
        compare_faces: Law = milliseconds_p50_p99(380.0, 1_200.0), duration_law(), Estimate, LATENCY;
    }
}

impl Component for Rekognition {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        let (per_s, time) = match program.op() {
            "detect-moderation-labels" => (self.rate, &self.detect_moderation_labels),
            "detect-text" => (self.rate, &self.detect_text),
            "search-faces" => (self.rate, &self.search_faces),
            "detect-faces" => (self.face_rate, &self.detect_faces),
            "compare-faces" => (self.face_rate, &self.compare_faces),
            _ => (self.rate, &self.detect_labels),
        };
        let label = format!("calls to {}", program.op());
        admit_call(program, &label, per_s);
        program.work(&WorkSpec::of(time));
    }

    fn charges(&self) -> Vec<Charge> {
        vec![Charge::new(&IMAGES, Usage::Visits(&[]))]
    }

    fn unbilled(&self) -> Vec<&'static str> {
        vec!["faces kept in collections"]
    }
}
