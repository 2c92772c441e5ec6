#!/usr/bin/env python3
"""Makes the font that src/picture/font/ has, which pictures are drawn with.

Not run by any check: the result is in the repository. To make it anew:

    apt-get install fonts-noto-cjk          # 1:20220127+repack1-1
    pip install fonttools==4.68.0
    python3 scripts/make_font.py

What goes in is Noto Sans CJK SC, Regular and Bold, Version 2.004 (SIL Open Font License 1.1, no reserved font name). What
comes out has the characters of GB 2312 and those below, horizontal lines only, no hints and no layout features, and a
name of its own.
"""

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection

SOURCE = Path("/usr/share/fonts/opentype/noto")
TARGET = Path(__file__).resolve().parent.parent / "src/picture/font"
FAMILY = "Open Commitments Sans"
# As the program: the same input makes the same bytes.
MADE = 3_786_912_000


def characters() -> set[int]:
    ranges = [
        (0x20, 0x7E), (0xA0, 0x17F),  # Latin
        (0x2000, 0x206F), (0x20A0, 0x20BF), (0x2100, 0x218F),  # punctuation, currencies, letter-like, numbers
        (0x2190, 0x2193), (0x2196, 0x2199), (0x2200, 0x22FF),  # arrows, mathematics
        (0x2460, 0x249B), (0x25A0, 0x25CF), (0x2605, 0x2606),  # numbers in circles, shapes
        (0x3000, 0x303F), (0x3220, 0x3229), (0xFE30, 0xFE4F), (0xFF01, 0xFF5E), (0xFFE0, 0xFFE6),  # as Chinese is set
        (0xFFFD, 0xFFFD),
    ]
    wanted = {code for first, last in ranges for code in range(first, last + 1)}
    for row in range(0xA1, 0xF8):
        for cell in range(0xA1, 0xFF):
            try:
                wanted.add(ord(bytes([row, cell]).decode("gb2312")))
            except UnicodeDecodeError:
                pass
    return wanted


def make(weight: str) -> None:
    collection = TTCollection(SOURCE / f"NotoSansCJK-{weight}.ttc")
    font = next(font for font in collection.fonts if font["name"].getDebugName(1).startswith("Noto Sans CJK SC"))
    # Quotation marks and the ellipsis as wide as Latin letters have them: in Simplified Chinese they are squares, which tear
    # English apart, and in pictures there is no telling one from the other.
    latin = next(font for font in collection.fonts if font["name"].getDebugName(1).startswith("Noto Sans CJK KR")).getBestCmap()
    for table in font["cmap"].tables:
        if table.format != 14:
            table.cmap.update({code: latin[code] for code in (0x2018, 0x2019, 0x201C, 0x201D, 0x2026)})
    options = Options()
    options.hinting = False
    options.layout_features = []
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.name_languages = [0x409]
    options.notdef_outline = True
    options.drop_tables += ["BASE", "DSIG", "GDEF", "GPOS", "GSUB", "VORG", "vhea", "vmtx"]
    options.recalc_timestamp = False
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=characters())
    subsetter.subset(font)
    postscript = f"{FAMILY.replace(' ', '')}-{weight}"
    names = {1: FAMILY, 2: weight, 3: postscript, 4: f"{FAMILY} {weight}", 6: postscript}
    for identifier, text in names.items():
        font["name"].setName(text, identifier, 3, 1, 0x409)
    cff = font["CFF "].cff
    cff.fontNames = [postscript]
    cff.topDictIndex[0].FullName = names[4]
    cff.topDictIndex[0].FamilyName = FAMILY
    font["head"].modified = MADE
    path = TARGET / f"{postscript}.otf"
    font.save(path)
    print(f"{path}: {path.stat().st_size:,} bytes, {len(font.getBestCmap()):,} characters", file=sys.stderr)


for weight in sys.argv[1:] or ["Regular", "Bold"]:
    make(weight)
