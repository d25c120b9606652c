//! Bit by bit what Go computes.

use super::*;

/// What Go computes, for ordinary numbers, borders, and large ones.
const GO: &str = include_str!("go.txt");

#[test]
fn all_bits_are_those_of_go() {
    let functions: [fn(f64) -> f64; 6] = [sin, cos, tan, asin, acos, atan];
    let lines: Vec<&str> = GO.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines.len(), 80);
    for line in lines {
        let bits = |text: &str| f64::from_bits(u64::from_str_radix(text, 16).unwrap());
        let mut numbers = line.split(' ').map(bits);
        let argument = numbers.next().unwrap();
        for (place, (function, expected)) in functions.iter().zip(numbers).enumerate() {
            let got = function(argument);
            let same = got.to_bits() == expected.to_bits() || got.is_nan() && expected.is_nan();
            assert!(same, "function {place} of {argument:e}: {got:e}, not {expected:e}");
        }
    }
}

#[test]
fn angles_of_points_are_in_their_quadrants() {
    for (y, x, expected) in [
        (1.0, 1.0, PI / 4.0),
        (1.0, -1.0, 3.0 * PI / 4.0),
        (-1.0, -1.0, -3.0 * PI / 4.0),
        (-1.0, 1.0, -PI / 4.0),
        (0.0, -1.0, PI),
        (-0.0, 1.0, -0.0),
        (f64::INFINITY, f64::NEG_INFINITY, 3.0 * PI / 4.0),
    ] {
        assert!((atan2(y, x) - expected).abs() < 1e-15, "{y}, {x}");
    }
}
