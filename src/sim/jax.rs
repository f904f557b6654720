//! The random numbers of JAX 0.4, in which the paper's authors drew their data:
//! the counter-based generator threefry2x32 and `jax.random.normal` in float32,
//! reproduced to the last bit.
//!
//! `jax.random.PRNGKey(k)` is the pair (0, k). An array of n numbers encrypts the
//! counters 0 … n−1, the first half as first words and the second half as second
//! ones (`jax_threefry_partitionable = False`, the default until JAX 0.5): unlike
//! the streams of [`rng`](super::rng), a longer array is *not* a continuation of a
//! shorter one. The cipher is that of Salmon et al., "Parallel random numbers: as
//! easy as 1, 2, 3" (2011). Normals are √2·erfinv(u) with u uniform in (−1, 1),
//! where erfinv is Giles' polynomial ("Approximating the erfinv function", 2010)
//! on XLA's own log1p; the order of its fused multiplications is XLA's on the CPU,
//! without which one value in a hundred is off by a few units in the last place.

/// Rotations of the two groups of four rounds.
const ROTATIONS: [[u32; 4]; 2] = [[13, 15, 26, 6], [17, 29, 16, 24]];

/// Twenty rounds of the cipher on one pair of words.
fn threefry2x32(key: [u32; 2], mut x: [u32; 2]) -> [u32; 2] {
    let schedule = [key[0], key[1], key[0] ^ key[1] ^ 0x1BD1_1BDA];
    x[0] = x[0].wrapping_add(schedule[0]);
    x[1] = x[1].wrapping_add(schedule[1]);
    for group in 0..5 {
        for rotation in ROTATIONS[group % 2] {
            x[0] = x[0].wrapping_add(x[1]);
            x[1] = x[1].rotate_left(rotation) ^ x[0];
        }
        x[0] = x[0].wrapping_add(schedule[(group + 1) % 3]);
        x[1] = x[1]
            .wrapping_add(schedule[(group + 2) % 3])
            .wrapping_add(group as u32 + 1);
    }
    x
}

/// `n` random words of `PRNGKey(key)`.
fn words(key: u32, n: usize) -> Vec<u32> {
    let half = n.div_ceil(2);
    let mut words = vec![0; 2 * half];
    for i in 0..half {
        // Of an odd number the last counter is a zero of padding.
        let second = if half + i < n { half + i } else { 0 };
        let [a, b] = threefry2x32([0, key], [i as u32, second as u32]);
        words[i] = a;
        words[half + i] = b;
    }
    words.truncate(n);
    words
}

/// Uniform in [−1 + 2⁻²⁴, 1), from the upper 23 bits of a word.
fn uniform(word: u32) -> f32 {
    let low = (-1f32).next_up();
    let unit = f32::from_bits((word >> 9) | 0x3F80_0000) - 1.0;
    (unit * (1.0 - low) + low).max(low)
}

/// c₀xⁿ + … + cₙ by Horner's rule with fused steps.
fn polynomial<const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    let [first, rest @ ..] = &coefficients[..] else {
        return 0.0;
    };
    rest.iter().fold(*first, |sum, c| sum.mul_add(x, *c))
}

/// Natural logarithm of a positive normal number, by the Cephes polynomial as
/// XLA vectorises it.
fn log(x: f32) -> f32 {
    let bits = x.to_bits();
    let mut exponent = (bits >> 23) as f32 - 126.0;
    let mantissa = f32::from_bits((bits & 0x007F_FFFF) | 0x3F00_0000);
    let mut m = mantissa - 1.0;
    if mantissa < std::f32::consts::FRAC_1_SQRT_2 {
        exponent -= 1.0;
        m += mantissa;
    }
    let (m2, m3) = (m * m, m * m * m);
    let high = polynomial(m, [7.037_683_6e-2, -1.151_461e-1, 0.116_769_984]);
    let middle = polynomial(m, [-1.242_014_1e-1, 1.424_932_3e-1, -1.666_805_8e-1]);
    let low = polynomial(m, [2.000_071_4e-1, -2.499_999_4e-1, 3.333_333e-1]);
    let tail = high.mul_add(m3, middle).mul_add(m3, low);
    let tail = tail.mul_add(m3, -2.121_944_4e-4 * exponent);
    let sum = (-m2).mul_add(0.5, m) + tail;
    0.693_359_4f32.mul_add(exponent, sum)
}

/// ln(1 + x) as XLA computes it: a rational function (Cephes) below √2 − 1.
fn log1p(x: f32) -> f32 {
    if x.abs() >= 0.414_213_57 {
        return log(x + 1.0);
    }
    let numerator = polynomial(
        x,
        [
            4.527e-5,
            4.985_410_2e-1,
            6.578_732_5,
            29.911_919,
            60.949_67,
            57.112_965,
            20.039_553,
        ],
    );
    let denominator = polynomial(
        x,
        [
            1.0, 15.062_909, 83.047_57, 221.762_4, 309.098_72, 216.427_89, 60.118_66,
        ],
    );
    let x2 = x * x;
    x + (x * x2).mul_add(numerator / denominator, -0.5 * x2)
}

/// Inverse of the error function on (−1, 1).
fn erfinv(x: f32) -> f32 {
    let w = -log1p(-(x * x));
    let factor = if w < 5.0 {
        polynomial(
            w - 2.5,
            [
                2.810_226_4e-8,
                3.432_739_4e-7,
                -3.523_387_7e-6,
                -4.391_506_5e-6,
                2.185_808_7e-4,
                -1.253_725e-3,
                -4.177_681_6e-3,
                2.466_407_3e-1,
                1.501_409_4,
            ],
        )
    } else {
        polynomial(
            w.sqrt() - 3.0,
            [
                -2.002_142_6e-4,
                1.009_505_6e-4,
                1.349_343_2e-3,
                -3.673_428_4e-3,
                5.739_507_7e-3,
                -7.622_461_3e-3,
                9.438_870_5e-3,
                1.001_674,
                2.832_976_8,
            ],
        )
    };
    factor * x
}

/// `jax.random.normal(PRNGKey(key), (n,))`: n standard normal numbers in float32;
/// arrays of more axes are filled in row-major order.
pub fn normals(key: u32, n: usize) -> Vec<f32> {
    words(key, n)
        .into_iter()
        .map(|word| std::f32::consts::SQRT_2 * erfinv(uniform(word)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cipher_gives_the_published_vectors() {
        // Known answers of the Random123 distribution.
        assert_eq!(threefry2x32([0, 0], [0, 0]), [0x6b20_0159, 0x99ba_4efe]);
        assert_eq!(
            threefry2x32([u32::MAX; 2], [u32::MAX; 2]),
            [0x1cb9_96fc, 0xbb00_2be7]
        );
        assert_eq!(
            threefry2x32([0x1319_8a2e, 0x0370_7344], [0x243f_6a88, 0x85a3_08d3]),
            [0xc492_3a9c, 0x483d_f7a0]
        );
    }

    #[test]
    fn normals_are_those_of_jax() {
        assert_eq!(normals(0, 3), [1.816_086_3, -0.482_623_16, 0.339_889_08]);
        // Only an even length continues in halves: no array contains another.
        assert_ne!(normals(0, 4)[..3], normals(0, 3)[..]);
    }

    #[test]
    fn the_inverse_error_function_is_right_to_single_precision() {
        // erf by its series, in double precision.
        let erf = |x: f64| {
            let mut term = x;
            let mut sum = x;
            for n in 1..80 {
                term *= -x * x / f64::from(n);
                sum += term / f64::from(2 * n + 1);
            }
            sum * 2.0 / std::f64::consts::PI.sqrt()
        };
        for i in -999..1000 {
            let x = i as f32 / 1000.0;
            let back = erf(f64::from(erfinv(x)));
            assert!((back - f64::from(x)).abs() < 3e-7, "{x}: {back}");
        }
    }
}
