"""Files that are almost right: what a kind of file is made of, with something in it changed."""

from __future__ import annotations

import copy
import json
import struct
from collections.abc import Callable
from random import Random
from typing import Any

import yaml

from snnconvert.tests.campaign.values import BOMB, BYTES, TOKENS, VALUES, YAML_TOKENS

Mutation = Callable[[bytes, Random], bytes]
_HOLE = "\N{BLACK SQUARE}hole"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's, ten times as fast
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def raw(data: bytes, random: Random) -> bytes:
    """Bytes changed, cut out, put in or repeated, wherever."""
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        at = random.randint(0, len(data))
        end = min(len(data), at + random.choice((1, 2, 8, 100, 5000)))
        kind = random.randint(0, 5)
        if kind == 0:
            data = data[:at]
        elif kind == 1:
            data = data[:at] + data[end:]
        elif kind == 2:
            data = data[:at] + random.choice(BYTES) + data[at:]
        elif kind == 3:
            data = data[:at] + data[at:end] * random.choice((2, 3, 50)) + data[end:]
        elif kind == 4:
            data = data[:at] + random.choice(BYTES) + data[end:]
        elif data:
            at = min(at, len(data) - 1)
            data = data[:at] + bytes([data[at] ^ (1 << random.randint(0, 7))]) + data[at + 1 :]
    return data


def lines(data: bytes, random: Random) -> bytes:
    """Lines left out, repeated, exchanged, joined, emptied, or with bytes in a cell."""
    parts = data.split(b"\n")
    for _ in range(random.choice((1, 1, 2, 5))):
        i, j = random.randint(0, len(parts) - 1), random.randint(0, len(parts) - 1)
        kind = random.randint(0, 6)
        if kind == 0 and len(parts) > 1:
            del parts[i]
        elif kind == 1:
            parts.insert(i, parts[j])
        elif kind == 2:
            parts[i], parts[j] = parts[j], parts[i]
        elif kind == 3:
            parts[i] = b""
        elif kind == 4:
            parts[i] += parts[j]
        elif kind == 5:
            parts[i] = raw(parts[i], random)
        else:
            parts = parts[: i + 1]
        parts = parts or [b""]
    return b"\n".join(parts)


def json_tree(data: bytes, random: Random) -> bytes:
    """One or more values of a JSON text replaced, left out, moved or named otherwise."""
    if random.random() < 0.1:
        return raw(data, random)
    tree, token = _changed(json.loads(data), random, TOKENS)
    text = json.dumps(tree, ensure_ascii=random.random() < 0.5)
    return _filled(text, json.dumps(_HOLE), json.dumps(_HOLE, ensure_ascii=False), token)


def json_lines(data: bytes, random: Random) -> bytes:
    """One line of JSON Lines changed as `json_tree` does, or its lines."""
    parts = data.split(b"\n")
    i = random.randint(0, len(parts) - 1)
    if random.random() < 0.3 or not parts[i].startswith((b"{", b"[")):
        return lines(data, random)
    parts[i] = json_tree(parts[i], random)
    return b"\n".join(parts)


def yaml_tree(data: bytes, random: Random) -> bytes:
    """The same of YAML; and what only YAML has: tags, dates, aliases."""
    kind = random.random()
    if kind < 0.1:
        return raw(data, random)
    if kind < 0.12:
        return data + BOMB.encode()
    tree, token = _changed(yaml.load(data, _LOADER), random, YAML_TOKENS)
    try:
        text = yaml.dump(tree, None, _DUMPER, sort_keys=False, allow_unicode=True, width=10**9)
    except (yaml.YAMLError, ValueError, UnicodeError):
        return raw(data, random)
    return _filled(text, _HOLE, f'"{_HOLE}"', token)


def safetensors(data: bytes, random: Random) -> bytes:
    """The header's JSON changed, its length, or the bytes behind it."""
    size = int.from_bytes(data[:8], "little")
    header, rest = data[8 : 8 + size], data[8 + size :]
    kind = random.random()
    if kind < 0.15:
        return raw(data, random)
    if kind < 0.25:
        return struct.pack("<Q", random.choice((0, 1, size - 1, size + 8, 2**31, 2**63))) + data[8:]
    if kind < 0.35:
        return data[: 8 + size] + raw(rest, random)
    changed = json_tree(header.rstrip(b" "), random)
    return struct.pack("<Q", len(changed)) + changed + rest


def _filled(text: str, *holes_and_token: str | None) -> bytes:
    *holes, token = holes_and_token
    if token is not None:
        for hole in holes:
            text = text.replace(str(hole), token)
    return text.encode("utf-8", "surrogatepass")


def _changed(tree: Any, random: Random, tokens: tuple[str, ...]) -> tuple[Any, str | None]:
    """A copy of a tree with changes, and what shall stand as text in the place of its hole."""
    tree, token = copy.deepcopy(tree), None
    for _ in range(random.choice((1, 1, 1, 1, 2, 3))):
        places = _places(tree)
        if not places:
            return random.choice(VALUES), token
        # of long lists few: all kinds of places get their turn
        holder, key = random.choice(places)
        kind = random.randint(0, 7)
        if kind <= 2:
            holder[key] = copy.deepcopy(random.choice(VALUES))
        elif kind == 3:
            holder[key], token = _HOLE, random.choice(tokens)
        elif kind == 4:
            del holder[key]
        elif kind == 5 and isinstance(holder, list):
            holder.extend(copy.deepcopy([holder[key]] * random.choice((1, 2, 50))))
        elif kind == 6:
            other, name = random.choice(places)
            if name in other if isinstance(other, dict) else name < len(other):
                holder[key] = copy.deepcopy(other[name])
        elif isinstance(holder, dict):
            name = random.choice(VALUES)
            holder[name if isinstance(name, str) else str(name)[:50]] = holder.pop(key)
        else:
            holder.reverse()
    return tree, token


def _places(tree: Any) -> list[tuple[Any, Any]]:
    """Every value below the top as its holder and its key; of long lists the first and the last."""
    found: list[tuple[Any, Any]] = []
    waiting = [tree]
    while waiting:
        holder = waiting.pop()
        if isinstance(holder, dict):
            keys: list[Any] = list(holder)
        elif isinstance(holder, list):
            keys = [*range(min(len(holder), 3)), *([len(holder) - 1] if len(holder) > 3 else [])]
        else:
            continue
        for key in keys:
            found.append((holder, key))
            waiting.append(holder[key])
    return found
