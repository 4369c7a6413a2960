"""Downloads against a local server that behaves well, badly, or not at all."""

from __future__ import annotations

import http.server
import io
import socket
import tarfile
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from snnconvert.errors import InputError, SnnConvertError
from snnconvert.files import sha256
from snnconvert.text.datasets.dataset import load_dataset
from snnconvert.text.datasets.named import NAMED, Original, Source
from snnconvert.text.download.download import checksum, download, list_datasets
from snnconvert.text.download.fetch import CHUNK, fetch
from snnconvert.text.download.formats import FORMATS, convert

ROWS = [(i % 2, f"text number {i} , with words") for i in range(9000)]
RAW = "".join(f"{label} {text}\n" for label, text in ROWS).encode()
TSV = "".join(f"{label}\t{text}\n" for label, text in ROWS).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves ``server.files``; ``server.drop`` breaks off once after so many bytes."""

    def do_GET(self):
        server = self.server
        server.asked.append((self.path, self.headers.get("Range")))
        if self.path not in server.files:
            self.send_error(404)
            return
        data, start, status = server.files[self.path], 0, 200
        wanted = self.headers.get("Range")
        if wanted and server.ranges:
            start, status = int(wanted.removeprefix("bytes=").rstrip("-")), 206
            if start >= len(data):
                self.send_error(416)
                return
        self.send_response(status)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        end, server.drop = server.drop or len(data), None
        self.wfile.write(data[start:end])

    def log_message(self, *arguments):
        pass


@contextmanager
def serving(files=None, ranges=True, drop=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.files = files if files is not None else {"/raw.all": RAW}
    server.ranges, server.drop, server.asked = ranges, drop, []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def address(server, path="/raw.all"):
    return f"http://127.0.0.1:{server.server_port}{path}"


def sources(*urls, expected=TSV, splits=("all",)):
    original = Original(urls, "spaced", splits)
    return {"mr": Source("http://example.org", (original,), {"all": sha256(expected)})}


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def test_download_converts_checks_and_can_be_loaded(tmp_path, capsys):
    with serving() as server:
        folder = download("mr", tmp_path, sources(address(server)), progress=False)
        assert folder == tmp_path / "mr"
        assert (folder / "all.tsv").read_bytes() == TSV
        assert sorted(p.name for p in tmp_path.iterdir()) == ["mr"]  # nothing else is left
        assert download("mr", tmp_path, sources(address(server)), progress=False) == folder
        assert len(server.asked) == 1  # what is there and right is not fetched again
    assert len(load_dataset("mr", tmp_path).train) == 7200
    assert capsys.readouterr().err == ""


def test_a_bar_is_shown(tmp_path, capsys):
    with serving() as server:
        download("mr", tmp_path, sources(address(server)))
    assert "raw.all" in capsys.readouterr().err


def test_broken_connection_is_taken_up_where_it_stopped(tmp_path):
    with serving(drop=CHUNK + 1000) as server:
        fetch([address(server)], tmp_path / "raw", progress=False)
        assert [wanted for _, wanted in server.asked] == [None, f"bytes={CHUNK + 1000}-"]
    assert (tmp_path / "raw").read_bytes() == RAW


def test_an_earlier_run_is_taken_up(tmp_path):
    (tmp_path / "raw.part").write_bytes(RAW[:500])
    with serving() as server:
        fetch([address(server)], tmp_path / "raw", progress=False)
        assert server.asked == [("/raw.all", "bytes=500-")]
    assert (tmp_path / "raw").read_bytes() == RAW
    assert not (tmp_path / "raw.part").exists()


@pytest.mark.parametrize("part", [RAW[:500], b"other", RAW + b"too long"])
def test_servers_that_ignore_ranges(tmp_path, part):
    (tmp_path / "raw.part").write_bytes(part)
    with serving(ranges=False) as server:
        fetch([address(server)], tmp_path / "raw", progress=False)
    assert (tmp_path / "raw").read_bytes() == RAW


def test_a_part_longer_than_the_file_is_begun_anew(tmp_path):
    (tmp_path / "raw.part").write_bytes(RAW + b"too long")
    with serving() as server:
        fetch([address(server)], tmp_path / "raw", progress=False)
        assert [wanted for _, wanted in server.asked] == [f"bytes={len(RAW) + 8}-", None]
    assert (tmp_path / "raw").read_bytes() == RAW


def test_the_next_address_is_asked(tmp_path):
    with serving() as server:
        urls = address(server, "/moved"), address(server)
        folder = download("mr", tmp_path, sources(*urls), progress=False)
    assert (folder / "all.tsv").read_bytes() == TSV


class Hostile(http.server.BaseHTTPRequestHandler):
    """Redirects, lengths and bodies that no honest server gives; the path says which."""

    def do_GET(self):
        kind = self.path.strip("/")
        if kind in ("file", "ftp", "loop"):
            self.send_response(302)
            where = {"file": "file:///etc/passwd", "ftp": "ftp://127.0.0.1/x", "loop": "/loop"}[
                kind
            ]
            self.send_header("Location", where)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        length = {"huge": str(10**15), "digits": "9" * 6000, "minus": "-5", "odd": "²"}.get(kind)
        if length:
            self.send_header("Content-Length", length)
        self.end_headers()
        with suppress(OSError):
            while kind == "endless":
                self.wfile.write(b"x" * 65536)
            while kind == "drip":
                self.wfile.write(b"x")
                self.server.gone.wait(0.02)
            self.wfile.write(b"some bytes")

    def log_message(self, *arguments):
        pass


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("file", "is not allowed"),
        ("ftp", "which is not followed"),
        ("loop", "HTTP 302"),
        ("huge", "no data set has so many"),
        ("digits", ""),
        ("endless", "it does not end after"),
        ("drip", "bytes came in"),
    ],
)
def test_a_hostile_server_gets_one_line_and_an_end(tmp_path, monkeypatch, kind, says):
    monkeypatch.setattr("snnconvert.text.download.fetch.LARGEST", 1 << 20)
    monkeypatch.setattr("snnconvert.text.download.fetch.PATIENCE", 0.3)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hostile)
    server.gone = threading.Event()
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        with pytest.raises(SnnConvertError) as caught:
            fetch([address(server, f"/{kind}")], tmp_path / "a", progress=False, timeout=5)
        assert says in str(caught.value) and "\n" not in str(caught.value)
        assert not (tmp_path / "a").exists()
        assert sum(p.stat().st_size for p in tmp_path.iterdir()) <= 2 << 20
    finally:
        server.gone.set()
        server.shutdown()
        thread.join()
        server.server_close()


def test_missing_file(tmp_path):
    with serving({}) as server, pytest.raises(SnnConvertError) as error:
        download("mr", tmp_path, sources(address(server)), progress=False)
    assert "could not fetch raw.all from 127.0.0.1 (HTTP 404 Not Found)" in str(error.value)
    assert not (tmp_path / "mr").exists()


def test_closed_port_gives_one_line(tmp_path):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/raw.all"
        with pytest.raises(SnnConvertError, match=r"from 127.0.0.1 \(.*refused\)") as error:
            download("mr", tmp_path, sources(url), progress=False)
    assert "\n" not in str(error.value)
    assert "--data-dir" in str(error.value)
    assert error.value.exit_code == 1


def test_a_connection_that_always_breaks_off_keeps_what_came(tmp_path):
    class Breaking(Handler):
        def do_GET(self):
            self.server.drop = 1000
            super().do_GET()

    with serving() as server:
        server.RequestHandlerClass = Breaking
        with pytest.raises(SnnConvertError, match="broke off at 1000 of"):
            fetch([address(server)], tmp_path / "raw", progress=False)
    assert (tmp_path / "raw.part").read_bytes() == RAW[:1000]


def test_wrong_checksum_is_no_data_set(tmp_path):
    with serving() as server:
        wrong = sources(address(server), expected=b"other")
        with pytest.raises(SnnConvertError, match=r"mr/all has the checksum .* expected") as error:
            download("mr", tmp_path, wrong, progress=False)
        assert "\n" not in str(error.value)
        assert not list(tmp_path.rglob("*.tsv"))
        assert not list(tmp_path.rglob("raw.all*"))  # the next run fetches it anew
        download("mr", tmp_path, sources(address(server)), progress=False)
    assert len(server.asked) == 2


def test_a_folder_with_other_content_is_left_alone(tmp_path):
    (tmp_path / "mr").mkdir()
    (tmp_path / "mr" / "all.tsv").write_bytes(b"0\tmine\n")
    with pytest.raises(InputError, match="is there already, but its all rows"):
        download("mr", tmp_path, sources("http://127.0.0.1:1/raw.all"), progress=False)
    assert (tmp_path / "mr" / "all.tsv").read_bytes() == b"0\tmine\n"


def test_several_files_appear_together(tmp_path):
    with serving({"/a": b"1 a\n0 b\n", "/b": b"1 c\n"}) as server:
        originals = tuple(
            Original((address(server, path),), "spaced", (split,))
            for path, split in (("/a", "train"), ("/b", "test"))
        )
        sums = {"train": sha256(b"1\ta\n0\tb\n"), "test": sha256(b"1\tx\n")}
        with pytest.raises(SnnConvertError, match="test has the checksum"):
            download("mr", tmp_path, {"mr": Source("", originals, sums)}, progress=False)
        assert not (tmp_path / "mr").exists()
        sums["test"] = sha256(b"1\tc\n")
        folder = download("mr", tmp_path, {"mr": Source("", originals, sums)}, progress=False)
    assert {p.name for p in folder.iterdir()} == {"train.tsv", "test.tsv"}
    assert [path for path, _ in server.asked] == ["/a", "/b", "/b"]  # the good file was kept


def test_unknown_and_builtin_names(tmp_path):
    with pytest.raises(InputError, match="did you mean waimai"):
        download("waimaii", tmp_path)
    assert (download("builtin-en", tmp_path) / "en.tsv").is_file()


def test_spaced(tmp_path):
    path = tmp_path / "raw"
    path.write_bytes(b"1 a b \r\n0  leading\n")
    assert convert("spaced", path) == [b"1\ta b \n0\t leading\n"]
    path.write_bytes(b"1 caf\xe9\n")
    assert convert("spaced", path) == ["1\tcafé\n".encode()]


def test_comma_separated(tmp_path):
    path = tmp_path / "raw.csv"
    path.write_text('label,review\n1,"好,""很""好"\n0,差\n', encoding="utf-8")
    assert FORMATS["csv"](path) == ['1\t好,"很"好\n0\t差\n'.encode()]
    path.write_text("<html>")
    with pytest.raises(SnnConvertError, match=r"raw.csv is not the file that was expected"):
        convert("csv", path)


def test_parquet(tmp_path):
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet as writer

    path = tmp_path / "raw.parquet"
    writer.write_table(arrow.table({"text": ["i feel", "好"], "label": [3, 0]}), path)
    assert FORMATS["parquet"](path) == ["3\ti feel\n0\t好\n".encode()]
    path.write_bytes(b"<html>")
    with pytest.raises(SnnConvertError, match="not the file that was expected"):
        convert("parquet", path)


def test_parquet_without_pyarrow(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(InputError, match=r"needs pyarrow: .*pip install .*datasets"):
        convert("parquet", tmp_path / "raw.parquet")


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as out:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            out.addfile(info, io.BytesIO(data))
    return path


def test_imdb_archive(tmp_path):
    path = archive(
        tmp_path / "aclImdb.tar.gz",
        {
            "aclImdb/train/pos/10_8.txt": b"ten",
            "aclImdb/train/pos/9_10.txt": b" nine\n twice\t.  ",
            "aclImdb/train/neg/0_3.txt": "schön\u0085".encode(),
            "aclImdb/train/unsup/0_0.txt": b"no label",
            "aclImdb/../../evil/neg/0_1.txt": b"elsewhere",
            "aclImdb/test/neg/0_2.txt": b"bad",
        },
    )
    train, test = FORMATS["imdb"](path)
    assert train.decode() == "0\tschön\u0085\n1\tnine twice .\n1\tten\n"
    assert test == b"0\tbad\n"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(SnnConvertError, match="not the file that was expected"):
        convert("imdb", path)


def test_checksum_of_unordered_rows():
    assert checksum(b"b\na\n", ordered=False) == checksum(b"a\nb\n") == sha256(b"a\nb\n")
    assert checksum(b"b\na\n") != checksum(b"a\nb\n")


def test_every_named_set_has_a_source_for_each_file():
    for name, named in NAMED.items():
        source = named.source
        if source is None:  # which says where its rows are to be put
            assert set(named.files) == set(named.sizes), name
            continue
        assert {o.format for o in source.originals} <= set(FORMATS)
        splits = [split for original in source.originals for split in original.splits]
        assert set(splits) == set(source.checksums) == set(NAMED[name].sizes)
        assert len(splits) == len(set(splits))
        assert all(url.startswith("https://") for o in source.originals for url in o.urls)


def test_list(tmp_path, monkeypatch):
    monkeypatch.delenv("SNNCONVERT_DATA", raising=False)
    (tmp_path / "mr").mkdir()
    (tmp_path / "mr" / "all.tsv").write_bytes(TSV)
    (tmp_path / "sst2").mkdir()
    records = {record["name"]: record for record in list_datasets(tmp_path)}
    assert set(records["mr"]) == {
        "name", "language", "classes", "sizes", "present", "path", "source",
    }  # fmt: skip
    assert records["mr"]["sizes"] == {"all": 9000}
    assert records["mr"]["present"] is True
    assert records["mr"]["path"] == str(tmp_path / "mr")
    assert records["sst2"]["sizes"] is None
    assert records["sst2"]["present"] is False
    assert records["builtin-zh"]["present"] is True
    assert "Tan Songbo" in records["chnsenti"]["source"]
    assert [r["path"] for r in list_datasets() if r["name"] == "mr"] == [None]


@pytest.mark.data
@pytest.mark.parametrize("name", [name for name in NAMED if NAMED[name].source])
def test_checksums_are_those_of_the_real_data(shared, name):
    assert download(name, shared / "data", progress=False) == shared / "data" / name


def test_a_set_that_cannot_be_fetched(tmp_path):
    with pytest.raises(InputError, match=r"rte cannot .*: write its rows .* into glue/rte of the"):
        download("rte", tmp_path)


@pytest.mark.data
def test_real_sizes_are_those_of_the_registry(shared):
    for record in list_datasets(shared / "data"):
        if record["name"] in NAMED:
            assert record["sizes"] == NAMED[record["name"]].sizes
