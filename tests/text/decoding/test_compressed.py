"""Files that are unpacked by their content: every kind, nested, damaged, archives of several."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnconvert.errors import InputError
from snnconvert.text.decoding.compressed import unpacked
from snnconvert.text.vectors.load import load_vectors

TEXT = "".join(f"wort{i} {i / 7:.4f} {-i / 3:.4f}\n" for i in range(40)).encode()


def zipped(members: dict[str, bytes], **change) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    data = bytearray(memory.getvalue())
    for at in change.get("encrypted", ()):  # the flag in the central directory
        central = -1
        for _ in range(at + 1):
            central = data.index(b"PK\x01\x02", central + 1)
        data[central + 8] |= 1
    if "method" in change:
        central = data.index(b"PK\x01\x02")
        data[central + 10] = data[8] = change["method"]
    return bytes(data)


PACKERS = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zip": lambda data: zipped({"v.vec": data}),
}


def content(tmp_path, data: bytes, name: str = "v", wanted=None) -> bytes:
    (tmp_path / name).write_bytes(data)
    with unpacked(tmp_path / name, wanted) as stream:
        return stream.read()


def told(tmp_path, data: bytes, wanted=None) -> str:
    with pytest.raises(InputError) as error:
        content(tmp_path, data, "file.x", wanted)
    assert "file.x" in str(error.value) and "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("name", ["v.vec", "v.gz", "v.zip", "v"])
def test_every_kind_under_any_name(tmp_path, kind, name):
    assert content(tmp_path, PACKERS[kind](TEXT), name) == TEXT
    assert content(tmp_path, TEXT, name) == TEXT
    vectors = load_vectors(tmp_path / name, progress=False)
    assert vectors.words == [f"wort{i}" for i in range(40)]
    (tmp_path / name).write_bytes(PACKERS[kind](TEXT))
    assert load_vectors(tmp_path / name, progress=False).words == vectors.words


@given(st.binary(max_size=300), st.lists(st.sampled_from(sorted(PACKERS)), max_size=2))
def test_layers_are_undone(tmp_path_factory, data, kinds):
    packed = b"-" + data  # no magic number of its own
    for kind in kinds:
        packed = PACKERS[kind](packed)
    assert content(tmp_path_factory.mktemp("layers"), packed) == b"-" + data


def test_members_of_gzip_files_follow_each_other(tmp_path):
    assert content(tmp_path, gzip.compress(TEXT) + gzip.compress(TEXT)) == TEXT + TEXT


@pytest.mark.parametrize("kind", PACKERS)
def test_what_is_cut_off_or_damaged(tmp_path, kind):
    data = PACKERS[kind](TEXT * 50)
    for broken in (data[: len(data) // 2], data[:-5], data[:60] + b"\xff" * 8 + data[68:]):
        error = told(tmp_path, broken)
        assert f"whole {kind} file" in error and "cut off, damaged" in error
        with pytest.raises(InputError, match=r"file\.x"):
            load_vectors(tmp_path / "file.x", progress=False)


def test_the_one_file_of_a_zip_file(tmp_path):
    junk = {"__MACOSX/._v.vec": b"x", "data/.DS_Store": b"y", "data/": b""}
    assert content(tmp_path, zipped(junk | {"data/v.vec": TEXT})) == TEXT
    assert "has none" in told(tmp_path, zipped(junk))
    assert "has none" in told(tmp_path, zipped({}))


def test_the_one_of_several_that_looks_right(tmp_path):
    model = b"\xba\x16\x4f\x2f" + bytes(100)
    archive = zipped({"README.txt": b"Vectors of words.\n", "wiki.bin": model, "wiki.vec": TEXT})
    assert content(tmp_path, archive, wanted=lambda head: head.startswith(b"wort")) == TEXT
    assert load_vectors(tmp_path / "v", progress=False).dim == 2
    readme = b"GloVe 6B 300 2014\nVectors of words, made in that year.\n\nLicence: public domain.\n"
    for member in (TEXT, b"40 2\n" + TEXT, gzip.compress(TEXT), b"\xef\xbb\xbf" + TEXT):
        (tmp_path / "w.zip").write_bytes(zipped({"README": readme, "vectors": member}))
        assert len(load_vectors(tmp_path / "w.zip", progress=False).words) == 40
    error = told(tmp_path, archive)
    assert "3 of its 3 fit (README.txt, wiki.bin, wiki.vec)" in error
    assert "0 of its 3 fit" in told(tmp_path, archive, lambda head: False)


def test_several_that_look_like_vectors_are_named(tmp_path):
    names = [f"glove.{d}d.txt" for d in (50, 100, 200, 300)] + ["a.txt", "b.txt"]
    (tmp_path / "glove.zip").write_bytes(zipped(dict.fromkeys(names, TEXT)))
    with pytest.raises(InputError, match=r"glove\.zip.*6 fit \(glove\.50d\.txt, .*, \.\.\.\)"):
        load_vectors(tmp_path / "glove.zip", progress=False)


def test_archives_that_cannot_be_opened(tmp_path):
    assert "'v.vec' in" in told(tmp_path, zipped({"v.vec": TEXT}, encrypted=[0]))
    assert "is encrypted" in told(tmp_path, zipped({"a": b"", "v.vec": TEXT}, encrypted=[1]))
    error = told(tmp_path, zipped({"v.vec": TEXT}, method=9))  # Deflate64
    assert "unpack it and give the file in it" in error


@pytest.mark.parametrize(
    ("data", "name"),
    [(b"(\xb5/\xfd\x04", "zstd"), (b"7z\xbc\xaf\x27\x1c\0", "7z"), (b"Rar!\x1a\x07\0", "rar")],
)
def test_kinds_that_have_to_be_unpacked_first(tmp_path, data, name):
    assert f"is a {name} file: unpack it" in told(tmp_path, data)
    with pytest.raises(InputError, match=rf"file\.x is a {name} file"):
        load_vectors(tmp_path / "file.x", progress=False)


def test_text_that_begins_like_an_archive(tmp_path):
    for data in (b"BZh 0.5\n", b"PK 0.5\n", b"", b"7z 0.5"):
        assert content(tmp_path, data) == data


def test_what_is_not_there_or_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match="no such file"), unpacked(tmp_path / "none"):
        pass
    with pytest.raises(InputError, match="but it is a folder"), unpacked(tmp_path):
        pass


def test_what_is_read_is_told(tmp_path):
    path = tmp_path / "v.zip"
    path.write_bytes(zipped({"v.vec": TEXT * 100}))
    seen: list[int] = []
    with unpacked(path, seen=seen.append) as stream:
        stream.read()
    assert max(seen) == path.stat().st_size
