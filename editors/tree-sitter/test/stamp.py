"""Which grammar `src/parser.c` was generated from: `stamp.py` writes its digest to `src/grammar.stamp`, `check.py` compares it."""

import hashlib
import pathlib

HERE = pathlib.Path(__file__).resolve().parent.parent
FILE = HERE / "src/grammar.stamp"


def stamp():
    digest = hashlib.sha256()
    for name in ("grammar.js", "words.js"):
        digest.update((HERE / name).read_bytes())
    return digest.hexdigest() + "\n"


if __name__ == "__main__":
    FILE.write_text(stamp())
