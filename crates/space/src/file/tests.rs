use proptest::prelude::*;

use super::*;

fn entries(count: usize) -> Vec<Entry> {
    let label = |row: usize| (!row.is_multiple_of(3)).then(|| format!("label \"{}\"", row % 3));
    (0..count).map(|row| Entry { id: format!("ä/{row}\n"), label: label(row) }).collect()
}

fn write(path: &Path, width: usize, values: &[f32], batch: usize) -> Result<usize, Error> {
    let entries = entries(values.len() / width);
    let mut writer = Writer::create(path, width, false)?;
    for (entries, values) in entries.chunks(batch).zip(values.chunks(batch * width)) {
        writer.push(entries, values)?;
    }
    writer.finish()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_written_is_read(
        width in 1usize..9,
        values in prop::collection::vec(any::<u32>(), 9..200),
        batch in 1usize..8,
    ) {
        // Every bit pattern, NaN too: a file keeps what it is given.
        let rows = values.len() / width;
        let values: Vec<f32> = values[..rows * width].iter().map(|&bits| f32::from_bits(bits)).collect();
        let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        for format in Format::ALL {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("v").with_extension(format.extension());
            prop_assert_eq!(write(&path, width, &values, batch).unwrap(), rows);
            let back = read(&path).unwrap();
            prop_assert_eq!(back.entries, entries(rows));
            prop_assert_eq!((back.matrix.rows(), back.matrix.width()), (rows, width));
            prop_assert_eq!(bits(back.matrix.values()), bits(&values));
        }
    }

    #[test]
    fn arbitrary_bytes_are_an_error(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let folder = tempfile::tempdir().unwrap();
        for format in Format::ALL {
            let path = folder.path().join("v").with_extension(format.extension());
            fs_err::write(&path, &bytes).unwrap();
            // Random bytes may by chance be one short row of fvecs; anything else is an error.
            prop_assert!(read(&path).is_err() || format == Format::Fvecs);
        }
    }

    #[test]
    fn a_damaged_file_never_panics(at in 0usize..700, byte in any::<u8>(), cut in 0usize..700) {
        let values: Vec<f32> = (0..60).map(|v| v as f32).collect();
        for format in Format::ALL {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("v").with_extension(format.extension());
            write(&path, 3, &values, 7).unwrap();
            let mut bytes = fs_err::read(&path).unwrap();
            let (at, cut) = (at % bytes.len(), cut % bytes.len());
            bytes[at] = byte;
            fs_err::write(&path, &bytes).unwrap();
            let _ = read(&path);
            bytes.truncate(cut);
            fs_err::write(&path, &bytes).unwrap();
            if let Ok(back) = read(&path) {
                prop_assert!(back.matrix.rows() < 20);
            }
        }
    }
}

#[test]
fn nothing_stands_under_the_name_before_the_end() {
    for format in Format::ALL {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v").with_extension(format.extension());
        let mut writer = Writer::create(&path, 2, false).unwrap();
        writer.push(&entries(1), &[1.0, 2.0]).unwrap();
        assert!(!path.exists());
        drop(writer);
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 0, "{format:?}");
    }
}

#[test]
fn never_overwrites_unasked() {
    for format in Format::ALL {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v").with_extension(format.extension());
        write(&path, 1, &[1.0], 1).unwrap();
        assert!(matches!(write(&path, 1, &[2.0], 1), Err(Error::Exists { .. })));
        Writer::create(&path, 1, true).unwrap().finish().unwrap();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_leaves_nothing() {
    // /dev/full answers every write with "no space left"; the hidden name is made to lead there.
    for format in Format::ALL {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v").with_extension(format.extension());
        let hidden = format!(".v.{}.partial-{}", format.extension(), std::process::id());
        std::os::unix::fs::symlink("/dev/full", folder.path().join(hidden)).unwrap();
        let error = write(&path, 2, &[0.5; 64], 8).unwrap_err().to_string();
        assert!(error.to_lowercase().contains("no space left"), "{format:?}: {error}");
        assert!(!path.exists());
    }
}

#[test]
fn says_what_it_expected() {
    let folder = tempfile::tempdir().unwrap();
    let error = read(&folder.path().join("v.npz")).unwrap_err().to_string();
    assert!(error.contains("did you mean `npy`?"), "{error}");
    let missing = read(&folder.path().join("none.npy")).unwrap_err().to_string();
    assert!(missing.contains("none.npy"), "{missing}");
    let path = folder.path().join("v.npy");
    write(&path, 1, &[1.0, 2.0], 1).unwrap();
    fs_err::write(sidecar_path(&path), "{\"id\":\"a\"}\n").unwrap();
    let error = read(&path).unwrap_err().to_string();
    assert!(error.contains("expected one id for each of 2 vectors, found 1 lines"), "{error}");
}
