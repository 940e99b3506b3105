//! Blocks that are taken back, and nodes that forget.

use ledger::Chain as _;
use tx_builder::{BlockHash, Coin};
use wallet::{Pending, State, StateName};

use crate::common::{RATE, Scene, key, passed, pay};

use StateName::{Conflicted, Mined, Recorded, Sent, Settled, Waiting};

fn confirmations(have: u32) -> Option<Pending> {
    Some(Pending::Confirmations { have, need: 3 })
}

/// A payment in a block of depth 1.
fn mined(scene: &mut Scene) -> (tx_builder::Txid, BlockHash) {
    let ours = scene.payment(0, 2);
    let txid = scene.record(&ours);
    scene.resume();
    let block = scene.mine(1)[0];
    assert_eq!(scene.resumed(txid), (Mined, confirmations(1)));
    assert_eq!(scene.state(txid), State::Mined { block });
    (txid, block)
}

#[test]
fn fault__block_reorganised_away__waits_and_is_mined_again() {
    let mut scene = Scene::new();
    let (txid, block) = mined(&mut scene);
    // The node puts the block's transactions back into its mempool.
    scene.invalidate(block);
    assert_eq!(scene.mempool(), [txid]);
    assert_eq!(scene.resumed(txid), (Waiting, passed(0)));
    let other = scene.mine_others(1)[0];
    assert_ne!(block, other);
    assert_eq!(scene.resumed(txid), (Mined, confirmations(1)));
    scene.mine(2);
    assert_eq!(scene.resumed(txid), (Settled, None));
    assert_eq!(scene.history(txid), [Recorded, Sent, Waiting, Mined, Waiting, Mined, Settled]);
}

#[test]
fn fault__block_replaced_by_another_with_it__is_mined_there() {
    let mut scene = Scene::new();
    let (txid, block) = mined(&mut scene);
    scene.invalidate(block);
    let other = scene.mine_others(2)[0];
    // Nobody looked in between.
    assert_eq!(scene.resumed(txid), (Mined, confirmations(2)));
    assert_eq!(scene.state(txid), State::Mined { block: other });
    assert_eq!(scene.history(txid), [Recorded, Sent, Waiting, Mined, Mined]);
}

#[test]
fn fault__reorganised_and_forgotten__is_sent_again() {
    let mut scene = Scene::new();
    let (txid, block) = mined(&mut scene);
    scene.invalidate(block);
    scene.restart_forgetful();
    assert_eq!(scene.node.status(txid).unwrap(), None);
    let mut scene = scene.reopen();
    assert_eq!(scene.resumed(txid), (Waiting, passed(0)));
    assert_eq!(scene.mempool(), [txid]);
    scene.mine_others(3);
    assert_eq!(scene.resumed(txid), (Settled, None));
    assert_eq!(scene.history(txid), [Recorded, Sent, Waiting, Mined, Sent, Waiting, Mined, Settled]);
}

#[test]
fn fault__reorganised_for_a_rival__is_conflicted_until_it_is_back() {
    let mut scene = Scene::new();
    let (txid, block) = mined(&mut scene);
    scene.invalidate(block);
    scene.restart_forgetful();
    let rival = scene.payment(0, 3);
    scene.send_foreign(&rival);
    let rivals_block = scene.mine_others(1)[0];
    assert_eq!(scene.resumed(txid), (Conflicted, None));
    assert_eq!(scene.history(txid), [Recorded, Sent, Waiting, Mined, Sent, Conflicted]);
    // The first branch wins after all.
    scene.invalidate(rivals_block);
    scene.reconsider(block);
    assert_eq!(scene.resumed(txid), (Mined, confirmations(1)));
    scene.mine(2);
    assert_eq!(scene.resumed(txid), (Settled, None));
}

#[test]
fn fault__mempool_lost__is_sent_again_parents_first() {
    let mut scene = Scene::new();
    let parent = scene.payment(0, 1);
    let child = pay(&Coin::of(&parent, 0).unwrap(), &scene.owner, &key(2), RATE);
    // Recorded the wrong way round, so that the order of recording does not help.
    let (child, parent) = (scene.record(&child), scene.record(&parent));
    let report = scene.resume();
    assert!([child, parent].iter().all(|txid| report.of(*txid).unwrap().after.name() == Waiting), "{report:?}");
    scene.restart_forgetful();
    let mut scene = scene.reopen();
    assert_eq!(scene.resumed(child), (Waiting, passed(0)));
    let mut mempool = scene.mempool();
    mempool.sort_unstable();
    let mut both = [child, parent];
    both.sort_unstable();
    assert_eq!(mempool, both);
    // To send again what was sent is nothing new.
    assert_eq!(scene.history(child), [Recorded, Sent, Waiting]);
    scene.mine(3);
    assert!(scene.resume().is_finished());
}
