//! Erlang's formulas: who is refused without a line, and who waits with one.
//!
//! SOURCE: Kleinrock, Queueing Systems vol. 1 (1975), sections 3.5 and 3.6. B holds for
//! every law of service (Sevastyanov 1957), C for exponential service.

/// Returns the fraction refused by M/G/c/c with an offered load [erlangs] ≥ 0.
///
/// B₀ = 1, Bₖ = a·Bₖ₋₁/(k + a·Bₖ₋₁): no factorial, so that thousands of servers are no trap.
/// O(servers).
pub fn b(servers: u32, load: f64) -> f64 {
    (1..=servers).fold(1.0, |refused, k| {
        load * refused / (f64::from(k) + load * refused)
    })
}

/// Returns the probability of waiting in M/M/c with an offered load below `servers` [erlangs].
pub fn c(servers: u32, load: f64) -> f64 {
    let refused = b(servers, load);
    let utilisation = load / f64::from(servers);
    refused / (1.0 - utilisation * (1.0 - refused))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_servers_by_hand() {
        // a = 1: B = (1/2)/(1 + 1 + 1/2) = 1/5; C = B/(1 − ½·(1 − B)) = 1/3.
        assert!((b(2, 1.0) - 0.2).abs() < 1e-15);
        assert!((c(2, 1.0) - 1.0 / 3.0).abs() < 1e-15);
    }

    #[test]
    fn ten_thousand_servers_are_no_trap() {
        let refused = b(10_000, 10_000.0);

        assert!(refused > 0.0 && refused < 0.01, "{refused}");
    }
}
