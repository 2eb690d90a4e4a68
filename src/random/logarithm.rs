//! The natural logarithm of many shares at once.
//!
//! One logarithm makes what comes after it wait for some hundred cycles. Many of them, none of
//! which branches, go through the processor side by side.
//!
//! SOURCE: the method and constants of Sun Microsystems' fdlibm, `e_log.c` (1993), which `libm`
//! follows too: the values are the same to the last bit, which a test holds.

const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
const L1: f64 = 6.666_666_666_666_735e-1;
const L2: f64 = 3.999_999_999_940_942e-1;
const L3: f64 = 2.857_142_874_366_239e-1;
const L4: f64 = 2.222_219_843_214_978_4e-1;
const L5: f64 = 1.818_357_216_161_805e-1;
const L6: f64 = 1.531_383_769_920_937_3e-1;
const L7: f64 = 1.479_819_860_511_658_6e-1;

/// Upper half of √½, below which a number is halved once less.
const ROOT_HALF: u64 = 0x3fe6_a09e_0000_0000;
const ONE: u64 = 0x3ff0_0000_0000_0000;
const MANTISSA: u64 = (1 << 52) - 1;

/// Puts its natural logarithm in the place of each number in (0, 1], none of them subnormal.
#[inline(always)]
pub(crate) fn take_logarithms(numbers: &mut [f64]) {
    for number in numbers {
        *number = logarithm(*number);
    }
}

#[inline(always)]
fn logarithm(number: f64) -> f64 {
    // number = 2^k (1 + f), with 1 + f between √½ and √2.
    let bits = number.to_bits() + (ONE - ROOT_HALF);
    let k = f64::from((bits >> 52) as i32 - 0x3ff);
    let f = f64::from_bits((bits & MANTISSA) + ROOT_HALF) - 1.0;
    // ln(1 + f) = f − f²/2 + s (f²/2 + R(s²)), with s = f / (2 + f).
    let half_square = 0.5 * f * f;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = w * (L2 + w * (L4 + w * L6));
    let odd = z * (L1 + w * (L3 + w * (L5 + w * L7)));
    let r = odd + even;
    s * (half_square + r) + k * LN2_LOW - half_square + f + k * LN2_HIGH
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::address::share;
    use crate::random::mix2;

    #[test]
    fn values_are_those_of_libm() {
        let least = f64::from_bits(1 << 52);
        let special = [1.0, 0.5, 1.0 - share(u64::MAX), share(1 << 11), 0.75, least];
        let near_root = f64::from_bits(ROOT_HALF);
        let borders = [near_root.next_down(), near_root, near_root.next_up()];
        let drawn = (0..1_000_000).map(|n| 1.0 - share(mix2(n, 1) >> (n % 53)));
        for number in special.into_iter().chain(borders).chain(drawn) {
            let mut found = [number];
            take_logarithms(&mut found);
            let expected = libm::log(number);
            assert_eq!(found[0].to_bits(), expected.to_bits(), "of {number:e}");
        }
    }
}
