"""Which encoding a file that is not UTF-8 is in: only guessed where the decoded text is plausible.

Every candidate that decodes the whole file is scored by what its text looks like. East Asian ones
by how many of their characters are common ones of the language, Western ones by whether accents and
typographic marks stand where such characters stand. A guess needs a good score and no rival, since
the user will be told to convert the file by it: no guess is better than one that spoils the texts.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter

from .letters import cyrillic_score, latin_share

# Python's name for a codec -> the name that both iconv and Python know.
EAST_ASIAN = {
    "gb18030": "GB18030",
    "big5": "BIG5",
    "cp950": "CP950",
    "big5hkscs": "BIG5-HKSCS",
    "cp932": "CP932",
    "euc_jp": "EUC-JP",
    "cp949": "CP949",
}
WESTERN = {
    "cp1252": "CP1252",
    "mac_roman": "MACINTOSH",
    "cp850": "CP850",
    "cp1250": "CP1250",
    "iso8859_2": "ISO-8859-2",
    "cp1254": "CP1254",
}
CYRILLIC = {
    "cp1251": "CP1251",
    "koi8_r": "KOI8-R",
    "cp866": "CP866",
    "iso8859_5": "ISO-8859-5",
    "mac_cyrillic": "MAC-CYRILLIC",
}
_SIMPLIFIED = (
    "一是了不在有大中国和为这上他个地年来我会以到时要出的生学说道民家子也成行下们于后就发自之对得主长"
    "可过天作分方用多你着部能市等业全里工公经本都而高政法面门动日进区事代那去心小同北定开产前其军还然"
    "起种所如现理机体表力好外与文当两实重新三么只山水关明从化平建又制南内西没此将员名手最东头者月间无"
    "安看见各城十相但已些正口通想度加第她合院物性战由位常点海意场使次二向治因立数样身情入原问把路被并"
    "利石老教万知级量任江及应资委务元美特期世回系比气总展电科金先声提品设或义很处四首共马形己儿目太基"
    "直计别女权话少流命至报给打变果书活几解议更称今决才保交放管结便走达反再题色五接条规白它改风光运信"
    "受什组听党指论强做取技真却类何眼带空干边完难差评味错吃店菜服务态快慢送餐汤冷热价贵值喜欢"
)
_TRADITIONAL = (
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後"
    "作裡用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因"
    "只從想實日軍者意無力它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應"
    "戰向頭文體政美相見被利什二等產或新己制身果加西月話合回特代內信表化老給世位次度門任常先海通教兒原"
    "東聲提立及比員解水名真論處走義各入幾口認條平系氣題活更別打女變四神總何電數安少報才結反受目太量再"
    "感建務做接必場件計管期市直資命山金指許統區保至隊形社便空決治展馬科司五基眼書非則聽白卻界達光放強"
    "即像難且權思王象完設式色路記南品住告類求據程北邊死該交規萬取望覺術領共確傳師觀清今切院讓識候帶導"
    "爭運差評味錯吃店菜服務態快慢送餐湯冷熱價貴值喜歡"
)
_KOREAN = (
    "이다는을의에가고하지도로한기서사리어시은자아인대그나정게수해주일보들적성만전라부것으있제상조여구장"
    "스원공방간러치마었습니요없네음무선오진유려과면까세내신모말동문물비영데야식위교거되미안중행국배생분"
    "운너화용금달좋않싶격재"
)
_COMMON = dict.fromkeys(("gb18030",), frozenset(_SIMPLIFIED))
_COMMON |= dict.fromkeys(("big5", "cp950", "big5hkscs"), frozenset(_TRADITIONAL))
_COMMON |= {"cp949": frozenset(_KOREAN)}
# Standard that ranks a language's characters: its lead bytes of the more common half, and what a
# character of that half that is in no list above counts for.
_RANKED = {"gb18030": ("gb2312", 0xB0, 0xD7, 0.5), "cp949": ("euc_kr", 0xB0, 0xC8, 0.3)}
_RANKED |= dict.fromkeys(("big5", "cp950", "big5hkscs"), ("big5", 0xA4, 0xC6, 0.5))
_RANKED |= dict.fromkeys(("cp932", "euc_jp"), ("euc_jp", 0xB0, 0xCF, 0.5))

_NEUTRAL = re.compile(r"[\u3000-\u3020\uff01-\uff65‘’“”…—·×]")  # in the texts of every one of them
_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fc]")
_WORD = re.compile(r"[^\W\d_]+")
_ALONE = frozenset("àáâèéêíóúÀÁÉÈ")  # accented letters that are words by themselves
_SAMPLE = 200_000  # characters looked at; a whole corpus would take seconds and tell no more
_SEVERAL = 4
_EAST, _WEST, _RIVAL = 0.5, 0.9, 0.15  # least scores for a guess, and what two must differ by


def guess_encoding(data: bytes) -> str | None:
    """The encoding of ``data``, a name for iconv and Python, or None where nothing is plausible.

    Args:
        data: the content of a file that is not UTF-8.
    """
    unmarked = _guess_utf16(data)
    if unmarked:
        return unmarked
    east, west = _best(data, EAST_ASIAN), _best(data, WESTERN)
    if east and east[0] >= _EAST and (not west or west[0] < _WEST):
        return EAST_ASIAN[east[1]]
    cyrillic = _best(data, CYRILLIC)
    if cyrillic and cyrillic[0] >= _WEST and (not east or east[0] < _EAST):
        return CYRILLIC[cyrillic[1]]
    if west and west[0] >= _WEST and (not east or east[0] < _EAST):
        return WESTERN[west[1]]
    return None


_LETTERS = (string.ascii_letters + string.digits).encode("ascii")
_LONGEST = 200  # bytes of a word


def is_stray(data: bytes) -> bool:
    """Whether the first byte beyond ASCII was put into a word that the file has several times."""
    match = re.search(rb"[\x80-\xff]+([A-Za-z0-9]*)", data)
    # the letters before it: asked for in the pattern, long lines of them would take their square
    before = data[: match.start()][-_LONGEST:] if match else b""
    word = before[len(before.rstrip(_LETTERS)) :] + match[1] if match else b""
    return len(word) > 1 and len(re.findall(rb"(?<!\w)%b(?!\w)" % word, data)) >= _SEVERAL


def guess_seven_bits(data: bytes) -> str | None:
    """ISO-2022-JP or HZ, which write Japanese and Chinese in bytes that are ASCII as well."""
    for mark, name in ((b"\x1b$", "ISO-2022-JP"), (b"~{", "HZ")):
        if mark in data and data.isascii():
            try:
                text = data.decode(name)
            except UnicodeDecodeError:
                continue
            if not text.isascii() and mark.decode() not in text:
                return name
    return None


def _best(data: bytes, names: dict[str, str]) -> tuple[float, str] | None:
    """Score and name of the best candidate, the earlier of equals; None where it has a rival."""
    found: list[tuple[float, str, str]] = []
    for name in names:
        try:
            text = _beyond_ascii(data.decode(name))
        except UnicodeDecodeError:
            continue
        score = _score(text, name, names)
        found.append((score, name, text))
    if not found:
        return None
    best = max(found, key=lambda entry: entry[0])
    close = [text for score, _, text in found if score > best[0] - _RIVAL]
    if names is EAST_ASIAN and any(text != best[2] for text in close):
        return None
    return best[:2]


def _score(text: str, name: str, names: dict[str, str]) -> float:
    """How plausible ``text`` is, decoded by ``name``, which is one of ``names``."""
    if names is EAST_ASIAN:
        return east_asian_score(text, name)
    if names is CYRILLIC:
        return cyrillic_score(text)
    score = western_score(text)
    if name == "cp850" and {c for c in text if ord(c) > 127} == {"\xa0"}:
        return 0.0  # 0xFF alone is rather a stray byte
    if name == "iso8859_2" and len({c for c in text if ord(c) > 127}) < _SEVERAL:
        return 0.0  # rare today, and with a letter for nearly every byte
    return score if score < _WEST else _WEST + (score - _WEST) * latin_share(text)


def _beyond_ascii(text: str) -> str:
    """The lines of ``text`` that are not ASCII, as many as are worth looking at."""
    lines, size = [], 0
    for line in text.split("\n"):
        if not line.isascii():
            lines.append(line)
            size += len(line)
            if size > _SAMPLE:
                break
    return "\n".join(lines)


def east_asian_score(text: str, name: str) -> float:
    """Mean weight, at most 1, of the characters beyond ASCII in ``text``, decoded by ``name``."""
    counts = Counter(c for c in text if ord(c) > 127 and not _NEUTRAL.match(c))
    total = sum(counts.values())
    if not total:
        return 0.0
    return sum(_weight(c, name) * n for c, n in counts.items()) / total


def _weight(char: str, name: str) -> float:
    """How much ``char`` speaks for the encoding ``name``: 1 common, 0 odd, -1 of no use in text."""
    if unicodedata.category(char) in ("Co", "Cn", "Cc"):
        return -1.0
    if char in _COMMON.get(name, ()):
        return 1.0
    if _KANA.match(char):
        return 1.0 if name in ("cp932", "euc_jp") else 0.0
    standard, first, last, weight = _RANKED[name]
    try:
        code = char.encode(standard)
    except UnicodeEncodeError:
        return 0.0
    return weight if len(code) == 2 and first <= code[0] <= last else 0.0


def western_score(text: str) -> float:
    """Share of the characters beyond ASCII in ``text`` that stand where one expects them."""
    good = total = 0
    for word in _WORD.finditer(text):
        letters = word[0]
        if not letters.isascii():
            total += sum(ord(c) > 127 for c in letters)
            around = (
                text[max(word.start() - 1, 0) : word.start()],
                text[word.end() : word.end() + 1],
            )
            if len(letters) > 1 or (" " in around and not any(map(str.isdigit, around))):
                good += sum(_fits(letters, i) for i, c in enumerate(letters) if ord(c) > 127)
    for match in re.finditer(r"[^\x00-\x7f]", text):
        if not match[0].isalpha() or match[0] in "ªº":
            total += 1
            at = match.start()
            before, after = text[max(at - 1, 0) : at] or " ", text[at + 1 : at + 2] or " "
            good += _mark_fits(match[0], before, after)
    return good / total if total else 0.0


def _fits(word: str, at: int) -> bool:
    """Whether the accented letter at ``at`` looks at home in ``word``."""
    ascii_letters = sum(c.isascii() for c in word)
    if not unicodedata.name(word[at], "").startswith("LATIN"):
        return False
    if len(word) == 1:
        return word in _ALONE
    if 3 * ascii_letters < len(word):
        return False
    if word[0] == "ÿ":  # as a stray 0xFF looks; no word begins with it
        return False
    rest = word[1:]
    return word[at].islower() or at == 0 or word.isupper() or (len(rest) > 1 and rest.isupper())


def _mark_fits(mark: str, before: str, after: str) -> bool:
    """Whether a character that is no letter, between these two, looks as in a Western text."""
    inside = before.isalpha() and after.isalpha()
    if mark in "’‘":
        return before.isalnum() or after.isalnum()
    if mark in "“”«»„":  # which of them opens differs between languages
        return not (before.isalnum() and after.isalnum())
    if mark in "–—…":
        return True
    if mark in "²³¹":
        return before.isdigit() or before == "m"
    if mark in "°ªº":
        return before.isdigit() or before in " nN."
    return mark in "\xa0£€¥¢§©®™½¼¾•·¡¿×±" and not inside


def _guess_utf16(data: bytes) -> str | None:
    """UTF-16 without a byte order mark: many zero bytes, on one side of each pair."""
    head = data[: 2 * _SAMPLE]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if len(data) % 2 or max(even, odd) < 0.1 * len(head) / 2 or min(even, odd) > max(even, odd) / 4:
        return None
    name = "utf-16-le" if odd > even else "utf-16-be"
    try:
        text = data.decode(name)
    except UnicodeDecodeError:
        return None
    plain = sum(c.isprintable() or c in "\t\r\n" for c in text)
    return name.upper().replace("UTF-16-", "UTF-16") if plain >= 0.98 * len(text) else None
