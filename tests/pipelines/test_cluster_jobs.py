"""Jobs on a Ray cluster: a real one of this machine, what goes wrong there, and none at all."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from snnconvert.attacks.workers.ray_session import ray_session
from snnconvert.errors import InputError, SnnConvertError
from snnconvert.pipelines.rows.jobs import made
from snnconvert.tests.helpers.ports import free_port
from snnconvert.tests.helpers.rows import write

needs_ray = pytest.mark.skipif(not importlib.util.find_spec("ray"), reason="Ray is not installed")


@needs_ray
@pytest.mark.slow
def test_no_cluster_is_said(tmp_path: Path) -> None:
    """In a process of its own: what Ray is told first holds for all that comes later."""
    words = ["reproduce", "snn-bert", "--quick", "--out", str(tmp_path), "--ray", "127.0.0.1:1"]
    command = [sys.executable, "-m", "snnconvert", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    said = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 2
    assert "expected a Ray cluster at '127.0.0.1:1'" in said and "ray start --head" in said


@pytest.fixture
def with_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a Ray of this machine that lets only those in who have its token."""
    file = tmp_path / ".ray" / "auth_token"
    file.parent.mkdir()
    file.write_text("5e" * 32)
    monkeypatch.setenv("HOME", str(tmp_path))
    port = free_port()
    ray = [sys.executable, "-m", "ray.scripts.scripts"]
    folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")  # short, as the paths of its sockets
    words = ["--head", "--port", str(port), "--num-cpus", "1", "--node-ip-address", "127.0.0.1"]
    words += ["--include-dashboard", "false", "--temp-dir", folder, "--block"]
    with subprocess.Popen(
        [*ray, "start", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as head:
        yield f"127.0.0.1:{port}"
        head.terminate()
        head.wait(60)
    shutil.rmtree(folder, ignore_errors=True)


@needs_ray
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_cluster_that_asks_for_its_token(with_token: str, tmp_path: Path) -> None:
    """Processes of their own, as Ray reads once whether it shows a token."""
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\n"
        "from functools import partial\n"
        "from pathlib import Path\n"
        "from snnconvert.pipelines.rows.jobs import made\n"
        "from snnconvert.tests.helpers.rows import write\n"
        "print(list(made([(1,)], partial(write, Path(sys.argv[1])), 1, sys.argv[2])))\n"
    )
    command = [sys.executable, str(script), str(tmp_path), with_token]

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)

    for _ in range(20):  # until it is up
        done = run()
        if "Connection refused" not in done.stderr:
            break
        time.sleep(3)
    assert done.stdout == "[(1,)]\n", done.stderr
    (tmp_path / ".ray" / "auth_token").write_text("ab" * 32)
    done = run()
    said = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 1 and "it asks for its token: copy ~/.ray/auth_token" in said
    assert "gcs_client.cc" not in done.stderr


@pytest.fixture(scope="module")
def cluster():
    """The Ray that ``auto`` finds: one of this machine, two CPUs."""
    with ray_session(2, None):
        yield


@needs_ray
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("cluster")
class TestCluster:
    def test_jobs_are_made_by_other_processes_one_of_which_dies(self, tmp_path: Path) -> None:
        jobs = [(1, 2), (3,), (4,)]
        done = list(made(jobs, partial(write, tmp_path), 1, "auto"))
        assert sorted(done) == jobs and (tmp_path / "killed").exists()
        for number in (1, 2, 3, 4):
            process, threads = json.loads((tmp_path / str(number)).read_text())
            assert process != os.getpid() and threads == "1"

    @pytest.mark.parametrize(
        ("number", "kind", "message"),
        [
            (7, InputError, "node .*: expected another number, but got 7$"),
            (8, SnnConvertError, "node .*: ValueError: eight$"),
        ],
    )
    def test_what_goes_wrong_there_is_one_line_here(
        self, tmp_path: Path, number: int, kind: type[Exception], message: str
    ) -> None:
        with pytest.raises(kind, match=message):
            list(made([(1,), (number,)], partial(write, tmp_path), 1, "auto"))

    def test_nodes_of_other_versions_make_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("snnconvert.pipelines.rows.cluster.libraries", lambda: {"torch": "1"})
        with pytest.raises(InputError, match="expected the versions of the machine"):
            list(made([(1,)], partial(write, tmp_path), 1, "auto"))
        assert not list(tmp_path.iterdir())
