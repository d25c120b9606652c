use std::io::ErrorKind;
use std::path::Path;

use super::{Fs, MemFs, RealFs};

/// What both file systems must do alike.
fn check_behaviour(fs: &dyn Fs, dir: &Path) {
    fs.create_dirs(dir).unwrap();
    let (a, b) = (dir.join("a"), dir.join("b"));
    let file = fs.create(&a).unwrap();
    file.append(b"hello ").unwrap();
    file.append(b"world").unwrap();
    file.sync_data().unwrap();
    assert_eq!(file.size_bytes().unwrap(), 11);
    fs.rename(&a, &b).unwrap();
    fs.sync_dir(dir).unwrap();
    assert_eq!(fs.list(dir).unwrap(), ["b"]);

    fs.open_append(&b).unwrap().append(b"!").unwrap();
    let mut bytes = [0; 6];
    let file = fs.open(&b).unwrap();
    file.read_at(6, &mut bytes).unwrap();
    assert_eq!(&bytes, b"world!");
    assert_eq!(file.read_at(7, &mut bytes).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    assert_eq!(fs.open(&a).unwrap_err().kind(), ErrorKind::NotFound);

    fs.remove(&b).unwrap();
    assert!(fs.list(dir).unwrap().is_empty());

    let path = dir.join("lock");
    let lock = fs.lock(&path).unwrap();
    assert_eq!(fs.lock(&path).unwrap_err().kind(), ErrorKind::WouldBlock);
    drop(lock);
    fs.lock(&path).unwrap();
}

#[test]
fn the_operating_system_keeps_the_contract() {
    let dir = tempfile::tempdir().unwrap();
    check_behaviour(&RealFs, &dir.path().join("sub/dir"));
}

#[test]
fn memory_keeps_the_contract() {
    check_behaviour(&MemFs::new(), Path::new("/data"));
}

#[test]
fn a_power_cut_keeps_what_was_synced() {
    let fs = MemFs::new();
    let dir = Path::new("/data");
    let kept = fs.create(&dir.join("kept")).unwrap();
    kept.append(b"durable").unwrap();
    kept.sync_data().unwrap();
    fs.sync_dir(dir).unwrap();
    kept.append(b" and not").unwrap();
    fs.create(&dir.join("nameless")).unwrap().sync_data().unwrap();
    fs.cut_power(4);
    assert_eq!(fs.list(dir).unwrap(), ["kept"]);
    assert_eq!(fs.bytes(&dir.join("kept")).unwrap(), b"durable and");
}

#[test]
fn a_stop_tears_the_write_and_ends_everything_after_it() {
    let fs = MemFs::new();
    let path = Path::new("/data/file");
    let file = fs.create(path).unwrap();
    fs.stop_at(fs.operations());
    file.append(b"abcd").unwrap_err();
    file.append(b"efgh").unwrap_err();
    file.sync_data().unwrap_err();
    fs.heal();
    assert_eq!(fs.bytes(path).unwrap(), b"ab");
}

#[test]
fn a_single_failure_tears_its_write_and_nothing_else() {
    let fs = MemFs::new();
    let path = Path::new("/data/file");
    let file = fs.create(path).unwrap();
    fs.fail_at(fs.operations() + 1);
    file.append(b"ab").unwrap();
    file.append(b"cdef").unwrap_err();
    file.append(b"gh").unwrap();
    file.sync_data().unwrap();
    assert_eq!(fs.bytes(path).unwrap(), b"abcdgh");
    fs.fail_reads("file");
    file.read_at(0, &mut [0; 2]).unwrap_err();
    fs.heal();
    file.read_at(0, &mut [0; 2]).unwrap();
}

#[test]
fn an_unlucky_disk_keeps_names_and_garbles_the_end() {
    let fs = MemFs::new();
    let dir = Path::new("/data");
    let old = fs.create(&dir.join("old")).unwrap();
    old.append(b"synced").unwrap();
    old.sync_data().unwrap();
    fs.sync_dir(dir).unwrap();
    old.append(b" lost").unwrap();
    fs.rename(&dir.join("old"), &dir.join("new")).unwrap();
    fs.cut_power_with(true, |unsynced| unsynced.fill(0));
    assert_eq!(fs.list(dir).unwrap(), ["new"]);
    assert_eq!(fs.bytes(&dir.join("new")).unwrap(), b"synced\0\0\0\0\0");
}

#[test]
fn a_full_disk_takes_what_fits_and_a_read_only_directory_keeps_its_names() {
    let fs = MemFs::new();
    let path = Path::new("/data/file");
    let file = fs.create(path).unwrap();
    fs.set_capacity(Some(6));
    file.append(b"abcd").unwrap();
    assert_eq!(file.append(b"efgh").unwrap_err().kind(), ErrorKind::StorageFull);
    assert_eq!((fs.bytes(path).unwrap(), fs.used()), (b"abcdef".to_vec(), 6));
    fs.set_capacity(None);
    fs.make_read_only(true);
    file.append(b"gh").unwrap();
    for changed in [
        fs.create(Path::new("/data/new")).map(drop),
        fs.rename(path, Path::new("/data/new")),
        fs.remove(path),
    ] {
        assert_eq!(changed.unwrap_err().kind(), ErrorKind::PermissionDenied);
    }
    fs.make_read_only(false);
    fs.remove(path).unwrap();
}
