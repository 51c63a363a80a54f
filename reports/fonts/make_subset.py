"""Makes the bundled typeface from IBM Plex Sans.

Needs fonttools and brotli, and the folder `package/fonts/complete/woff2` of the npm package @ibm/plex-sans 1.1.0:

    python make_subset.py path/to/package/fonts/complete/woff2

The licence (SIL OFL 1.1, LICENSE.txt) reserves the name "Plex", so the modified face has a name of its own.
"""

import sys
from pathlib import Path

from fontTools import subset

FAMILY = "Redress Sans"
# Latin, Latin-1, Latin Extended-A, Romanian letters, Cyrillic with Ukrainian, Kazakh and old letters that the face has,
# spaces and punctuation, lira and rouble, arrows, mathematics, tick.
RANGES = (
    "0020-007E 00A0-017F 0218-021B 0301 0400-045F 0462-0463 0472-0475 0490-0491 2007 2009 200A 2010-2015 "
    "2018-201E 2020-2022 2026 202F 2030 2032 2033 2039 203A 2044 20AC 20BA 20BD 2116 2122 2190-2193 2212 2215 "
    "221A 221E 2248 2260 2264 2265 2713 FFFD"
)


def codes():
    for part in RANGES.split():
        first, _, last = part.partition("-")
        yield from range(int(first, 16), int(last or first, 16) + 1)


def make(source, target, weight):
    options = subset.Options()
    options.layout_features = ["kern", "mark", "mkmk", "ccmp", "locl", "liga", "tnum", "lnum"]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.notdef_outline = True
    options.hinting = False
    options.recalc_timestamp = False
    font = subset.load_font(source / f"IBMPlexSans-{weight}.woff2", options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=codes())
    subsetter.subset(font)
    names = {
        1: FAMILY if weight == "Regular" else f"{FAMILY} {weight}",
        2: "Regular",
        3: f"{FAMILY} {weight} subset",
        4: f"{FAMILY} {weight}",
        6: f"{FAMILY.replace(' ', '')}-{weight}",
    }
    for record in list(font["name"].names):
        if record.nameID in names:
            font["name"].setName(
                names[record.nameID], record.nameID, record.platformID, record.platEncID, record.langID
            )
    for flavour, ending in ((None, "ttf"), ("woff2", "woff2")):
        font.flavor = flavour
        font.save(target / f"RedressSans-{weight}.{ending}")


if __name__ == "__main__":
    for weight in ("Regular", "SemiBold"):
        make(Path(sys.argv[1]), Path(__file__).parent, weight)
