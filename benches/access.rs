//! How many times a second one core decides who may do what: `cargo bench --bench access`. The figure to reach is
//! 1,000,000.
#![allow(missing_docs, clippy::cast_precision_loss)]

use std::hint::black_box;

use vigil::access::{Relation, Role, Verb, decide};

use tokio::time::Instant;

const ROUNDS: u64 = 1_000_000;

fn main() {
    let roles = [Role::Technician, Role::Nurse];
    let begun = Instant::now();
    let mut allowed = 0_u64;
    for round in 0..ROUNDS {
        for (index, verb) in Verb::ALL.into_iter().enumerate() {
            let relation = Relation { team: (round + index as u64).is_multiple_of(3), ..Relation::NONE };
            allowed += u64::from(decide(black_box(&roles), relation, verb).fields().is_some());
        }
    }
    let decisions = ROUNDS * Verb::ALL.len() as u64;
    let per_second = decisions as f64 / begun.elapsed().as_secs_f64();
    println!("{:.1} million decisions/s, {allowed} of {decisions} allowed", per_second / 1e6);
}
