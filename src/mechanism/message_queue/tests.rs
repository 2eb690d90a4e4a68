//! Message queues by hand-computed example, and their accounting by property.

use super::*;
use proptest::prelude::*;

const RULES: Rules = Rules {
    visibility: Span(100),
    max_receives: u32::MAX,
    ordered: false,
    retention: Span::MAX,
    in_flight: u32::MAX,
};

fn queue(rules: Rules, items: &[u32]) -> MessageQueue {
    let mut queue = MessageQueue::new(rules);
    for (ordinal, &item) in (0..).zip(items) {
        queue.send(SimTime(0), Message::numbered(ordinal, item), false);
    }
    queue
}

/// Receives, after what is due; returns receipts and ordinals.
fn receive(queue: &mut MessageQueue, at: u64, most: u32) -> (Vec<Receipt>, Vec<u64>) {
    let mut batch = Vec::new();
    queue.expire(SimTime(at));
    queue.receive(SimTime(at), most, &mut batch);
    let ordinals = batch
        .iter()
        .filter_map(|&receipt| queue.message(receipt))
        .map(|message| message.ordinal)
        .collect();
    (batch, ordinals)
}

#[test]
fn a_message_is_visible_again_unless_it_is_deleted_in_time() {
    let mut queue = queue(RULES, &[0, 0]);

    let (batch, first) = receive(&mut queue, 10, 10);
    let deleted = queue.delete(batch[0]);
    let due = queue.next_at();
    let (_, hidden) = receive(&mut queue, 109, 10);
    let (again, second) = receive(&mut queue, 110, 10);
    let stale = queue.delete(batch[1]);

    assert_eq!((first, hidden, second), (vec![0, 1], vec![], vec![1]));
    assert_eq!((deleted, due, stale), (true, SimTime(110), false));
    assert_eq!(queue.message(again[0]).map(|m| m.receives), Some(2));
    assert_eq!((queue.visible(), queue.in_flight()), (0, 1));
    queue.identity();
}

#[test]
fn what_is_hidden_stays_so_when_the_rules_change() {
    let mut queue = queue(RULES, &[0, 0, 0]);

    let (_, first) = receive(&mut queue, 10, 1);
    queue.change(Rules {
        visibility: Span(20),
        max_receives: 2,
        ..RULES
    });
    let (_, second) = receive(&mut queue, 30, 1);
    let due = queue.next_at();
    let (_, third) = receive(&mut queue, 50, 9);
    let then = queue.next_at();
    // Twice is enough for those that were received again; the first was hidden up to here.
    let (_, mut last) = receive(&mut queue, 110, 9);
    last.sort_unstable();

    assert_eq!((first, second, due), (vec![0], vec![1], SimTime(50)));
    assert_eq!((third, then), (vec![2, 1], SimTime(70)));
    assert_eq!(last, [0, 2]);
    assert_eq!(queue.next_dead().map(|message| message.ordinal), Some(1));
    queue.identity();
}

#[test]
fn the_latest_receipt_deletes_even_what_is_visible_again() {
    let mut open = queue(RULES, &[0]);
    let ordered = Rules {
        ordered: true,
        ..RULES
    };
    let mut ordered = queue(ordered, &[0]);

    let deleted = [&mut open, &mut ordered].map(|queue| {
        let (batch, _) = receive(queue, 0, 1);
        queue.expire(SimTime(100));
        queue.delete(batch[0])
    });

    assert_eq!(deleted, [true, false]);
    assert_eq!((open.visible(), ordered.visible()), (0, 1));
}

#[test]
fn what_is_received_too_often_is_a_dead_letter() {
    let rules = Rules {
        max_receives: 2,
        ..RULES
    };
    let mut queue = queue(rules, &[0, 0]);

    let (batch, _) = receive(&mut queue, 0, 2);
    queue.release(batch[0], SimTime(5), SimTime(5));
    let (batch, ordinals) = receive(&mut queue, 6, 2);
    queue.release(batch[0], SimTime(7), SimTime(7));
    let dead = queue
        .next_dead()
        .map(|message| (message.ordinal, message.receives));

    assert_eq!(ordinals, [0]);
    assert_eq!((dead, queue.next_dead()), (Some((0, 2)), None));
    assert_eq!((queue.tally().dead_lettered, queue.in_flight()), (1, 1));
    queue.identity();
}

#[test]
fn a_message_given_back_with_a_delay_stays_in_flight_until_then() {
    let mut queue = queue(RULES, &[0]);

    let (batch, _) = receive(&mut queue, 0, 1);
    let released = queue.release(batch[0], SimTime(1), SimTime(500));
    let counts = (queue.in_flight(), queue.next_at());
    let (_, early) = receive(&mut queue, 499, 1);
    let (_, due) = receive(&mut queue, 500, 1);

    assert_eq!((released, counts), (true, (1, SimTime(500))));
    assert_eq!((early, due), (vec![], vec![0]));
}

#[test]
fn an_ordered_queue_blocks_a_key_while_one_of_it_is_in_flight() {
    let rules = Rules {
        ordered: true,
        ..RULES
    };
    let mut queue = queue(rules, &[7, 8, 7, 8, 9]);

    let (first, ordinals) = receive(&mut queue, 0, 1);
    let (second, others) = receive(&mut queue, 0, 2);
    let (third, rest) = receive(&mut queue, 0, 5);
    queue.release(first[0], SimTime(1), SimTime(1));
    let (_, again) = receive(&mut queue, 1, 5);

    assert_eq!((ordinals, others, rest), (vec![0], vec![1, 3], vec![4]));
    assert_eq!(again, [0, 2], "in order, although the first came back");
    assert!(
        second
            .iter()
            .chain(&third)
            .all(|&receipt| queue.delete(receipt))
    );
    queue.identity();
}

#[test]
fn an_ordered_batch_that_comes_back_keeps_its_order() {
    let rules = Rules {
        ordered: true,
        ..RULES
    };
    let mut queue = queue(rules, &[7, 7, 7, 7]);

    let (batch, _) = receive(&mut queue, 0, 3);
    for &receipt in [&batch[2], &batch[0], &batch[1]] {
        queue.release(receipt, SimTime(1), SimTime(1));
    }

    assert_eq!(receive(&mut queue, 2, 9).1, [0, 1, 2, 3]);
}

#[test]
fn old_messages_are_dropped_also_when_they_come_back_too_late() {
    let rules = Rules {
        retention: Span(50),
        ..RULES
    };
    let mut queue = queue(rules, &[0, 0]);

    let (batch, _) = receive(&mut queue, 40, 1);
    let oldest = queue.oldest(SimTime(40));
    queue.expire(SimTime(50));
    let dropped = (queue.tally().expired, queue.visible(), queue.in_flight());
    queue.release(batch[0], SimTime(60), SimTime(60));

    assert_eq!((oldest, dropped), (Span(40), (1, 0, 1)));
    assert_eq!((queue.tally().expired, queue.in_flight()), (2, 0));
    queue.identity();
}

#[test]
fn no_more_are_in_flight_than_may_be() {
    let rules = Rules {
        in_flight: 3,
        ..RULES
    };
    let mut queue = queue(rules, &[0; 5]);

    let (batch, first) = receive(&mut queue, 0, 2);
    let (_, second) = receive(&mut queue, 0, 2);
    queue.delete(batch[0]);
    let (_, third) = receive(&mut queue, 0, 2);

    assert_eq!((first, second, third), (vec![0, 1], vec![2], vec![3]));
}

proptest! {
    #[test]
    fn accounting_closes_and_order_is_kept(
        ordered: bool,
        limits in (1u32..4, 1u32..8, 50u64..400),
        steps in prop::collection::vec((0u8..8, 0u32..3, 0u64..40), 1..400)
    ) {
        let mut queue = MessageQueue::new(Rules {
            visibility: Span(100),
            max_receives: limits.0,
            ordered,
            retention: Span(limits.2),
            in_flight: limits.1,
        });
        let (mut now, mut out, mut ordinal) = (0, Vec::new(), 0);
        let mut busy: Vec<(u32, Receipt)> = Vec::new();
        for (what, pick, delay) in steps {
            now += delay;
            queue.expire(SimTime(now));
            busy.retain(|&(_, receipt)| {
                let held = queue.slab.at(receipt.id);
                held.generation == receipt.generation && held.place != Place::Visible
            });
            match what {
                0..3 => {
                    queue.send(SimTime(now), Message::numbered(ordinal, pick), what == 0);
                    ordinal += 1;
                }
                3..5 => {
                    let batch = &mut Vec::new();
                    queue.receive(SimTime(now), pick + 1, batch);
                    for &receipt in batch.iter() {
                        let message = queue.slab.at(receipt.id).message;
                        let blocked = busy.iter().any(|&(item, _)| item == message.item);
                        prop_assert!(!(ordered && blocked), "key {} twice", message.item);
                        prop_assert!(message.receives <= limits.0);
                        out.push(receipt);
                    }
                    busy.extend(batch.iter().map(|&receipt| {
                        (queue.message(receipt).map_or(0, |m| m.item), receipt)
                    }));
                }
                5 => if let Some(receipt) = out.pop() { queue.delete(receipt); },
                _ => if let Some(receipt) = out.pop() {
                    queue.release(receipt, SimTime(now), SimTime(now + u64::from(pick) * 60));
                },
            }
            busy.retain(|&(_, receipt)| queue.message(receipt).is_some());
            queue.identity();
            prop_assert!(queue.in_flight() <= u64::from(limits.1));
        }
        while queue.next_dead().is_some() {}
        queue.expire(SimTime(now + 1000));
        queue.expire(SimTime(now + 2000));
        prop_assert_eq!((queue.visible(), queue.in_flight()), (0, 0));
        queue.identity();
    }
}
