//! The office of a run in parts under a model checker: every order that threads and memory allow.

mod sync {
    pub(crate) use loom::sync::Mutex;
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering};
}

#[allow(
    clippy::duplicate_mod,
    reason = "the same code once more, with the checker's primitives"
)]
#[path = "office.rs"]
mod office;

use loom::sync::Arc;
use loom::thread;
use office::Office;

const NEVER: u64 = u64::MAX;

/// Takes the letters to a part; returns them with the time before which it has all.
fn collected(office: &Office<Vec<u32>>, me: usize) -> (u64, Vec<u32>) {
    let mut letters = Vec::new();
    let safe = office.collect(me, &mut letters);
    (safe, letters)
}

#[test]
fn a_clock_comes_after_the_letters_that_it_promises() {
    loom::model(|| {
        let office = Arc::new(Office::new(2, vec![NEVER, 10, 10, NEVER], 100));
        let other = Arc::clone(&office);
        let sender = thread::spawn(move || {
            other.send(1, 0, &mut vec![7]);
            other.publish(1, 5);
        });

        let (safe, letters) = collected(&office, 0);

        assert!(
            safe == 10 || letters == [7],
            "up to {safe} it has {letters:?}"
        );
        sender.join().unwrap();
    });
}

#[test]
fn a_clock_comes_after_letters_by_way_of_others() {
    loom::model(|| {
        // The first part hears of the third's time only through the second.
        let distances = vec![NEVER, 10, NEVER, 10, NEVER, 10, NEVER, 10, NEVER];
        let office = Arc::new(Office::new(3, distances, 100));
        let (second, third) = (Arc::clone(&office), Arc::clone(&office));
        let threads = [
            thread::spawn(move || {
                third.send(2, 0, &mut vec![7]);
                third.publish(2, 5);
            }),
            thread::spawn(move || {
                let (safe, _) = collected(&second, 1);
                // It has handled everything before, so far as the third has.
                if safe > 10 {
                    second.publish(1, 5);
                }
            }),
        ];

        let (safe, letters) = collected(&office, 0);

        assert!(
            safe == 10 || letters == [7],
            "up to {safe} it has {letters:?}"
        );
        for one in threads {
            one.join().unwrap();
        }
    });
}

#[test]
fn at_the_limit_all_letters_are_there_and_then_it_rises() {
    loom::model(|| {
        let office = Arc::new(Office::new(2, vec![NEVER, 10, 10, NEVER], 100));
        office.publish(0, 100);
        let other = Arc::clone(&office);
        let worker = thread::spawn(move || {
            other.send(1, 0, &mut vec![7]);
            other.publish(1, 100);
            // What it sends after the limit has risen is for after the limit.
            if other.limit() == 200 {
                other.send(1, 0, &mut vec![8]);
            }
            other.is_over()
        });

        if office.all_there() {
            let (_, letters) = collected(&office, 0);
            assert_eq!(letters, [7]);
            office.raise(200);
        } else {
            office.end();
        }

        let saw_the_end = worker.join().unwrap();
        assert!(office.is_over() || !saw_the_end);
    });
}
