"""Attacks by workers on Ray: who attacks a text, and who dies meanwhile, makes no difference."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from snnconvert.attacks.job import Example, Job, data_digest, library_versions
from snnconvert.attacks.presets import PRESETS
from snnconvert.attacks.records import read_records
from snnconvert.attacks.runs import run_attack
from snnconvert.attacks.workers import ray_pool
from snnconvert.attacks.workers import ray_session as sessions
from snnconvert.attacks.workers.pool import AttackPool, OneProcess
from snnconvert.attacks.workers.ray_pool import TRIES, RayPool
from snnconvert.attacks.workers.ray_session import ray_session
from snnconvert.attacks.workers.ray_worker import RayWorker, surroundings
from snnconvert.attacks.workers.start import attack_pool
from snnconvert.errors import InputError, SnnConvertError
from snnconvert.installation import install_hint
from snnconvert.tests.helpers.attacks import EXAMPLES, attack
from snnconvert.tests.helpers.workers import Deadly, Quick, load_deadly, noise, pids

needs_ray = pytest.mark.skipif(not importlib.util.find_spec("ray"), reason="Ray is not installed")
JOB = Job("ann", "deepwordbug", 0, 50, 5)
MANY = [Example(i, f"{EXAMPLES[i % 6].text} {i}", EXAMPLES[i % 6].label) for i in range(18)]


@pytest.fixture(scope="module")
def local_ray():
    """A Ray of two CPUs for this file, started as `attack_pool` does it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", tempfile.gettempdir() + "/" + "long" * 20)
        patch.setattr(tempfile, "tempdir", None)
        with ray_session(2, None) as workers:
            yield workers


def listening() -> set[tuple[str, str]]:
    """Address and port, in hexadecimal, of every server of this machine."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text("ascii").splitlines()[1:]:
            cells = line.split()
            if cells[3] == "0A":
                address, port = cells[1].split(":")
                found.add((address, port))
    return found


LOOPBACKS = {"0100007F", "0000000000000000FFFF00000100007F", "0" * 24 + "01000000"}


@needs_ray
@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs /proc")
def test_a_ray_of_ours_is_closed_to_others_and_leaves_nothing(tmp_path):
    """In a process of its own: it listens on loopback alone, wants its token, and is gone after."""
    code = (
        "import os, pathlib\n"
        "from snnconvert.attacks.workers.ray_session import ray_session\n"
        "from snnconvert.tests.attacks.workers.test_workers import listening, LOOPBACKS\n"
        "before = listening()\n"
        "with ray_session(1, None):\n"
        "    import ray\n"
        "    mode = ray.get(ray.remote(lambda: os.environ['RAY_AUTH_MODE']).remote())\n"
        "    new = listening() - before\n"
        "assert mode == 'token' and len(new) >= 4, (mode, new)\n"
        "assert {address for address, _ in new} <= LOOPBACKS, new\n"
        "assert not listening() & new, listening() & new\n"
        "assert not (pathlib.Path.home() / '.ray').exists()\n"
    )
    environment = os.environ | {"HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture
def quick(local_ray, tmp_path):
    pool = RayPool(Quick, [tmp_path], local_ray)
    yield pool
    pool.close()


def by_index(records):
    return {record.index: record for record in records}


def test_one_process_needs_no_ray(monkeypatch, tmp_path):
    found = importlib.util.find_spec
    hide = lambda name, *rest: None if name == "ray" else found(name, *rest)  # noqa: E731
    monkeypatch.setattr(importlib.util, "find_spec", hide)
    for workers in (0, 1):
        with attack_pool(partial(load_deadly, tmp_path, 0.0), workers) as pool:
            assert isinstance(pool, OneProcess)
    for arguments in ((2, None), (0, "auto"), (1, "auto")):
        with pytest.raises(InputError, match=re.escape(install_hint("ray"))):
            with attack_pool(partial(load_deadly, tmp_path, 0.0), *arguments):
                pass
    with pytest.raises(InputError, match="at least 0, got -1"):
        with attack_pool(partial(load_deadly, tmp_path, 0.0), -1):
            pass


def test_one_process_keeps_few_victims(textattack, tmp_path):
    loaded = []

    def load(victim):
        loaded.append(victim)
        return Deadly(tmp_path)

    with attack_pool(load) as pool:
        for victim in "aabab":
            jobs = Job(victim, "deepwordbug", 0, 50, 5)
            assert len(list(pool.records(jobs, EXAMPLES[:1]))) == 1
        assert loaded == ["a", "b"]
        for victim in "cda":
            list(pool.records(Job(victim, "deepwordbug", 0, 50, 5), EXAMPLES[:1]))
        assert loaded == ["a", "b", "c", "d", "a"]


@needs_ray
def test_every_text_once_and_workers_live_on(quick):
    first = list(quick.records(JOB, MANY))
    assert sorted(r.index for r in first) == list(range(18))
    second = list(quick.records(Job("ann", "pwws", 0, 50, 5), MANY))
    assert {r.error.split()[0] for r in second} == {"pwws"}
    used = {r.error.split()[1] for r in first + second}
    assert len(used) == 2  # both, and the same two
    assert max(int(r.error.split()[2]) for r in first + second) > 3
    assert list(quick.records(JOB, [])) == []


@needs_ray
def test_a_dead_worker_is_replaced_and_its_text_done_again(quick, tmp_path):
    for name in ("3-a", "7-a"):
        (tmp_path / name).touch()
    found = list(quick.records(JOB, MANY))
    assert sorted(r.index for r in found) == list(range(18))
    assert all(r.error.startswith("deepwordbug") for r in found)
    assert list(tmp_path.iterdir()) == []  # both died


@needs_ray
def test_a_text_that_kills_is_given_up(quick, tmp_path):
    for name in "abcd":
        (tmp_path / f"5-{name}").touch()
    found = by_index(quick.records(JOB, MANY))
    assert len(found) == 18 and len(list(tmp_path.iterdir())) == 4 - TRIES
    assert found[5].status == "error"
    assert found[5].error.startswith("3 workers died: ") and "\n" not in found[5].error
    assert found[5].text == MANY[5].text
    assert all(r.error.startswith("deepwordbug") for r in found.values() if r.index != 5)


@needs_ray
def test_what_no_worker_can_do_is_an_error(quick):
    with pytest.raises(InputError, match="^no such victim$"):
        list(quick.records(Job("missing", "pwws", 0, 50, 5), MANY))
    assert len(list(quick.records(JOB, MANY))) == 18  # and the pool is still good


@needs_ray
def test_who_stops_asking_can_ask_again(quick):
    some = quick.records(JOB, MANY)
    next(some)
    some.close()
    assert len(list(quick.records(JOB, MANY))) == 18


@needs_ray
def test_workers_that_die_at_once_end_the_run(local_ray, tmp_path, monkeypatch):
    monkeypatch.setattr(ray_pool, "SPARE_STARTS", 0)
    (tmp_path / "stillborn").touch()
    pool = RayPool(Quick, [tmp_path], local_ray)
    with pytest.raises(SnnConvertError, match="3 workers died without a record"):
        list(pool.records(JOB, MANY))
    pool.close()


@needs_ray
@pytest.mark.long
def test_two_workers_give_the_records_of_one_process(textattack, local_ray, tmp_path, capfd):
    expected = attack(tmp_path / "one", MANY, classifier=Deadly(tmp_path))
    odd = [Example(i, t, 1) for i, t in enumerate(["", "a\x00b\ud83d", "word good " * 5000])]
    alone = attack(tmp_path / "odd", odd, classifier=Deadly(tmp_path), query_budget=30)
    capfd.readouterr()
    with attack_pool(partial(load_deadly, tmp_path, 0.01), 2) as pool:
        assert isinstance(pool, AttackPool) and pool.workers == 2
        assert attack(tmp_path / "two", MANY, classifier=pool) == expected
        assert len(pids(tmp_path) - {os.getpid()}) == 2
        options = {"query_budget": 30, "progress": False}
        assert attack(tmp_path / "odd-two", odd, classifier=pool, query_budget=30) == alone
        with pytest.raises(SnnConvertError, match="^FileNotFoundError: no model missing$"):
            run_attack(pool, EXAMPLES, "deepwordbug", "missing", tmp_path / "m.jsonl", **options)
        with pytest.raises(InputError, match="the attack zh-homophone is for texts in 'zh'"):
            run_attack(pool, EXAMPLES, "zh-homophone", "bag", tmp_path / "z.jsonl", **options)
    header, stored = read_records(tmp_path / "two" / "r.jsonl")
    assert by_index(stored) == by_index(expected)
    assert header == read_records(tmp_path / "one" / "r.jsonl")[0]
    printed, said = capfd.readouterr()
    assert printed == "" and noise(said) == []


@needs_ray
def test_a_worker_gets_the_attacks_that_were_added(textattack, local_ray, tmp_path):
    from ray import cloudpickle

    pruthi = replace(PRESETS["pruthi"], name="mine", needs=())
    PRESETS.add("mine", pruthi)
    try:
        options = {"query_budget": 50, "verify_draws": 5}
        expected = attack(tmp_path, EXAMPLES[:2], "mine", Deadly(tmp_path), **options)
        job = Job("bag", "mine", 0, 50, 5, data_digest("mine"), library_versions())
        needed = cloudpickle.dumps((partial(load_deadly, tmp_path, 0.0), PRESETS.added()))
        PRESETS.remove("mine")  # as in a process of its own
        worker = RayWorker(needed, surroundings())
        found = [worker.attack(job, example) for example in EXAMPLES[:2]]
    finally:
        PRESETS.remove("mine")
    assert found == expected and {r.error for r in found} == {None}


@needs_ray
@pytest.mark.parametrize(
    "address", ["127.0.0.1:1", "ray://127.0.0.1:1", "nonsense", "x:y", "a:99999"]
)
def test_no_cluster_is_one_line(address, local_ray, monkeypatch):
    import ray

    def refused(*_, **__):
        raise ValueError("no such\naddress")

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", refused)
    monkeypatch.setattr(ray, "shutdown", lambda: None)
    says = f"expected a Ray cluster at {address!r}, but cannot connect to it: "
    with pytest.raises(InputError, match=re.escape(says)) as caught:
        with attack_pool(load_deadly, 0, address):
            pass
    assert "\n" not in str(caught.value) and "ray start --head" in str(caught.value)


def test_a_short_folder_is_found_and_leftovers_go(monkeypatch, tmp_path):
    place = Path(tempfile.mkdtemp(prefix="s", dir="/tmp"))
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(place))
    dead = place / f"snnray-{2**22 + 1}-x"
    alive = place / f"snnray-{os.getpid()}-x"
    for folder in (dead, alive):
        folder.mkdir()
    made = sessions._new_folder()
    assert made.parent == place and not dead.exists() and alive.exists()
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path / ("long" * 20)))
    other = sessions._new_folder()
    assert other.parent == Path("/tmp")
    for folder in (made, alive, place, other):
        folder.rmdir()
