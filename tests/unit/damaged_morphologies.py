"""Loads damaged copies of the example morphologies, one after the other, and says of each how it ended.

Run in a process of its own: ``python damaged_morphologies.py folder first count``. What must never happen ends or holds
the process, and the last line names the file.
"""

import random
import sys
import warnings
from pathlib import Path

import lfptools
from lfptools import Cell
from lfptools.errors import LfptoolsError

EXAMPLES = ("branched.swc", "branched.asc", "branched.xml")
NUMBERS = ("nan", "inf", "-1", "0", "1e400", "99999999999", "-7", "1e-30", "x", "", "0x10", "1,5", "٣")


def damaged(text: bytes, draw: random.Random) -> bytes:
    """A copy with a few random faults: bytes, numbers, lines, ends."""
    for _ in range(draw.choice((1, 1, 1, 2, 4))):
        lines = text.split(b"\n")
        where = draw.randrange(len(lines))
        kind = draw.choice((0, 1, 2, 3, 4, 5, 6, 6, 6, 6, 6, 7, 8))
        if kind == 0:  # a byte
            at = draw.randrange(max(len(text), 1))
            text = text[:at] + bytes([draw.randrange(256)]) + text[at + 1 :]
            continue
        if kind == 1:  # a part is missing
            at, length = draw.randrange(max(len(text), 1)), draw.randint(1, 60)
            text = text[:at] + text[at + length :]
            continue
        if kind == 2:  # the end is missing
            text = text[: draw.randrange(max(len(text), 1))]
            continue
        if kind == 3:
            del lines[where]
        elif kind == 4:
            lines.insert(draw.randrange(len(lines) + 1), lines[where])
        elif kind == 5:
            other = draw.randrange(len(lines))
            lines[where], lines[other] = lines[other], lines[where]
        elif kind == 6:  # a number, or what stands between blanks
            words = lines[where].split(b" ")
            words[draw.randrange(len(words))] = draw.choice(NUMBERS).encode()
            lines[where] = b" ".join(words)
        elif kind == 7:
            lines[where] = lines[where].replace(draw.choice([b"(", b")", b'"', b"<", b">", b"/"]), b"", 1)
        else:
            lines[where] += draw.choice([b" (", b")", b'"', b"<x>", b"|", b"\x00", b" 7 7 7 7", b"\r", b"#"])
        text = b"\n".join(lines)
    return text


def main(folder: str, first: int, count: int) -> None:
    warnings.simplefilter("ignore")
    for k in range(first, first + count):
        draw = random.Random(k)
        name = draw.choice(EXAMPLES)
        path = Path(folder) / f"{k}.{name}"
        path.write_bytes(damaged(lfptools.example_morphology(name).read_bytes(), draw))
        print("begins", path, flush=True)
        try:
            with Cell(path, passive=True, tstop=1.0) as cell:
                cell.simulate()
            print("runs", flush=True)
        except LfptoolsError as error:
            assert str(error), "an error says something"
            print(f"refused {type(error).__name__}: {str(error)[:300]!r}", flush=True)
    print("done", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
