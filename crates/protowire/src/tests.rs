use proptest::prelude::*;

use crate::write::{self, append_varint, varint_len};
use crate::{
    Error, Field, PackedDoubles, PackedVarints, Reader, Value, bytes_tag, unzigzag, zigzag,
};

fn fields(message: &[u8]) -> Result<Vec<Field<'_>>, Error> {
    let mut reader = Reader::new(message);
    let mut fields = Vec::new();
    while let Some(field) = reader.next_field()? {
        fields.push(field);
    }
    Ok(fields)
}

fn check_error(message: &[u8], expected: Error) {
    assert_eq!(fields(message), Err(expected), "{message:x?}");
}

#[test]
fn reads_the_examples_of_the_encoding_guide() {
    let int = Field { number: 1, value: Value::Varint(150) };
    assert_eq!(fields(&[0x08, 0x96, 0x01]), Ok(vec![int]));
    let text = Field { number: 2, value: Value::Bytes(b"testing") };
    assert_eq!(fields(b"\x12\x07testing"), Ok(vec![text]));
    assert_eq!(text.str(), Ok("testing"));
    let packed = fields(&[0x32, 0x06, 0x03, 0x8e, 0x02, 0x9e, 0xa7, 0x05]).unwrap();
    let numbers: Result<Vec<u64>, Error> = PackedVarints::new(packed[0].bytes().unwrap()).collect();
    assert_eq!(numbers, Ok(vec![3, 270, 86_942]));
}

#[test]
fn refuses_malformed_messages_by_name() {
    check_error(&[0x08], Error::Truncated);
    check_error(&[0x08, 0x80], Error::Truncated);
    check_error(&[0x12, 0x05, b'a'], Error::Truncated);
    check_error(&[0x09, 0, 0, 0, 0, 0, 0, 0], Error::Truncated);
    check_error(&[0x0d, 0, 0, 0], Error::Truncated);
    check_error(&[0x00, 0x01], Error::IllegalTag { number: 0, wire_type: 0 });
    check_error(
        &[0x80, 0x80, 0x80, 0x80, 0x10, 0x00],
        Error::IllegalTag { number: 1 << 29, wire_type: 0 },
    );
    check_error(&[0x0b], Error::IllegalWireType { wire_type: 3 });
    check_error(&[0x0e], Error::IllegalWireType { wire_type: 6 });
    let mut overlong = vec![0x08];
    overlong.extend([0xff; 9]);
    overlong.push(0x02);
    check_error(&overlong, Error::VarintOverflow);
    // A length beyond the end, as large as it gets.
    let mut huge = vec![0x12];
    append_varint(&mut huge, u64::MAX);
    check_error(&huge, Error::Truncated);
}

#[test]
fn refuses_values_of_another_type() {
    let field = Field { number: 7, value: Value::Varint(1) };
    assert_eq!(field.double(), Err(Error::WrongWireType { number: 7, wire_type: 0 }));
    let field = Field { number: 7, value: Value::Fixed32(1) };
    assert_eq!(field.bytes(), Err(Error::WrongWireType { number: 7, wire_type: 5 }));
    let field = Field { number: 7, value: Value::Bytes(b"\xff") };
    assert_eq!(field.str(), Err(Error::NotUtf8 { number: 7 }));
    assert_eq!(field.int64(), Err(Error::WrongWireType { number: 7, wire_type: 2 }));
    assert!(matches!(PackedDoubles::new(&[0; 9]), Err(Error::Truncated)));
}

#[test]
fn an_error_ends_packed_numbers() {
    let numbers: Vec<_> = PackedVarints::new(&[1, 0x80]).collect();
    assert_eq!(numbers, [Ok(1), Err(Error::Truncated)]);
}

#[test]
fn repeated_numbers_may_share_a_field_or_have_one_each() {
    let mut message = Vec::new();
    write::put_packed_sint64(&mut message, 1, [3, -4]);
    write::put_varint(&mut message, 1, zigzag(-5));
    write::put_packed_doubles(&mut message, 2, &[1.5, -0.0]);
    write::put_double(&mut message, 2, 2.5);
    let (mut integers, mut doubles) = (Vec::new(), Vec::new());
    for field in fields(&message).unwrap() {
        match field.number {
            1 => field.for_each_varint(|value| integers.push(unzigzag(value))).unwrap(),
            _ => field.for_each_double(|value| doubles.push(value.to_bits())).unwrap(),
        }
    }
    assert_eq!(integers, [3, -4, -5]);
    assert_eq!(doubles, [1.5_f64, -0.0, 2.5].map(f64::to_bits));
    let field = Field { number: 7, value: Value::Bytes(&[1, 0x80]) };
    assert_eq!(field.for_each_varint(|_| ()), Err(Error::Truncated));
    let field = Field { number: 7, value: Value::Fixed32(1) };
    assert_eq!(
        field.for_each_varint(|_| ()),
        Err(Error::WrongWireType { number: 7, wire_type: 5 })
    );
    assert_eq!(
        field.for_each_double(|_| ()),
        Err(Error::WrongWireType { number: 7, wire_type: 5 })
    );
}

#[test]
fn the_field_that_is_expected_next_is_read_and_no_other() {
    let mut message = Vec::new();
    write::put_str(&mut message, 15, "a");
    write::put_varint(&mut message, 15, 7);
    let mut reader = Reader::new(&message);
    assert_eq!(reader.next_if_tag(bytes_tag(14)), Ok(None));
    assert_eq!(reader.next_if_tag(bytes_tag(15)), Ok(Some(&b"a"[..])));
    assert_eq!(reader.next_if_tag(bytes_tag(15)), Ok(None), "a number is no text");
    assert_eq!(reader.next_field(), Ok(Some(Field { number: 15, value: Value::Varint(7) })));
    assert_eq!(reader.next_if_tag(bytes_tag(15)), Ok(None));
    let mut cut = Reader::new(&[0x0a, 0x02, b'a']);
    assert_eq!(cut.next_if_tag(bytes_tag(1)), Err(Error::Truncated));
}

#[test]
fn numbers_of_32_bits_are_cut_as_other_decoders_cut_them() {
    let field = Field { number: 1, value: Value::Varint(0x1_0000_0003) };
    assert_eq!((field.uint32(), field.int32(), field.sint32()), (Ok(3), Ok(3), Ok(-2)));
    let field = Field { number: 1, value: Value::Varint(u64::from(u32::MAX)) };
    assert_eq!((field.uint32(), field.sint32()), (Ok(u32::MAX), Ok(i32::MIN)));
}

#[test]
fn nested_messages_of_every_length_size_round_trip() {
    for len in [0, 1, 127, 128, 129, 16_383, 16_384, 3_000_000] {
        let body = vec![0x5a; len];
        let mut nested = vec![0xee];
        write::put_message(&mut nested, 3, |dst| dst.extend_from_slice(&body));
        let mut flat = vec![0xee];
        write::put_bytes(&mut flat, 3, &body);
        assert!(nested == flat, "length {len}");
    }
}

proptest! {
    #[test]
    fn varints_round_trip(value: u64) {
        let mut bytes = Vec::new();
        append_varint(&mut bytes, value);
        prop_assert_eq!(bytes.len(), varint_len(value));
        let mut reader = Reader::new(&bytes);
        prop_assert_eq!(reader.varint(), Ok(value));
        prop_assert!(reader.is_empty());
    }

    #[test]
    fn zigzag_round_trips(value: i64) {
        prop_assert_eq!(unzigzag(zigzag(value)), value);
    }

    #[test]
    fn fields_round_trip(
        number in 1_u32..(1 << 29),
        signed: i64,
        bits: u64,
        small: i32,
        flag: bool,
        text: String,
        numbers: Vec<i64>,
    ) {
        let double = f64::from_bits(bits);
        let doubles = [double, 1.5];
        let mut message = Vec::new();
        write::put_int64(&mut message, number, signed);
        write::put_sint64(&mut message, number, signed);
        write::put_int64(&mut message, number, i64::from(small));
        write::put_bool(&mut message, number, flag);
        write::put_double(&mut message, number, double);
        write::put_str(&mut message, number, &text);
        write::put_packed_sint64(&mut message, number, numbers.iter().copied());
        write::put_packed_doubles(&mut message, number, &doubles);
        let fields = fields(&message).unwrap();
        prop_assert!(fields.iter().all(|field| field.number == number));
        prop_assert_eq!(fields[0].int64(), Ok(signed));
        prop_assert_eq!(fields[1].sint64(), Ok(signed));
        prop_assert_eq!(fields[2].int32(), Ok(small));
        prop_assert_eq!(fields[3].bool(), Ok(flag));
        prop_assert_eq!(fields[4].fixed64(), Ok(bits));
        prop_assert_eq!(fields[5].str(), Ok(text.as_str()));
        let read: Result<Vec<i64>, Error> =
            PackedVarints::new(fields[6].bytes().unwrap()).map(|n| n.map(unzigzag)).collect();
        prop_assert_eq!(read, Ok(numbers));
        let read: Vec<u64> =
            PackedDoubles::new(fields[7].bytes().unwrap()).unwrap().map(f64::to_bits).collect();
        prop_assert_eq!(read, doubles.map(f64::to_bits));
    }

    #[test]
    fn arbitrary_bytes_end_in_fields_or_an_error(bytes: Vec<u8>) {
        if let Ok(fields) = fields(&bytes) {
            prop_assert!(fields.len() <= bytes.len() / 2);
        }
    }
}
