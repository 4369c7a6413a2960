"""Files that are not UTF-8: what an error advises gives the texts back, or nothing is advised."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from snnconvert.errors import InputError
from snnconvert.text.datasets.dataset import load_dataset
from snnconvert.text.datasets.readers.options import FileOptions
from snnconvert.text.decoding.guess import CYRILLIC, EAST_ASIAN, WESTERN, guess_encoding

SIMPLIFIED = ["味道不错，下次还来", "等了很久才送到，太慢了", "服务态度很差", "店里干净，价格便宜"]
TRADITIONAL = [
    "服務很好環境乾淨",
    "等了很久才送到，太慢了",
    "老闆人很好，下次還會再來",
    "價格有點貴",
]
JAPANESE = ["この映画はとても面白かったです。", "料理が冷たくて残念でした。"]
KOREAN = ["음식이 정말 맛있어요", "배달이 너무 늦었습니다"]
ENGLISH = ["I don’t mind – really", "the café was “fine”", "a naïve film", "it cost £5…"]
FRENCH = ["Le café était très bon, l’été", "Ça m’a déçu – hélas", "réalisé à la hâte"]
GERMAN = ["Der Film war schön", "Größe passt", "überteuert"]
FEW = ["the lamp was grim 差", "the room was nice 好"]
RUSSIAN = ["Фильм очень понравился", "Еда была холодной", "Никакого вкуса, «плохо»"]
CZECH = ["Jídlo bylo vynikající", "Polévka byla studená, čekali jsme", "Naprosto úžasné, šťastný"]
POLISH = ["Jedzenie było pyszne", "Świetne miejsce, czekaliśmy godzinę", "źle, za słone mięso"]
HUNGARIAN = ["Gyönyörű este volt", "A pincér udvariatlan, őszintén", "túl sós hús"]
QUOTING = ["Kein Geschmack, „zu salzig“", "Ein „schöner“ Abend für 5 €"]
ONE = [f"a plain text of number {i}" for i in range(20)] + ["café noir"]

FILES = [
    (SIMPLIFIED, "gbk"), (SIMPLIFIED, "gb18030"), (SIMPLIFIED[:1], "gbk"), (FEW, "gbk"),
    (TRADITIONAL, "big5"), (FEW, "big5"), (JAPANESE, "cp932"), (JAPANESE, "euc_jp"),
    (KOREAN, "euc_kr"), (ENGLISH, "cp1252"), (FRENCH, "cp1252"), (GERMAN, "latin1"),
    (QUOTING, "cp1252"), (CZECH, "cp1250"), (CZECH, "iso8859_2"), (POLISH, "cp1250"),
    (POLISH, "iso8859_2"), (HUNGARIAN, "cp1250"), (HUNGARIAN[1:2], "cp1250"),
    (RUSSIAN, "cp1251"), (RUSSIAN[:2], "koi8_r"), (RUSSIAN[:2], "cp866"),
    (RUSSIAN[:2], "iso8859_5"), (RUSSIAN, "mac_cyrillic"), (JAPANESE, "iso2022_jp"),
    (ONE, "cp1252"), (ENGLISH[:3], "mac_roman"), (ONE, "cp850"), (["just text"], "utf-16-le"),
]  # fmt: skip


def content(texts: list[str], encoding: str) -> bytes:
    rows = "".join(f'{i % 2},"{texts[i % len(texts)]} {i}"\r\n' for i in range(40))
    return ("label,text\r\n" + rows).encode(encoding)


@pytest.mark.parametrize(("texts", "encoding"), FILES)
def test_the_advice_gives_the_texts_back(tmp_path: Path, texts: list[str], encoding: str) -> None:
    path = tmp_path / "my data.csv"
    path.write_bytes(content(texts, encoding))
    with pytest.raises(InputError) as error:
        load_dataset(str(path))
    message = str(error.value)
    name = re.search(r"add --encoding (\S+),", message)[1]
    expected = set(content(texts, "utf-8").decode().replace("\r", "").split("\n")[1:-1])
    dataset = load_dataset(str(path), options=FileOptions(encoding=name))
    rows = [
        f'{label},"{text}"'
        for split in (dataset.train, dataset.dev, dataset.test)
        for label, text in zip(split.labels, split.texts, strict=True)
    ]
    assert set(rows) == expected
    if shutil.which("iconv"):
        command = message.split("with: ")[1].replace("NEW", str(tmp_path / "new.csv"))
        subprocess.run(command, shell=True, check=True, cwd=tmp_path)
        assert load_dataset(str(tmp_path / "new.csv")).sha256 == dataset.sha256


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("Фильм очень понравился", "cp1251"), ("Еда была холодной", "koi8_r"), ("łódź", "cp1250")],
)
def test_no_advice_where_nothing_is_plausible(tmp_path: Path, text: str, encoding: str) -> None:
    data = content([text], encoding)
    guess = guess_encoding(data)
    assert guess is None or data.decode(guess) == data.decode(encoding)
    (tmp_path / "d.csv").write_bytes(data)
    with pytest.raises(InputError, match=r"\(lines 2, 3, 4, .*--encoding"):
        load_dataset(str(tmp_path / "d.csv"))


def test_chinese_in_seven_bits_is_no_ascii(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_bytes(content(SIMPLIFIED, "hz"))
    with pytest.raises(InputError, match="looks like HZ: add --encoding HZ$"):
        load_dataset(str(path))
    assert "味道不错" in str(
        load_dataset(str(path), options=FileOptions(encoding="HZ")).train.texts
    )


@pytest.mark.parametrize("texts", [SIMPLIFIED, ENGLISH])
def test_one_broken_byte_in_utf8(tmp_path: Path, texts: list[str]) -> None:
    data = content(texts, "utf-8").split(b"\r\n")
    data[17] = data[17][:3] + b"\xe9" + data[17][3:]
    path = tmp_path / "d.csv"
    path.write_bytes(b"\r\n".join(data))
    with pytest.raises(InputError) as error:
        load_dataset(str(path))
    message = str(error.value)
    assert "is UTF-8 but for 1 broken place in line 18 (byte 0xE9" in message
    assert "LATIN1" not in message and "CP1252" not in message
    if shutil.which("iconv"):
        command = message.split("with: ")[1].replace("NEW", str(tmp_path / "new.csv"))
        subprocess.run(command, shell=True, check=False, cwd=tmp_path)
        whole = load_dataset(str(tmp_path / "new.csv"))
        assert sum(len(whole.split(s)) for s in ("train", "dev", "test")) == 40


@pytest.mark.parametrize("byte", [b"\xff", b"\xe9", b"\xe4\xb8"])
@pytest.mark.parametrize("at", ["start", "label", "text", "end"])
def test_one_broken_byte_in_ascii_is_no_letter(tmp_path: Path, byte: bytes, at: str) -> None:
    data = "".join(f"{'negpos'[3 * (i % 2) :][:3]}\ta text of number {i}\n" for i in range(40))
    place = {"start": 0, "label": 1, "text": data.index("number 9") + 3, "end": len(data)}[at]
    path = tmp_path / "d.tsv"
    path.write_bytes(data[:place].encode() + byte + data[place:].encode())
    line = {"start": 1, "label": 1, "text": 10, "end": 41}[at]
    with pytest.raises(InputError, match=f"1 broken place in line {line} .*: mend that line, or"):
        load_dataset(str(path))


def test_every_advised_name_is_known_to_iconv_and_python() -> None:
    names = {**EAST_ASIAN, **WESTERN, **CYRILLIC}
    sample = "aé" if shutil.which("iconv") else ""
    for ours, advised in names.items():
        assert b"abc".decode(advised) == b"abc".decode(ours)
        if sample:
            done = subprocess.run(
                ["iconv", "-f", advised, "-t", "UTF-8"], input=b"abc", capture_output=True
            )
            assert done.stdout == b"abc", advised


def test_a_named_encoding(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_bytes(content(ENGLISH, "cp1252"))
    with pytest.raises(InputError, match="unknown encoding 'foo': expected a name as UTF-8"):
        load_dataset(str(path), options=FileOptions(encoding="foo"))
    with pytest.raises(InputError, match=r"expected the encoding ascii, .*line 2: byte 0x92"):
        load_dataset(str(path), options=FileOptions(encoding="ascii"))
    with pytest.raises(InputError, match="unknown encoding 'rot13'"):
        load_dataset(str(path), options=FileOptions(encoding="rot13"))
