//! Powers modulo an odd number, for the RSA operations that aws-lc-rs rightly refuses: SHA-1 and
//! MD5 signatures, keys of 1024 bits, broken paddings, a fixed salt. Not constant in time.

/// `base` to the `exponent` modulo `modulus`, all big-endian; the result is as long as `modulus`.
pub fn power(base: &[u8], exponent: &[u8], modulus: &[u8]) -> Vec<u8> {
    let field = Montgomery::new(modulus);
    let base = field.enter(&limbs(base, field.modulus.len()));
    let mut result = field.enter(&limbs(&[1], field.modulus.len()));
    for octet in exponent {
        for bit in (0..8).rev() {
            result = field.multiply(&result, &result);
            if octet >> bit & 1 == 1 {
                result = field.multiply(&result, &base);
            }
        }
    }
    let plain = field.multiply(&result, &limbs(&[1], field.modulus.len()));
    let octets: Vec<u8> = plain
        .iter()
        .rev()
        .flat_map(|limb| limb.to_be_bytes())
        .collect();
    octets[octets.len() - modulus.len()..].to_vec()
}

struct Montgomery {
    modulus: Vec<u64>,
    /// Minus the inverse of the modulus, modulo 2^64.
    factor: u64,
    /// R squared modulo the modulus.
    square: Vec<u64>,
}

impl Montgomery {
    fn new(modulus: &[u8]) -> Self {
        let modulus = limbs(modulus, modulus.len().div_ceil(8));
        let mut inverse = 1u64;
        for _ in 0..6 {
            let next = 2u64.wrapping_sub(modulus[0].wrapping_mul(inverse));
            inverse = inverse.wrapping_mul(next);
        }
        let mut square = limbs(&[1], modulus.len());
        for _ in 0..modulus.len() * 128 {
            square = doubled(&square, &modulus);
        }
        Montgomery {
            factor: inverse.wrapping_neg(),
            modulus,
            square,
        }
    }

    fn enter(&self, value: &[u64]) -> Vec<u64> {
        self.multiply(value, &self.square)
    }

    /// The product divided by R (coarsely integrated operand scanning).
    fn multiply(&self, left: &[u64], right: &[u64]) -> Vec<u64> {
        let size = self.modulus.len();
        let mut sum = vec![0u64; size + 2];
        for &digit in right {
            let carry = add_product(&mut sum[..size], left, digit);
            add_carry(&mut sum[size..], carry);
            let digit = sum[0].wrapping_mul(self.factor);
            let carry = add_product(&mut sum[..size], &self.modulus, digit);
            add_carry(&mut sum[size..], carry);
            sum.remove(0);
            sum.push(0);
        }
        reduced(&sum[..=size], &self.modulus)
    }
}

/// Adds `factor * digit` to `sum` and gives the carry.
fn add_product(sum: &mut [u64], factor: &[u64], digit: u64) -> u64 {
    let mut carry = 0u128;
    for (place, &limb) in sum.iter_mut().zip(factor) {
        carry += u128::from(*place) + u128::from(limb) * u128::from(digit);
        *place = carry as u64;
        carry >>= 64;
    }
    carry as u64
}

fn add_carry(sum: &mut [u64], mut carry: u64) {
    for place in sum {
        let (value, over) = place.overflowing_add(carry);
        *place = value;
        carry = u64::from(over);
    }
}

fn doubled(value: &[u64], modulus: &[u64]) -> Vec<u64> {
    let mut out: Vec<u64> = Vec::with_capacity(value.len() + 1);
    let mut carry = 0;
    for &limb in value {
        out.push(limb << 1 | carry);
        carry = limb >> 63;
    }
    out.push(carry);
    reduced(&out, modulus)
}

/// `value` (one limb longer) less the modulus, if it is not below it.
fn reduced(value: &[u64], modulus: &[u64]) -> Vec<u64> {
    let mut borrow = false;
    let mut out = Vec::with_capacity(modulus.len());
    for (&left, &right) in value.iter().zip(modulus) {
        let (part, first) = left.overflowing_sub(right);
        let (part, second) = part.overflowing_sub(u64::from(borrow));
        borrow = first || second;
        out.push(part);
    }
    match borrow && value[modulus.len()] == 0 {
        true => value[..modulus.len()].to_vec(),
        false => out,
    }
}

/// Little-endian limbs of big-endian octets.
fn limbs(octets: &[u8], size: usize) -> Vec<u64> {
    let mut out = vec![0u64; size];
    for (place, octet) in octets.iter().rev().enumerate() {
        match out.get_mut(place / 8) {
            Some(limb) => *limb |= u64::from(*octet) << (place % 8 * 8),
            None => assert_eq!(*octet, 0, "the number is larger than the modulus"),
        }
    }
    out
}
