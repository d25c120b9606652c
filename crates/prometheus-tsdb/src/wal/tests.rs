use regain_storage::fs::MemFs;

use super::*;

const PAGE: usize = 32 << 10;

/// Records in frames, as Prometheus writes them.
#[derive(Default)]
struct Log(Vec<u8>);

impl Log {
    fn put(&mut self, record: &[u8], flags: u8) {
        let (mut rest, mut first) = (record, true);
        loop {
            let left = PAGE - self.0.len() % PAGE;
            if left < FRAGMENT_HEADER_BYTES {
                self.0.resize(self.0.len() + left, 0);
                continue;
            }
            let len = rest.len().min(left - FRAGMENT_HEADER_BYTES);
            let (part, behind) = rest.split_at(len);
            let kind = match (first, behind.is_empty()) {
                (true, true) => FULL,
                (true, false) => FIRST,
                (false, false) => MIDDLE,
                (false, true) => LAST,
            };
            self.0.push(kind | flags);
            self.0.extend(u16::try_from(len).unwrap().to_be_bytes());
            self.0.extend(crc32c::crc32c(part).to_be_bytes());
            self.0.extend(part);
            (rest, first) = (behind, false);
            if behind.is_empty() {
                return;
            }
        }
    }
}

/// The records of a log, and what is wrong with it.
fn read_all(bytes: Vec<u8>) -> (Vec<Vec<u8>>, Vec<String>) {
    let fs = MemFs::new();
    let path = PathBuf::from("wal/00000003");
    fs.set_bytes(&path, bytes);
    let all = segments(&fs, Path::new("wal")).unwrap();
    assert_eq!(all, [Segment { number: 3, path, from: 0 }]);
    let (mut records, mut damages) = (Vec::new(), Vec::new());
    let damage = |error: Error| damages.push(error.to_string());
    read(&fs, &all[0], |record, _| records.push(record.to_vec()), damage);
    (records, damages)
}

/// Records of all lengths; the longest ones go over several pages.
fn records() -> Vec<Vec<u8>> {
    let lengths = [1, 100, 40_000, 0, 32_700, 5, 100_000, 7, 12_000];
    let record = |(number, len): (u8, usize)| vec![number; len];
    (1..).zip(lengths).map(record).collect()
}

fn written() -> Vec<u8> {
    let mut log = Log::default();
    for (number, record) in records().iter().enumerate() {
        match number % 3 {
            0 => log.put(record, 0),
            1 => log.put(&snap::raw::Encoder::new().compress_vec(record).unwrap(), SNAPPY),
            _ => log.put(&zstd::bulk::compress(record, 1).unwrap(), ZSTD),
        }
    }
    log.0
}

#[test]
fn records_come_back_whole_whatever_they_are_compressed_with() {
    assert_eq!(read_all(written()), (records(), Vec::new()));
    // The rest of a page may have been written as zeros.
    let mut padded = written();
    padded.resize(padded.len().next_multiple_of(PAGE), 0);
    assert_eq!(read_all(padded), (records(), Vec::new()));
}

#[test]
fn a_torn_end_costs_the_last_record_and_says_so() {
    let (bytes, records) = (written(), records());
    for cut in (1..bytes.len()).step_by(997) {
        let (found, damages) = read_all(bytes[..cut].to_vec());
        assert_eq!(found, records[..found.len()], "cut at {cut}");
        assert!(found.len() < records.len());
        assert!(damages.iter().all(|damage| damage.contains("wal/00000003")));
    }
}

#[test]
fn damage_in_the_middle_costs_what_is_on_its_page() {
    let mut log = Log::default();
    let records: Vec<Vec<u8>> = (0..100).map(|number| vec![number; 2000]).collect();
    for record in &records {
        log.put(record, 0);
    }
    log.0[3 * PAGE + 5000] ^= 1;
    let (found, damages) = read_all(log.0);
    assert_eq!(damages.len(), 1, "{damages:?}");
    assert!(found.len() > 80 && found.iter().all(|record| records.contains(record)));
    assert_eq!(found.last(), records.last());
}

#[test]
fn a_record_that_claims_to_be_huge_is_refused() {
    let mut log = Log::default();
    log.put(&[0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0], SNAPPY);
    log.put(&[0xff; 40], ZSTD);
    log.put(&[1], 0);
    let (found, damages) = read_all(log.0);
    assert!(found.len() <= 1);
    assert!(damages[0].contains("cannot be decompressed"), "{damages:?}");
}
