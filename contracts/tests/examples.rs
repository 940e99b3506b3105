//! Every example runs to its end and tells what it should.
#![allow(non_snake_case, reason = "test names are area__case__expected")]
#![allow(dead_code, reason = "each example's main is not called here")]

#[path = "../examples/inference_payment.rs"]
mod inference_payment;
#[path = "../examples/model_bounty.rs"]
mod model_bounty;
#[path = "../examples/model_sale.rs"]
mod model_sale;
#[path = "../examples/private_model_inference.rs"]
mod private_model_inference;
#[path = "../examples/settlement.rs"]
mod settlement;

/// Runs an example and checks that each of `lines` is part of a line that it prints, in this order.
fn check(run: impl FnOnce(&mut dyn std::io::Write) -> Result<(), Box<dyn std::error::Error>>, lines: &[&str]) {
    let mut told = Vec::new();
    run(&mut told).expect("an example ends well");
    let told = String::from_utf8(told).expect("text");
    let mut left = told.lines();
    for line in lines {
        assert!(left.any(|found| found.contains(line)), "expected {line:?} in\n{told}");
    }
}

#[test]
fn inference_payment__notarys_word__is_demanded_and_the_claimant_paid() {
    check(
        inference_payment::run,
        &["The insurer locks", "The notary signs", "it is about the commitment 5", "proves a 7 and is paid"],
    );
}

#[test]
fn model_bounty__first_and_second__are_won_and_returned() {
    check(
        model_bounty::run,
        &["two bounties", "The winner is paid", "The spend names the model", "bad-txns-nonfinal", "After block 150"],
    );
}

#[test]
fn private_model_inference__committed_weights__are_the_ones_that_pay() {
    check(
        private_model_inference::run,
        &["The model is known as", "7 public inputs are fixed", "is not the value that", "is paid"],
    );
}

#[test]
fn settlement__sealed_image__pays_the_class_and_not_the_postman() {
    check(settlement::run, &["The house locks", "With an output of the postman's", "Ben has 90,000"]);
}

#[test]
fn model_sale__claim__shows_the_key_that_decrypts() {
    check(model_sale::run, &["encrypted words", "The buyer locks", "The seller is paid", "of 20 images are right"]);
}
