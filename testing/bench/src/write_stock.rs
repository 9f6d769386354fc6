//! What a write to root costs beside the latest backup and the factory store, which the kernel does not load,
//! against stock LVM with one snapshot of the same chunks, and with two as it makes them by itself.

use anyhow::Result;

use super::form::Form;
use super::guest::Measured;
use super::machine::Hdd;
use super::row::Row;
use super::write_case::{Case, GIB, STEPS, seconds};

/// In KiB.
const CHUNKS: [u32; 4] = [128, 64, 32, 16];
/// The chunk that LVM takes where nobody says one.
const OF_LVM: u32 = 4;

/// Rows of each step, all sides in turn.
pub(super) fn rows(
    form: Form,
    turns: usize,
    measure: impl Fn(Case, &str) -> Result<Vec<Measured>>,
) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for chunk in form.of(CHUNKS) {
        let one = Case { hdd: Hdd::Seeks, snapshots: 1, store: false, chunk, gib: GIB };
        let with_store = Case { store: true, ..one };
        let two = Case { snapshots: 2, chunk: OF_LVM, ..one };
        let (mut ours, mut of_one, mut of_two) = (Vec::new(), Vec::new(), Vec::new());
        for turn in 0..turns {
            let label = |side: &str| format!("stock-{chunk}k-{side}-{turn}");
            ours.push(measure(with_store, &label("ours"))?);
            of_one.push(measure(one, &label("one"))?);
            of_two.push(measure(two, &label("two"))?);
        }
        for (index, step) in STEPS.into_iter().enumerate() {
            let case = format!("factory store, {chunk}k, {GIB} GiB root, {step}, seeks");
            for (peer, theirs) in
                [("stock LVM, one snapshot", &of_one), ("stock LVM, two snapshots at 4k", &of_two)]
            {
                let note = format!("HDD: {}", ours[0][index].hdd_in_words());
                let (ours, theirs) = (seconds(&ours, index), seconds(theirs, index));
                rows.push(Row::seconds("write", case.clone(), ours, peer, theirs, note));
            }
        }
    }
    Ok(rows)
}
