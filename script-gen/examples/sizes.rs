#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used)]
use ark_bn254::*;
use ark_ec::*;
use ark_ff::*;
use ark_groth16::*;
use script_gen::*;
fn g1(x: u64) -> G1Affine {
    (G1Projective::generator() * Fr::from(x)).into_affine()
}
fn g2(x: u64) -> G2Affine {
    (G2Projective::generator() * Fr::from(x)).into_affine()
}
fn main() {
    let detail = std::env::args().nth(1);
    for (name, inputs) in [
        ("fixed", vec![]),
        ("one_232", vec![PublicInput::Bits(232)]),
        ("one_254", vec![PublicInput::Full]),
        ("two_254", vec![PublicInput::Full; 2]),
    ] {
        for (pname, t) in [("genesis", Target::GENESIS), ("chronicle", Target::CHRONICLE)] {
            let (al, be, ga, de) = (7919u64, 104729, 1299709, 15485863);
            let n = inputs.len() as u64;
            let vk = VerifyingKey {
                alpha_g1: g1(al),
                beta_g2: g2(be),
                gamma_g2: g2(ga),
                delta_g2: g2(de),
                gamma_abc_g1: (0..=n).map(|k| g1(31337 + k * k + 7 * k)).collect(),
            };
            let t0 = std::time::Instant::now();
            let v = Groth16Verifier::new(&vk, &inputs, t).unwrap();
            let built = t0.elapsed();
            let xs: Vec<Fr> = inputs
                .iter()
                .map(|i| match i {
                    PublicInput::Full => -Fr::from(5u64),
                    _ => Fr::from(0xdeadbeefu64),
                })
                .collect();
            let l = xs.iter().enumerate().fold(Fr::from(31337u64), |s, (k, x)| {
                let k = k as u64 + 1;
                s + *x * Fr::from(31337 + k * k + 7 * k)
            });
            let (a, b) = (Fr::from(123456789u64), Fr::from(987654321u64));
            let c = (a * b - Fr::from(al) * Fr::from(be) - l * Fr::from(ga)) / Fr::from(de);
            let proof = Proof {
                a: (G1Projective::generator() * a).into_affine(),
                b: (G2Projective::generator() * b).into_affine(),
                c: (G1Projective::generator() * c).into_affine(),
            };
            let t0 = std::time::Instant::now();
            let s = v.spend(&proof, &xs).unwrap();
            let hinted = t0.elapsed();
            let u = s.unlocking_script();
            let cost = v.cost();
            println!(
                "{name} {pname}: locking {} unlocking {} total {} ops {} widest {} build {:?} hints {:?}",
                v.locking_script().len(),
                u.len(),
                v.locking_script().len() + u.len(),
                cost.total.opcodes,
                cost.widest_number,
                built,
                hinted
            );
            let m = if pname == "genesis" {
                script_vm::Machine::policy()
            } else {
                script_vm::Machine::chronicle_policy(script_vm::TxVersion::RELAXED)
            };
            let r = m.run(&u, v.locking_script(), &script_vm::NoSignatures);
            println!(
                "   {:?}",
                r.as_ref().map(|m| (m.instructions, m.widest_number, m.peak_stack_bytes)).map_err(|e| e
                    .to_string()
                    .chars()
                    .take(600)
                    .collect::<String>())
            );
            if detail.as_deref() == Some(name) {
                for (f, c) in &cost.fragments {
                    println!("   {f} {} {}", c.bytes, c.opcodes);
                }
            }
        }
    }
}
