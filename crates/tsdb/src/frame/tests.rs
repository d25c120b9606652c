use proptest::prelude::*;
use regain_model::STALE_NAN;

use super::*;

fn floats(values: &[f64]) -> (usize, Vec<u64>) {
    let mut bytes = Vec::new();
    Encoder::block().put_floats(&mut bytes, values);
    let mut cursor = Cursor(&bytes);
    let frame = Frame::read(&mut cursor, GroupBytes::default()).unwrap();
    assert!(cursor.is_empty());
    let mut out = vec![0.0; frame.count()];
    frame.floats(&mut out);
    (bytes.len(), out.iter().map(|value| value.to_bits()).collect())
}

fn check(values: &[f64], size_max: usize) {
    let (size, back) = floats(values);
    let bits: Vec<u64> = values.iter().map(|value| value.to_bits()).collect();
    assert_eq!(back, bits, "{values:?}");
    assert!(size <= size_max, "{size} bytes for {values:?}");
}

#[test]
fn a_frame_is_small_where_the_values_are_regular() {
    check(&[0.0; 128], 3);
    check(&[1.5; 128], 4);
    let counter: Vec<f64> = (0..128).map(|i| f64::from(1_000_000 + i * 15)).collect();
    check(&counter, 10);
    let noisy: Vec<f64> = (0..128).map(|i| f64::from(1_000_000 + i * 100 + i * i % 7)).collect();
    check(&noisy, 80);
    let cents: Vec<f64> = (0..128).map(|i| f64::from(i * i % 100) / 100.0).collect();
    check(&cents, 128);
}

#[test]
fn what_values_have_in_common_is_stored_once() {
    // Memory moves by pages: 24 bits less 12 are left.
    let pages: Vec<f64> = (0..512).map(|i| f64::from(i * i % 997 * 4096)).collect();
    check(&pages, 512 * 10 / 8 + 16);
    // Sums of hundredths are off by some units of the last place.
    let mut sum = 0.0;
    let sums: Vec<f64> = (0..512)
        .map(|i| {
            sum += f64::from(i * i % 61) / 100.0;
            sum
        })
        .collect();
    check(&sums, 512 * 14 / 8);
    // A counter that restarts, and one that jumps now and then.
    let restarts: Vec<f64> = (0..512).map(|i| f64::from(i % 300 * 20 + i * i % 7)).collect();
    check(&restarts, 512 * 5 / 8 + 24);
    let jumps: Vec<f64> = (0..512).map(|i| f64::from(i + i / 100 * 1_000_000)).collect();
    check(&jumps, 48);
    // Fractions of one size share their first bits.
    let thirds: Vec<f64> = (0..512).map(|i| 100.0 + f64::from(i) / 30_000.0).collect();
    check(&thirds, 512 * 20 / 8);
}

#[test]
fn numbers_take_as_many_bits_as_they_tell() {
    let noise = |i: u64| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    // Around a line lies less than between neighbours: twelve values, 3.6 bits.
    let line: Vec<f64> = (0..512).map(|i| (i * 1_000_003 / 7 + noise(i) % 12) as f64).collect();
    check(&line, 512 * 37 / 80 + 24);
    // A counter that mostly rests takes half a bit.
    let mut count = 0.0;
    let rests: Vec<f64> = (0..512)
        .map(|i| {
            count += if noise(i) % 20 == 0 { 1.0 + (noise(i) / 20 % 3) as f64 } else { 0.0 };
            count
        })
        .collect();
    check(&rests, 512 / 16 + 24);
    // Pages in a line, too.
    let pages: Vec<f64> = line.iter().map(|value| value * 4096.0).collect();
    check(&pages, 512 * 37 / 80 + 30);
    // Thousandths that were multiplied are not off by a bit as for who divides.
    let products: Vec<f64> = (0..512).map(|i| (2000 + noise(i) % 1000) as f64 * 0.001).collect();
    check(&products, 512 * 10 / 8 + 16);
}

#[test]
fn series_that_move_together_are_stored_once() {
    let buckets: Vec<Vec<f64>> = (0..4)
        .map(|bucket| (0..300).map(|i| f64::from(bucket * 7919 + i * i % 1000)).collect())
        .collect();
    let (mut out, mut aliases) = (b"before".to_vec(), Aliases::default());
    let mut starts = Vec::new();
    for values in &buckets {
        let mut frames = Vec::new();
        Encoder::block().put_all_floats(&mut frames, values);
        starts.push(out.len() - 6);
        aliases.put(&mut out, 6, &frames);
    }
    let group = &out[6..];
    assert!(group.len() - starts[1] <= 3 * 8, "{} bytes", group.len() - starts[1]);
    for (values, &start) in buckets.iter().zip(&starts) {
        let frame = Frame::read(&mut Cursor(&group[start..]), GroupBytes::new(group, 0)).unwrap();
        let mut back = vec![0.0; frame.count()];
        frame.floats(&mut back);
        assert_eq!(&back, values);
    }
}

#[test]
fn exceptions_do_not_spoil_the_integers() {
    let mut values: Vec<f64> = (0..128).map(|i| f64::from(i * 10)).collect();
    values[5] = STALE_NAN;
    values[6] = f64::NAN;
    values[127] = f64::INFINITY;
    check(&values, 40);
    check(&[STALE_NAN; 128], 3 + 2 + 128);
    check(&[-0.0, 0.0, -0.0], 40);
    check(&[STALE_NAN], 6);
    check(&[f64::MIN_POSITIVE, f64::MAX, 1e300, 5e-324], 50);
    // Neither do they spoil floats that are no decimals.
    let mut fractions: Vec<f64> = (0..32).map(|i| (f64::from(i) / 64.0 + 1.0).sqrt()).collect();
    let (whole, _) = floats(&fractions);
    fractions[31] = STALE_NAN;
    check(&fractions, whole + 24);
}

#[test]
fn floats_at_the_edges_come_back() {
    let payloads = [0x7ff8_0000_0000_0001, 0x7ff0_0000_0000_0001, 0xfff8_dead_beef_0001];
    let mut edges: Vec<f64> = payloads.iter().map(|&bits| f64::from_bits(bits)).collect();
    edges.extend([f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, STALE_NAN]);
    edges.extend([f64::MIN_POSITIVE / 2.0, -5e-324, f64::MAX, f64::MIN, f64::EPSILON]);
    edges.extend([
        i64::MAX as f64,
        i64::MIN as f64,
        9_007_199_254_740_993.0,
        -9.007e15,
        1e22,
        1e23,
    ]);
    for &first in &edges {
        check(&[first], usize::MAX);
        for &second in &edges {
            check(&[first, second], usize::MAX);
            check(&[first, second, 1.0, 2.0, 3.5, first], usize::MAX);
        }
    }
    check(&edges, usize::MAX);
}

#[test]
fn times_at_the_edges_come_back() {
    for times in [[i64::MIN, i64::MAX, 0, i64::MIN], [i64::MAX, i64::MAX, i64::MIN, -1]] {
        let mut bytes = Vec::new();
        Encoder::block().put_times(&mut bytes, &times);
        let mut out = [0; 4];
        Frame::read(&mut Cursor(&bytes), GroupBytes::default()).unwrap().times(&mut out).unwrap();
        assert_eq!(out, times);
    }
}

fn any_float() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        any::<i64>().prop_map(|value| value as f64),
        any::<i16>().prop_map(f64::from),
        (any::<i32>(), 0..8).prop_map(|(value, scale)| f64::from(value) / 10_f64.powi(scale)),
        (1..50_i32).prop_map(|i| (0..i).map(|i| f64::from(i) / 10.0).sum()),
        Just(STALE_NAN),
        Just(-0.0),
        Just(f64::NEG_INFINITY),
    ]
}

/// Values that move as those of series do: a trend, noise of which the small is frequent, a unit, and a few
/// that are anything.
fn any_series() -> impl Strategy<Value = Vec<f64>> {
    let noise = prop::collection::vec((any::<u32>(), 0..32_u32), 1..=FRAME_MAX);
    let odd = prop::collection::vec((any::<prop::sample::Index>(), any_float()), 0..3);
    (noise, -1e6..1e6_f64, prop::bool::ANY, 0..10_i32, 0..3, odd).prop_map(
        |(noise, slope, is_sum, scale, way, odd)| {
            let mut sum = 0.0_f64;
            let value = |(i, &(noise, cut)): (usize, &(u32, u32))| {
                let here = f64::from(noise >> cut) + (slope * i as f64).floor();
                sum = if is_sum { sum + here } else { here };
                match way {
                    0 => sum / 10_f64.powi(scale),
                    1 => sum * 10_f64.powi(-scale),
                    _ => sum * f64::from(1 << scale),
                }
            };
            let mut values: Vec<f64> = noise.iter().enumerate().map(value).collect();
            for (at, value) in odd {
                let at = at.index(values.len());
                values[at] = value;
            }
            values
        },
    )
}

proptest! {
    #[test]
    fn series_come_back_bit_by_bit(values in any_series()) {
        check(&values, usize::MAX);
    }

    #[test]
    fn the_first_values_come_back_alone(
        values in prop_oneof![prop::collection::vec(any_float(), 1..=FRAME_MAX), any_series()],
        wanted in 1..=FRAME_MAX,
    ) {
        let mut bytes = Vec::new();
        Encoder::block().put_floats(&mut bytes, &values);
        let frame = Frame::read(&mut Cursor(&bytes), GroupBytes::default()).unwrap();
        let mut out = vec![0.0; wanted.min(values.len())];
        frame.floats(&mut out);
        let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(&out), bits(&values[..out.len()]));
    }

    #[test]
    fn floats_come_back_bit_by_bit(values in prop::collection::vec(any_float(), 1..=FRAME_MAX)) {
        check(&values, usize::MAX);
    }

    #[test]
    fn every_encoder_gives_back_the_bits(values in prop::collection::vec(any_float(), 1..=1200)) {
        let read = |bytes: &[u8]| {
            let (mut cursor, mut out) = (Cursor(bytes), Vec::new());
            while !cursor.is_empty() {
                let frame = Frame::read(&mut cursor, GroupBytes::default()).unwrap();
                let at = out.len();
                out.resize(at + frame.count(), 0.0);
                frame.floats(&mut out[at..]);
            }
            out.iter().map(|value| value.to_bits()).collect::<Vec<u64>>()
        };
        let bits: Vec<u64> = values.iter().map(|value| value.to_bits()).collect();
        let (mut head, mut segment, mut block) = (Vec::new(), Vec::new(), Vec::new());
        Encoder::head().put_all_floats(&mut head, &values);
        Encoder::segment().put_all_floats(&mut segment, &values);
        Encoder::block().put_all_floats(&mut block, &values);
        prop_assert_eq!(&read(&head), &bits);
        prop_assert_eq!(&read(&segment), &bits);
        prop_assert_eq!(read(&block), bits);
    }

    #[test]
    fn decimals_come_back_with_any_guess(
        values in prop::collection::vec((-100_000..100_000, 0..5), 1..=FRAME_MAX),
        guess in 0..40_u8,
    ) {
        let values: Vec<f64> =
            values.iter().map(|&(m, scale)| f64::from(m) / 10_f64.powi(scale)).collect();
        let mut bytes = Vec::new();
        Encoder { scale: guess, ..Encoder::block() }.put_floats(&mut bytes, &values);
        let frame = Frame::read(&mut Cursor(&bytes), GroupBytes::default()).unwrap();
        let mut out = vec![0.0; values.len()];
        frame.floats(&mut out);
        prop_assert_eq!(out, values);
    }

    #[test]
    fn times_come_back(times in prop_oneof![
        prop::collection::vec(any::<i64>(), 1..=FRAME_MAX),
        (any::<i32>(), prop::collection::vec(14_990..15_010_i64, 1..=FRAME_MAX)).prop_map(|(start, steps)| {
            steps.iter().scan(i64::from(start), |time, step| { *time += step; Some(*time) }).collect()
        }),
    ]) {
        let mut bytes = Vec::new();
        Encoder::block().put_times(&mut bytes, &times);
        let mut out = vec![0; times.len()];
        Frame::read(&mut Cursor(&bytes), GroupBytes::default()).unwrap().times(&mut out).unwrap();
        prop_assert_eq!(out, times);
    }

    #[test]
    fn frames_with_wrong_bytes_are_an_answer(
        values in prop_oneof![prop::collection::vec(any_float(), 1..=FRAME_MAX), any_series()],
        wrong in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = Vec::new();
        Encoder::block().put_floats(&mut bytes, &values);
        for (at, byte) in wrong {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(frame) = Frame::read(&mut Cursor(&bytes), GroupBytes::new(&bytes, 0)) {
            let mut out = vec![0.0; frame.count()];
            frame.floats(&mut out);
            prop_assert!(out.len() <= FRAME_MAX);
        }
    }

    #[test]
    fn hostile_bytes_are_an_answer(bytes: Vec<u8>) {
        let mut cursor = Cursor(&bytes);
        while let Some(frame) = Frame::read(&mut cursor, GroupBytes::new(&bytes, 0)) {
            let mut out = vec![0.0; frame.count()];
            frame.floats(&mut out);
            let mut times = vec![0; frame.count()];
            if frame.times(&mut times).is_none() {
                prop_assert!(frame.count() <= FRAME_MAX);
            }
        }
    }
}
