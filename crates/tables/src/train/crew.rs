//! Threads that take the chunks of a text in turn and tell one caller how it goes.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc;
use std::time::Duration;

use super::NO_EPOCH;
use crate::Error;
use crate::random::Random;

/// Between two reports to the caller.
const REPORT_EVERY: Duration = Duration::from_millis(250);

/// What a thread has measured.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) loss: f64,
    pub(crate) examples: u64,
}

impl Tally {
    /// Loss of an example.
    pub(crate) fn mean(self) -> f64 {
        self.loss / self.examples.max(1) as f64
    }
}

/// Chunks in an order drawn for the epoch: a corpus that begins with news and ends with novels would
/// leave the vectors where the novels pushed them.
pub(crate) fn order(chunks: usize, seed: u64, epoch: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..chunks).collect();
    shuffle(&mut order, &mut Random::keyed(&[seed, epoch, NO_EPOCH]));
    order
}

/// Every order with the same chance (Fisher and Yates).
pub(crate) fn shuffle<T>(items: &mut [T], random: &mut Random) {
    (1..items.len()).rev().for_each(|last| items.swap(last, random.below(last + 1)));
}

/// Each of `threads` begins with a state of its own and does `work` on the next chunk of the order
/// until none is left; nothing where `report` broke it off.
pub(crate) fn run<State>(
    order: &[usize],
    threads: usize,
    begin: &(dyn Fn() -> Result<State, Error> + Sync),
    work: &(dyn Fn(&mut State, usize) -> Result<Tally, Error> + Sync),
    report: &mut dyn FnMut(Tally) -> ControlFlow<()>,
) -> Result<Option<Tally>, Error> {
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let mut total = Tally::default();
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        for _ in 0..threads {
            let (sender, next, stop) = (sender.clone(), &next, &stop);
            scope.spawn(move || {
                let turns = || -> Result<(), Error> {
                    let mut state = begin()?;
                    loop {
                        let turn = next.fetch_add(1, Relaxed);
                        let Some(&chunk) = order.get(turn).filter(|_| !stop.load(Relaxed)) else {
                            return Ok(());
                        };
                        // The receiver lives until all senders are gone.
                        let _ = sender.send(Ok(work(&mut state, chunk)?));
                    }
                };
                if let Err(error) = turns() {
                    let _ = sender.send(Err(error));
                }
            });
        }
        drop(sender);
        loop {
            match receiver.recv_timeout(REPORT_EVERY) {
                Ok(Ok(tally)) => {
                    total.loss += tally.loss;
                    total.examples += tally.examples;
                }
                Ok(Err(error)) => {
                    stop.store(true, Relaxed);
                    return Err(error);
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    if report(total).is_break() {
                        stop.store(true, Relaxed);
                    }
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
        }
        Ok((!stop.load(Relaxed)).then_some(total))
    })
}
