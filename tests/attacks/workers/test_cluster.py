"""Attacks whose workers, nodes and drivers are killed: the records are those of one process."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from snnconvert.attacks.records import partial_records, read_records
from snnconvert.pipelines.cli import main
from snnconvert.tests.attacks.workers.driver import examples
from snnconvert.tests.helpers.attacks import attack
from snnconvert.tests.helpers.ports import free_port
from snnconvert.tests.helpers.workers import KILLS, Deadly, noise, pids

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not importlib.util.find_spec("ray"), reason="Ray is not installed"),
]
TEXTS = 40
WAIT = 0.05  # seconds a query, so that there is time to kill


@pytest.fixture(scope="module")
def expected(textattack, tmp_path_factory):
    """The records of one process, by index."""
    folder = tmp_path_factory.mktemp("one")
    return by_index(attack(folder, examples(TEXTS), classifier=Deadly(folder)))


def by_index(records):
    return {record.index: record for record in records}


@pytest.fixture
def environment():
    """For processes of their own, with a token for Ray, and no trace at home."""
    folder = Path(tempfile.mkdtemp(prefix="snnt", dir="/tmp"))  # short, for Ray's sockets
    (folder / "token").write_text("7" * 64)
    ray = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(folder / "token")}
    here = {"TMPDIR": str(folder)}
    yield os.environ | ray | here | {"RAY_USAGE_STATS_ENABLED": "0", "OMP_NUM_THREADS": "1"}
    shutil.rmtree(folder, ignore_errors=True)


def drive(folder, environment, **job):
    """Start a driver in a process group of its own, as a terminal does."""
    job = {"folder": str(folder), "out": str(folder / "r.jsonl"), "texts": TEXTS} | job
    command = [sys.executable, str(Path(__file__).parent / "driver.py"), json.dumps(job)]
    log = open(folder / "log", "ab")  # noqa: SIM115
    with log:
        return subprocess.Popen(
            command, env=environment, stdout=log, stderr=log, start_new_session=True
        )


def done(folder):
    out = folder / "r.jsonl"
    return out.read_bytes().count(b"\n") - 1 if out.exists() else 0


def wait_for(what, process, seconds=300.0):
    end = time.monotonic() + seconds
    while not what():
        assert process.poll() is None, "the process has ended"
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def gone(those, seconds=30.0):
    """Whether processes end, as they do a moment after what they were for."""
    end = time.monotonic() + seconds
    while any(map(alive, those)) and time.monotonic() < end:
        time.sleep(0.05)
    return not any(map(alive, those))


def alive(pid):
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" not in status.read_text()


def family(pid):
    """All processes that come of ``pid``, by id, with their names."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, rest = status.read_text().split("(", 1)[1].rsplit(")", 1)
        except OSError:
            continue
        parents[int(status.parent.name)] = (int(rest.split()[1]), name)
    found, new = {}, {pid}
    while new:
        new = {p for p, (parent, _) in parents.items() if parent in new}
        found |= {p: parents[p][1] for p in new}
    return found


def test_a_worker_killed_twice(expected, environment, tmp_path):
    """One kill from outside, whatever text it is at, and one in the midst of a text."""
    driver = drive(tmp_path, environment, workers=2, wait=WAIT)
    wait_for(lambda: done(tmp_path) >= 4, driver)
    first = min(pids(tmp_path))
    os.kill(first, signal.SIGKILL)
    (tmp_path / f"{KILLS}29").touch()
    assert driver.wait(300) == 0
    assert by_index(read_records(tmp_path / "r.jsonl")[1]) == expected
    assert not (tmp_path / f"{KILLS}29").exists() and len(pids(tmp_path)) >= 3
    assert noise((tmp_path / "log").read_text()) == []


def test_interrupted_killed_torn_and_resumed(expected, environment, tmp_path):
    out = tmp_path / "r.jsonl"
    driver = drive(tmp_path, environment, workers=2, wait=WAIT)
    wait_for(lambda: done(tmp_path) >= 3, driver)
    processes = family(driver.pid)
    assert "raylet" in processes.values()
    os.killpg(driver.pid, signal.SIGINT)  # what Ctrl-C does: all of them get it
    assert driver.wait(200) == 130
    assert not [pid for pid in processes if alive(pid)]
    assert not list(Path(environment["TMPDIR"]).glob("snnray-*"))
    [(victim, preset, interrupted)] = partial_records(tmp_path)
    assert (victim, preset) == ("bag", "deepwordbug") and 3 <= len(interrupted) < TEXTS
    assert by_index(interrupted).items() <= expected.items()

    driver = drive(tmp_path, environment, workers=2, wait=WAIT)
    wait_for(lambda: done(tmp_path) >= len(interrupted) + 3, driver)
    processes = {pid: name for pid, name in family(driver.pid).items() if "ray::Ray" in name}
    driver.kill()
    driver.wait()
    end = time.monotonic() + 120
    while any(map(alive, processes)):
        assert time.monotonic() < end, "workers outlive their driver"
        time.sleep(0.1)
    killed = read_records(out)[1]
    assert killed[: len(interrupted)] == interrupted and len(killed) < TEXTS

    whole = out.read_bytes()
    out.write_bytes(whole[: len(whole) - 40])  # the last line torn
    assert drive(tmp_path, environment, workers=2).wait(300) == 0
    assert by_index(read_records(out)[1]) == expected
    assert out.read_bytes().startswith(whole[: whole[:-1].rindex(b"\n") + 1])
    assert noise((tmp_path / "log").read_text()) == []


def start_node(environment, *options):
    """A node of a cluster in the foreground: its process, once it says that it runs."""
    program = [sys.executable, "-c", "from ray.scripts.scripts import main; main()", "start"]
    log = Path(environment["TMPDIR"]) / f"node-{time.monotonic_ns()}"
    for _ in range(3):  # on a busy machine a node may give up waiting for its own start
        with open(log, "wb") as handle:
            node = subprocess.Popen(
                [*program, "--num-cpus", "1", "--block", *options],
                env=environment,
                stdout=handle,
                stderr=handle,
                start_new_session=True,
            )
        while node.poll() is None and "will now block forever" not in log.read_text():
            time.sleep(0.2)
        if node.poll() is None:
            return node
    raise AssertionError(log.read_text())


def test_a_cluster_of_three_nodes_of_which_one_is_killed(expected, environment, tmp_path):
    port = free_port()
    nodes = []
    try:
        folder = ["--temp-dir", environment["TMPDIR"], "--include-dashboard", "false"]
        nodes.append(start_node(environment, "--head", "--port", str(port), *folder))
        nodes += [start_node(environment, "--address", f"127.0.0.1:{port}") for _ in range(2)]
        driver = drive(tmp_path, environment, ray=f"127.0.0.1:{port}", wait=WAIT)
        wait_for(lambda: len(pids(tmp_path)) == 3 and done(tmp_path) >= 6, driver)
        (raylet,) = (pid for pid, name in family(nodes[2].pid).items() if name == "raylet")
        on_it = [pid for pid in pids(tmp_path) if pid in family(raylet)]
        assert on_it
        os.kill(raylet, signal.SIGKILL)
        assert driver.wait(400) == 0
        assert gone(on_it)
        assert by_index(read_records(tmp_path / "r.jsonl")[1]) == expected
        assert noise((tmp_path / "log").read_text()) == []
        left = [pid for node in nodes[:2] for pid, name in family(node.pid).items()]
        assert gone([pid for pid in pids(tmp_path) if pid in left])
    finally:
        for node in nodes:
            for pid in [node.pid, *family(node.pid)]:
                if alive(pid):
                    os.kill(pid, signal.SIGKILL)
            node.wait()


def test_the_command_with_one_process_and_with_two(tiny_run, tmp_path):
    """ANN, SNN and a Poisson SNN of a real run: the same records and the same figures."""
    words = ["--presets", "deepwordbug", "--examples", "8", "--query-budget", "60"]
    words += ["--victims", "ann,snn,snn@poisson:3", "--draws", "2", "--verify-draws", "5"]
    found = []
    for workers in ("1", "2"):
        run = tmp_path / workers
        shutil.copytree(tiny_run, run)
        assert main(["attack", str(run), *words, "--workers", workers]) == 0
        records = {
            (victim, preset): sorted(records, key=lambda r: r.index)
            for victim, preset, records in partial_records(run / "attack")
        }
        figures = json.loads((run / "results.json").read_text("utf-8"))["attack"]
        found.append((records, figures["rows"], figures["comparisons"]))
    assert len(found[0][0]) >= 3 and found[0] == found[1]
    before = {p: p.read_bytes() for p in (tmp_path / "2" / "attack").iterdir()}
    assert main(["attack", str(tmp_path / "2"), *words, "--workers", "1"]) == 0  # done already
    assert {p: p.read_bytes() for p in before} == before
