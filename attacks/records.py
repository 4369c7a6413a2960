"""The records of an attack, and the file they are in: one line of JSON per text, never torn.

The first line says which configuration the file belongs to. Every further line is the record of
one text, synced to disk as the text ends, so a killed run loses at most the text in flight.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Annotated, Any, BinaryIO

from ..checked_json import Value
from ..convert.recipes.old_names import by_names_of_today
from ..errors import InputError, SnnConvertError, ran_out
from ..files import disk, make_folder, open_regular, read_bytes, sha256
from ..files.json_text import loads
from ..typed_json import Bounds, Count, from_json

FORMAT = "snnconvert-attack-records"
VERSION = 2
_MOST = 2 << 30  # bytes of a file
# a class by its number; a probability, which rounding may leave above 1; and how many of anything
Class = Annotated[int, Bounds(0, 100_000)]
Chance = Annotated[float, Bounds(-1e-3, 1 + 1e-3)]
Many = Annotated[int, Bounds(0, 1_000_000_000)]


@dataclass(frozen=True)
class Record:
    """What became of one text.

    Attributes:
        index: its row in the split it was drawn from.
        label: its true class, as a number.
        text: as it was before the attack.
        clean_prediction: class predicted before the attack (None after an error).
        clean_probability: the probability of that class.
        status: "success", "failed", "skipped" (wrong before the attack), or "error".
        adversarial_text: the text that changed the prediction, only for "success".
        adversarial_prediction: its predicted class.
        words: words that the attack saw (without punctuation).
        words_changed: how many of them the adversarial text changed.
        queries: texts shown to the victim, the clean one and repeated ones included.
        changed_words: pairs [old, new], in the order of the text.
        error: one line about what went wrong, only for "error".
        verify_draws: fresh, independent noise draws that the adversarial text was shown with; 1 for
            a victim without noise, 0 where there is no adversarial text.
        wrong_draws: how many of them gave another class than ``label``.
    """

    index: Count
    label: Class
    text: str
    clean_prediction: Class | None
    clean_probability: Chance | None
    status: str
    adversarial_text: str | None
    adversarial_prediction: Class | None
    words: Many
    words_changed: Many
    queries: Many
    changed_words: list[Annotated[list[str], Bounds(2, 2)]]
    error: str | None = None
    verify_draws: Many = 0
    wrong_draws: Many = 0

    def check(self, value: Value) -> None:
        """Refuse a status that there is not, and a success without its text."""
        if self.status not in _STATUSES:
            raise value["status"].wrong(f"one of {', '.join(_STATUSES)}")
        success = self.status == "success"
        if success and None in (self.adversarial_text, self.adversarial_prediction):
            raise value["adversarial_text"].wrong("the text of a success, and its class")
        if self.wrong_draws > self.verify_draws:
            raise value["wrong_draws"].wrong("no more draws than there were")

    @property
    def failed_outside(self) -> str:
        """What the machine ran out of while the text was attacked; nothing where it did not.

        Such a record says nothing of the text, which is attacked again.
        """
        return ran_out(self.error) if self.status == "error" else ""

    @property
    def verified(self) -> bool:
        """Whether most fresh draws of its adversarial text are wrong, in one class or several."""
        return self.status == "success" and 2 * self.wrong_draws > self.verify_draws


_NAMES = {field.name for field in fields(Record)}
_STATUSES = ("success", "failed", "skipped", "error")


def header_of(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """The first line for ``configuration``, which must be JSON; its hash tells files apart."""
    plain = json.loads(json.dumps(configuration, allow_nan=False))
    text = json.dumps(plain, sort_keys=True)
    return {
        "format": FORMAT,
        "version": VERSION,
        "hash": sha256(text.encode("utf-8")),
        "configuration": plain,
    }


def read_records(path: Path | str) -> tuple[dict[str, Any], list[Record]]:
    """Header and records of a file; a torn last line is left out.

    Raises:
        InputError: missing, unreadable, of another kind or version, or damaged within.
    """
    header, records, _ = _parse(Path(path), _read(Path(path)))
    return header, records


def partial_records(folder: Path | str) -> list[tuple[str, str, list[Record]]]:
    """What the attacks in ``folder`` have so far: victim, attack, records, a file at a time.

    For a look at work that was interrupted: files without a record, and any that are not files of
    records, are passed over. The order is that of the files' names.
    """
    attacks: list[tuple[str, str, list[Record]]] = []
    for path in sorted(Path(folder).glob("*.jsonl")):
        try:
            header, records = read_records(path)
        except InputError:
            continue
        of = header["configuration"]
        if records:
            attacks.append((str(of.get("victim")), str(of.get("preset")), records))
    return attacks


@contextmanager
def open_records(path: Path, header: Mapping[str, Any]) -> Iterator[tuple[list[Record], BinaryIO]]:
    """Open or make the file for ``header``, for this process alone, ready for further lines.

    Yields:
        The records that are there, and the file for `append`. A torn last line is cut off.

    Raises:
        InputError: the file belongs to another configuration, or is no file of records.
        SnnConvertError: it cannot be written, or another process is writing it.
    """
    first = _line(header)
    try:
        make_folder(path.parent)
        handle = open_regular(path, "attack records", os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise _unwritable(path, error) from error
    with handle:
        _lock(handle, path)
        data = handle.read()
        new = first.startswith(data)  # empty, or cut off while its first line was written
        stored, records, sound = (header, [], 0) if new else _parse(path, data)
        _check_configuration(path, stored, header)
        try:
            handle.truncate(sound)
            handle.seek(sound)
            if new:
                _write(handle, first, path)
        except OSError as error:
            raise _unwritable(path, error) from error
        yield records, handle


def _check_configuration(path: Path, stored: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Refuse a file whose header is of another configuration, and say what differs."""
    today = header_of(by_names_of_today(stored["configuration"]))
    if wanted["hash"] not in (stored["hash"], today["hash"]):
        what = ", ".join(_differences(stored["configuration"], wanted["configuration"]))
        raise InputError(
            f"{path} holds an attack of another configuration ({what}); choose another "
            "folder, or delete that file to start over"
        )


def append(handle: BinaryIO, path: Path, record: Record) -> None:
    """Write ``record`` and sync it; raises `SnnConvertError` where the disk is full."""
    try:
        _write(handle, _line(asdict(record)), path)
    except OSError as error:
        raise _unwritable(path, error) from error


def _write(handle: BinaryIO, line: bytes, path: Path) -> None:
    disk.put(handle, line, path)
    disk.sync(handle, path)


def _line(value: Mapping[str, Any]) -> bytes:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    try:
        return text.encode("utf-8") + b"\n"
    except UnicodeEncodeError:  # half of a surrogate pair: only an escape can hold it
        return json.dumps(value, allow_nan=False).encode("ascii") + b"\n"


def _read(path: Path) -> bytes:
    return read_bytes(path, "attack records", _MOST)


def _parse(path: Path, data: bytes) -> tuple[dict[str, Any], list[Record], int]:
    """Header, records, and the bytes up to the end of the last sound line."""
    lines = data.split(b"\n")[:-1]  # what follows the last line end is torn, or empty
    header = _header(path, lines[0] if lines else b"")
    sound = len(lines[0]) + 1
    records: list[Record] = []
    known: dict[int, int] = {}  # where the record of an index is
    for number, line in enumerate(lines[1:], start=2):
        record = _record(line)
        if record is None:
            if number == len(lines):
                break  # after a power failure the last line can be whole and yet rubbish
            raise InputError(
                f"line {number} of {path} is damaged; delete the file to attack these texts again"
            )
        replaced = known.get(record.index)
        if replaced is not None and records[replaced].failed_outside:
            records[replaced] = record  # it was attacked again
        else:
            known[record.index] = len(records)
            records.append(record)
        sound += len(line) + 1
    return header, records, sound


def _header(path: Path, line: bytes) -> dict[str, Any]:
    came = "something else"
    try:
        header = loads(line.decode("utf-8"))
        if header["format"] == FORMAT and header["version"] == VERSION:
            if isinstance(header["configuration"], dict) and isinstance(header["hash"], str):
                return {"hash": header["hash"], "configuration": header["configuration"]}
        else:
            came = f"{header['format']} version {header['version']}"[:80]
    except (ValueError, KeyError, TypeError):
        pass
    raise InputError(
        f"expected {FORMAT} version {VERSION} in {path}, but it is {came}; choose another folder, "
        "or move that file away"
    )


def _record(line: bytes) -> Record | None:
    try:
        value = loads(line.decode("utf-8"), halves=True)
        if not isinstance(value, dict) or set(value) != _NAMES:
            return None
        return from_json(Record, Value(value, "", ""))
    except (ValueError, InputError):
        return None


def _differences(
    stored: Mapping[str, Any], wanted: Mapping[str, Any], prefix: str = ""
) -> list[str]:
    """``name: value there, value now`` for everything that differs, nested mappings opened."""
    result: list[str] = []
    for name in sorted({*stored, *wanted}):
        there, now = stored.get(name), wanted.get(name)
        if isinstance(there, dict) and isinstance(now, dict):
            result += _differences(there, now, f"{prefix}{name}.")
        elif there != now:
            result.append(f"{prefix}{name}: {_short(there)} there, {_short(now)} now")
    return result


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _lock(handle: BinaryIO, path: Path) -> None:
    """Keep a second run off the file; the lock goes with the process, however that ends."""
    if sys.platform == "win32":
        return
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SnnConvertError(
            f"another process is writing {path}; wait for it to end, or choose another folder"
        ) from None
    except OSError:
        return  # a file system without locks


def _unwritable(path: Path, error: OSError) -> SnnConvertError:
    return SnnConvertError(
        f"could not write {path}: {error.strerror or error}; free some space or choose a folder "
        "you can write to (what is in the file stays good: run again to go on)"
    )


def records_path(folder: Path, victim: str, attack: str) -> Path:
    """The file of a victim's records under an attack."""
    stem = Path(attack).stem if attack.endswith(".py") else attack
    name = f"{victim}.{stem}.jsonl"
    return folder / re.sub(r"[:/\\]", "-", name)


def check_apart(attacks: Iterable[str]) -> None:
    """Refuse attacks whose records would share a file, before any of them is begun.

    Raises:
        InputError: two Python files of one name in different folders, or one that is called as an
            attack of the package is.
    """
    known: dict[str, str] = {}
    for attack in attacks:
        file = records_path(Path(), "VICTIM", attack).name
        other = known.setdefault(file, attack)
        if other != attack:
            raise InputError(
                f"expected attacks with records of their own, but those of {other} and {attack} "
                f"would both be in {file}: rename one, or name the same file in the same way"
            )
