use std::io::Write as _;

use proptest::prelude::*;

use super::*;

fn gzip(contents: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(contents).unwrap();
    encoder.finish().unwrap()
}

fn zlib(contents: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(contents).unwrap();
    encoder.finish().unwrap()
}

type Read = fn(&[u8], usize, &mut Vec<u8>) -> Result<(), CappedError>;

#[test]
fn the_limit_itself_is_accepted_and_one_byte_more_is_not() {
    let contents = vec![b'x'; 10_000];
    let snappy = snap::raw::Encoder::new().compress_vec(&contents).unwrap();
    for (read, input) in
        [(gunzip as Read, gzip(&contents)), (inflate, zlib(&contents)), (unsnappy, snappy)]
    {
        let mut into = b"kept".to_vec();
        read(&input, 10_000, &mut into).unwrap();
        assert_eq!(into.len(), 10_004);
        assert!(into.starts_with(b"keptx"));
        let error = read(&input, 9_999, &mut Vec::new()).unwrap_err();
        assert_eq!(error, CappedError::TooLarge { limit: 9_999 });
    }
}

#[test]
fn a_bomb_is_stopped_before_it_grows() {
    let bomb = gzip(&vec![0; 64 << 20]);
    let mut into = Vec::new();
    let error = gunzip(&bomb, 100_000, &mut into).unwrap_err();
    assert_eq!(error, CappedError::TooLarge { limit: 100_000 });
    assert!(into.capacity() < 1 << 20, "{}", into.capacity());
}

#[test]
fn members_of_a_gzip_file_follow_each_other() {
    let mut input = gzip(b"one ");
    input.extend(gzip(b"two"));
    let mut into = Vec::new();
    gunzip(&input, 100, &mut into).unwrap();
    assert_eq!(into, b"one two");
    input.extend(b"junk");
    let error = gunzip(&input, 100, &mut Vec::new()).unwrap_err();
    assert_ne!(error, CappedError::Truncated);
}

#[test]
fn damaged_bodies_are_refused() {
    let whole = gzip(b"contents");
    let cut = &whole[..whole.len() - 1];
    assert_eq!(gunzip(cut, 100, &mut Vec::new()), Err(CappedError::Truncated));
    assert_eq!(gunzip(b"", 100, &mut Vec::new()), Err(CappedError::Truncated));
    let plain = gunzip(b"no gzip at all", 100, &mut Vec::new()).unwrap_err();
    assert_eq!(plain.to_string(), "gzip: invalid header");
    let snappy = unsnappy(b"\xff\xff\xff\xff\xff\xff", 100, &mut Vec::new()).unwrap_err();
    assert_eq!(snappy.to_string(), "snappy: corrupt input");
}

proptest! {
    #[test]
    fn pieces_give_the_same_as_the_whole(contents: Vec<u8>, size in 1_usize..50) {
        let mut into = Vec::new();
        let mut inflater = Inflater::new(Format::Gzip, contents.len());
        for piece in gzip(&contents).chunks(size) {
            inflater.push(piece, &mut into).unwrap();
        }
        inflater.finish().unwrap();
        prop_assert_eq!(into, contents);
    }

    #[test]
    fn no_bytes_make_a_reader_panic_or_exceed_its_limit(input: Vec<u8>) {
        for read in [gunzip, inflate, unsnappy] {
            let mut into = Vec::new();
            if read(&input, 50, &mut into).is_ok() {
                prop_assert!(into.len() <= 50);
            }
        }
    }
}
