//! Order, duplication, gaps, conflicts, declared gaps and reconnects over (device, boot, lane, sequence), through the
//! real engine, against a simple model (I1, I9).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::timeout;

use super::scene::{FINE, Ward, spo2};
use crate::actors::handle::{DeviceHello, DeviceLink, Speaker};
use crate::actors::outlet::{Answer, Outlet};
use crate::admission::Permit;
use crate::clinical::device::Announcement;
use crate::clinical::reading::Lane;
use crate::clock::Clock;
use crate::time::Timestamp;

#[derive(Clone, Debug)]
enum Act {
    Say { lane: Lane, sequence: u64, other_content: bool },
    DeclareLost { lane: Lane, from: u64, through: u64 },
    Reconnect,
}

/// What ought to be known of a lane. Fewer sequences are used than fingerprints are kept.
#[derive(Clone, Debug, Default, PartialEq)]
struct Expected {
    through: u64,
    stored: u64,
    missing: u64,
    conflicting: u64,
    /// Content since the last declared gap.
    known: BTreeMap<u64, bool>,
}

impl Expected {
    fn say(&mut self, sequence: u64, other_content: bool) {
        if sequence == self.through + 1 {
            self.through = sequence;
            self.stored += 1;
            self.known.insert(sequence, other_content);
        } else if self.known.get(&sequence).is_some_and(|known| *known != other_content) {
            self.conflicting += 1;
        }
    }

    fn declare_lost(&mut self, from: u64, through: u64) {
        if through > self.through && from <= self.through + 1 {
            self.missing += through - self.through;
            self.through = through;
            self.known.clear();
        }
    }
}

fn lane() -> impl Strategy<Value = Lane> {
    prop_oneof![3 => Just(Lane::Live), 1 => Just(Lane::Backlog)]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        12 => (lane(), 1..10_u64, prop::bool::weighted(0.2))
            .prop_map(|(lane, sequence, other_content)| Act::Say { lane, sequence, other_content }),
        2 => (lane(), 1..10_u64, 0..3_u64)
            .prop_map(|(lane, from, more)| Act::DeclareLost { lane, from, through: from + more }),
        1 => Just(Act::Reconnect),
    ]
}

async fn link(ward: &Ward, outlet: &Arc<Outlet>) -> DeviceLink {
    let hello = DeviceHello {
        device: ward.device(),
        boot: 1,
        pending: Vec::new(),
        last_receipt: None,
        announced: Announcement::default(),
    };
    ward.handle().link(&Speaker::Device(ward.device()), hello, outlet).await.unwrap()
}

/// Newest receipt of each lane.
async fn receipts(outlet: &Outlet, newest: &mut BTreeMap<Lane, u64>) {
    while let Ok(answers) = timeout(Duration::from_millis(1), outlet.take()).await {
        for answer in answers {
            if let Answer::Receipt { lane, through, .. } = answer {
                let known = newest.entry(lane).or_default();
                *known = through.max(*known);
            }
        }
    }
}

async fn carry_out(acts: &[Act], started: Timestamp) {
    let ward = Ward::open("properties").await;
    ward.enrol().await;
    let mut outlets = vec![Outlet::new()];
    let mut link_now = link(&ward, &outlets[0]).await;
    let mut lanes: BTreeMap<Lane, Expected> = BTreeMap::new();
    for act in acts {
        let (reading, lost_through) = match *act {
            Act::Reconnect => {
                outlets.push(Outlet::new());
                link_now = link(&ward, outlets.last().unwrap()).await;
                continue;
            }
            Act::Say { lane, sequence, other_content } => {
                lanes.entry(lane).or_default().say(sequence, other_content);
                let at = started.plus_us(i64::try_from(sequence).unwrap());
                (spo2(at, lane, sequence, if other_content { FINE + 1.0 } else { FINE }), 0)
            }
            Act::DeclareLost { lane, from, through } => {
                lanes.entry(lane).or_default().declare_lost(from, through);
                (spo2(started, lane, from, FINE), through)
            }
        };
        link_now.deliver(reading, lost_through, Arc::new(Permit::unbounded())).await.unwrap();
    }
    // A hello is answered once everything before it is durable.
    let end = link(&ward, &Outlet::new()).await;
    let mut receipted = BTreeMap::new();
    for outlet in &outlets {
        receipts(outlet, &mut receipted).await;
    }
    lanes.retain(|_, expected| expected.through > 0);
    for (lane, expected) in &lanes {
        let durable = end.durable().iter().find(|key| key.lane == *lane).unwrap();
        assert_eq!(durable.sequence, expected.through, "{lane:?}");
        assert_eq!(receipted.get(lane), Some(&expected.through), "{lane:?}");
    }
    let (device, patient) = (ward.device(), ward.patient());
    let account = ward.account().await;
    assert!(account.sums.holds(), "{:?}", account.sums);
    for (lane, expected) in &lanes {
        let sum = &account.sums.lanes[&(device.to_string(), 1, *lane)];
        let found = (sum.through, sum.stored, sum.declared_missing, sum.conflicting);
        assert_eq!(found, (expected.through, expected.stored, expected.missing, expected.conflicting), "{lane:?}");
    }
    assert_eq!(account.sums.patients[patient.as_str()].pending, 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_is_said_in_any_order_is_kept_once_and_receipted(acts in prop::collection::vec(act(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(carry_out(&acts, Clock::system().now()));
    }
}
