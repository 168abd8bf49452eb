//! One epoch under way: its threads and the queues between them and the consumer.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::{Plan, Skipped};
use crate::sample::Batch;
use crate::view::Scratch;

/// Finished batches that a worker may be ahead of the consumer, beside the one in its hands.
const AHEAD: usize = 2;

/// The batches of one epoch, in order. Dropping it stops the threads.
pub struct Epoch {
    workers: Vec<Worker>,
    /// The worker whose batch is next.
    turn: usize,
    /// The number of the batch that is next.
    position: usize,
    stop: Arc<AtomicBool>,
    skipped: Arc<Mutex<BTreeMap<String, String>>>,
}

struct Worker {
    batches: Receiver<(Batch, Vec<Skipped>)>,
    thread: Option<JoinHandle<()>>,
}

impl Epoch {
    pub(super) fn start(
        plan: &Arc<Plan>,
        skipped: Arc<Mutex<BTreeMap<String, String>>>,
        epoch: u64,
        first: usize,
    ) -> Self {
        let order: Arc<[usize]> = plan.order(epoch).into();
        let stop = Arc::new(AtomicBool::new(false));
        let count = plan.options.workers.min(plan.batches().saturating_sub(first)).max(1);
        let workers = (0..count).map(|worker| {
            let (sender, batches) = bounded(AHEAD);
            let (plan, order, stop) = (Arc::clone(plan), Arc::clone(&order), Arc::clone(&stop));
            let numbers = (first + worker..plan.batches()).step_by(count);
            let thread = std::thread::Builder::new()
                .name(format!("loader-{worker}"))
                .spawn(move || work(&plan, epoch, &order, numbers, &stop, &sender))
                .expect("the system can start a thread");
            Worker { batches, thread: Some(thread) }
        });
        Epoch { workers: workers.collect(), turn: 0, position: first, stop, skipped }
    }

    /// The number in the epoch of the batch that is next, those left out counted: to go on from
    /// here is to skip so many batches.
    pub fn position(&self) -> usize {
        self.position
    }
}

/// Makes the batches of these numbers until all are made or nobody wants them any more.
fn work(
    plan: &Plan,
    epoch: u64,
    order: &[usize],
    numbers: impl Iterator<Item = usize>,
    stop: &AtomicBool,
    sender: &Sender<(Batch, Vec<Skipped>)>,
) {
    let size = plan.options.batch_size;
    let mut scratch = Scratch::default();
    for number in numbers {
        let positions = &order[number * size..order.len().min((number + 1) * size)];
        let go_on = || !stop.load(Ordering::Relaxed);
        let batch = plan.batch(epoch, positions, &mut scratch, go_on);
        if !go_on() || sender.send(batch).is_err() {
            return;
        }
    }
}

impl Iterator for Epoch {
    type Item = Batch;

    /// # Panics
    /// Where a worker has panicked: with the worker's own message.
    fn next(&mut self) -> Option<Batch> {
        loop {
            let worker = &mut self.workers[self.turn];
            let Ok((batch, skipped)) = worker.batches.recv() else {
                // Out of batches, and so are the workers whose turn would be later; or dead.
                if let Some(Err(panic)) = worker.thread.take().map(JoinHandle::join) {
                    std::panic::resume_unwind(panic);
                }
                return None;
            };
            self.turn = (self.turn + 1) % self.workers.len();
            self.position += 1;
            let mut all = self.skipped.lock().unwrap_or_else(PoisonError::into_inner);
            for Skipped { id, reason } in skipped {
                all.entry(id).or_insert(reason);
            }
            if !batch.ids.is_empty() {
                return Some(batch);
            }
        }
    }
}

impl Drop for Epoch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for Worker { batches, thread } in self.workers.drain(..) {
            // A worker that waits for room in the queue wakes up when nobody listens.
            drop(batches);
            if let Some(thread) = thread {
                // A panic of a worker whose batches nobody wants has been printed already.
                let _ = thread.join();
            }
        }
    }
}
