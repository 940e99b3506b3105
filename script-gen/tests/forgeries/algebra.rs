//! Polynomials in one variable over a finite field, lowest power first: interpolation and roots.

use ark_ff::Field;
use ark_std::UniformRand;
use num_bigint::BigUint;
use rand::{SeedableRng, rngs::StdRng};

/// The polynomial of degree below `values.len()` with these values at these points, by Newton's divided differences.
pub(crate) fn interpolate<F: Field>(points: &[F], values: &[F]) -> Vec<F> {
    Interpolation::at(points).polynomial(values)
}

/// Interpolation at fixed points: the inverses are found once.
pub(crate) struct Interpolation<F> {
    points: Vec<F>,
    /// `inverses[k][order] = (x_k - x_(k - order))^-1`, order from 1.
    inverses: Vec<Vec<F>>,
}

impl<F: Field> Interpolation<F> {
    pub(crate) fn at(points: &[F]) -> Self {
        let inverse = |k: usize, order: usize| (points[k] - points[k - order]).inverse().expect("distinct points");
        let inverses = (0..points.len()).map(|k| (1..=k).map(|order| inverse(k, order)).collect()).collect();
        Self { points: points.to_vec(), inverses }
    }

    pub(crate) fn polynomial(&self, values: &[F]) -> Vec<F> {
        let mut newton = values.to_vec();
        for order in 1..newton.len() {
            for k in (order..newton.len()).rev() {
                newton[k] = (newton[k] - newton[k - 1]) * self.inverses[k][order - 1];
            }
        }
        let mut out = vec![F::ZERO; newton.len()];
        for (coefficient, x) in newton.iter().zip(&self.points).rev() {
            for k in (1..out.len()).rev() {
                out[k] = out[k - 1] - out[k] * x;
            }
            out[0] = *coefficient - out[0] * x;
        }
        out
    }
}

/// All zeros of a polynomial that lie in the field, each once.
pub(crate) fn roots<F: Field>(poly: &[F]) -> Vec<F> {
    let poly = monic(poly.to_vec());
    if poly.len() < 2 {
        return Vec::new();
    }
    let order = BigUint::from_slice(&F::characteristic().iter().flat_map(|limb| halves(*limb)).collect::<Vec<_>>())
        .pow(u32::try_from(F::extension_degree()).expect("small"));
    // x^order - x is the product of all x - a.
    let mut power = power_modulo(&[F::ZERO, F::ONE], &order, &poly);
    power.resize(power.len().max(2), F::ZERO);
    power[1] -= F::ONE;
    let mut found = Vec::new();
    let mut parts = vec![greatest_common_divisor(poly, power)];
    let rng = &mut StdRng::seed_from_u64(5);
    while let Some(part) = parts.pop() {
        match part.len() {
            0 | 1 => {}
            2 => found.push(-part[0]),
            _ => {
                let mut power = power_modulo(&[F::rand(rng), F::ONE], &((&order - 1u8) / 2u8), &part);
                power.resize(power.len().max(1), F::ZERO);
                power[0] -= F::ONE;
                let one = greatest_common_divisor(part.clone(), power);
                parts.push(quotient(&part, &one));
                parts.push(one);
            }
        }
    }
    found
}

fn halves(limb: u64) -> [u32; 2] {
    let low = u32::try_from(limb & u64::from(u32::MAX)).expect("32 bits");
    [low, u32::try_from(limb >> 32).expect("32 bits")]
}

fn trimmed<F: Field>(mut poly: Vec<F>) -> Vec<F> {
    while poly.last() == Some(&F::ZERO) {
        poly.pop();
    }
    poly
}

fn monic<F: Field>(poly: Vec<F>) -> Vec<F> {
    let mut poly = trimmed(poly);
    if let Some(inverse) = poly.last().and_then(F::inverse) {
        poly.iter_mut().for_each(|c| *c *= inverse);
    }
    poly
}

/// Quotient and remainder of a division by a monic polynomial.
fn divide<F: Field>(dividend: &[F], divisor: &[F]) -> (Vec<F>, Vec<F>) {
    let mut rest = dividend.to_vec();
    let degree = divisor.len() - 1;
    let mut quotient = vec![F::ZERO; rest.len().saturating_sub(degree)];
    for k in (0..quotient.len()).rev() {
        let top = rest[k + degree];
        quotient[k] = top;
        divisor.iter().zip(&mut rest[k..]).for_each(|(c, at)| *at -= top * c);
    }
    (trimmed(quotient), trimmed(rest))
}

fn quotient<F: Field>(dividend: &[F], divisor: &[F]) -> Vec<F> {
    divide(dividend, divisor).0
}

pub(crate) fn greatest_common_divisor<F: Field>(a: Vec<F>, b: Vec<F>) -> Vec<F> {
    let (mut a, mut b) = (monic(a), monic(b));
    while !b.is_empty() {
        let rest = monic(divide(&a, &b).1);
        (a, b) = (b, rest);
    }
    a
}

fn power_modulo<F: Field>(base: &[F], exponent: &BigUint, modulus: &[F]) -> Vec<F> {
    let multiply = |a: &[F], b: &[F]| {
        let mut product = vec![F::ZERO; (a.len() + b.len()).saturating_sub(1)];
        for (k, x) in a.iter().enumerate() {
            b.iter().zip(&mut product[k..]).for_each(|(y, at)| *at += *x * y);
        }
        divide(&product, modulus).1
    };
    let mut power = vec![F::ONE];
    for k in (0..exponent.bits()).rev() {
        power = multiply(&power, &power);
        if exponent.bit(k) {
            power = multiply(&power, base);
        }
    }
    power
}

/// The resultant of two polynomials: zero if and only if they have a common zero in some extension.
pub(crate) fn resultant<F: Field>(a: &[F], b: &[F]) -> F {
    let (mut a, mut b) = (trimmed(a.to_vec()), trimmed(b.to_vec()));
    let mut factor = F::ONE;
    loop {
        let (Some(_), Some(lead)) = (a.last(), b.last().copied()) else { return F::ZERO };
        if b.len() == 1 {
            return factor * lead.pow([a.len() as u64 - 1]);
        }
        let rest = divide(&a, &monic(b.clone())).1;
        if rest.is_empty() {
            return F::ZERO;
        }
        // res(a, b) = (-1)^(deg a deg b) lead(b)^(deg a - deg rest) res(b, rest)
        if (a.len() - 1) * (b.len() - 1) % 2 == 1 {
            factor = -factor;
        }
        factor *= lead.pow([(a.len() - rest.len()) as u64]);
        (a, b) = (b, rest);
    }
}

/// Common zeros (x, y) of two polynomials of degree below `n_y` in y, whose resultant has a degree below `n_x` in x.
pub(crate) fn common_zeros<F: Field>(pair: impl Fn(F, F) -> [F; 2], n_y: usize, n_x: usize) -> Vec<(F, F)> {
    let points = |n: usize| (1..=n as u64).map(F::from).collect::<Vec<_>>();
    let ys = points(n_y);
    let in_y = Interpolation::at(&ys);
    let at = |x: F| {
        let values: Vec<[F; 2]> = ys.iter().map(|y| pair(x, *y)).collect();
        [0, 1].map(|k| in_y.polynomial(&values.iter().map(|pair| pair[k]).collect::<Vec<_>>()))
    };
    let xs = points(n_x);
    let resultants: Vec<F> = xs.iter().map(|x| at(*x)).map(|[a, b]| resultant(&a, &b)).collect();
    let eliminated = interpolate(&xs, &resultants);
    assert!(eliminated.last() == Some(&F::ZERO), "the resultant's degree is below the bound");
    let of_x = |x: F| {
        let [a, b] = at(x);
        roots(&greatest_common_divisor(a, b)).into_iter().map(move |y| (x, y))
    };
    roots(&eliminated).into_iter().flat_map(of_x).collect()
}

#[test]
fn roots__of_a_product__are_its_zeros() {
    use ark_bn254::Fq2;
    let rng = &mut StdRng::seed_from_u64(6);
    let zeros: [Fq2; 3] = std::array::from_fn(|_| Fq2::rand(rng));
    let product = |x: Fq2| zeros.iter().map(|zero| x - zero).product::<Fq2>();
    let points: Vec<Fq2> = (0..4u64).map(Fq2::from).collect();
    let values: Vec<Fq2> = points.iter().map(|x| product(*x)).collect();
    let found = roots(&interpolate(&points, &values));
    assert_eq!(found.len(), 3);
    assert!(zeros.iter().all(|zero| found.contains(zero)));
}

#[test]
fn common_zeros__of_a_circle_and_a_line__are_two() {
    use ark_bn254::Fq;
    // x = 3, y = 4 is on both, and so is the other point of the line x + y = 7.
    let pair = |x: Fq, y: Fq| [x * x + y * y - Fq::from(25), x + y - Fq::from(7)];
    let found = common_zeros(pair, 3, 4);
    assert!(found.contains(&(Fq::from(3), Fq::from(4))) && found.contains(&(Fq::from(4), Fq::from(3))));
}
