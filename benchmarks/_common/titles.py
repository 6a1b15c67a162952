"""Product titles: Taobao titles with labelled entities, and the titles of the Icecat catalogue."""

import gzip
import json
from pathlib import Path
from typing import NamedTuple

__all__ = ["KINDS", "LabelledTitle", "read_icecat", "read_taobao"]

KINDS = {"HCCX": "product", "HPPX": "brand", "XH": "model", "MISC": "other"}


class LabelledTitle(NamedTuple):
    """A title, and its entities as (kind, text)."""

    text: str
    entities: list[tuple[str, str]]


def read_taobao(folder: Path, part: str) -> list[LabelledTitle]:
    """Return the labelled titles of "train", "dev" or "test": one character and its BIO tag in a line.

    Raises
    ------
    FileNotFoundError
        The folder has no such file.
    """
    file = folder / "taobao-titles" / f"{part}.txt.gz"
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        blocks = lines.read().split("\n\n")
    return [_labelled(block.split("\n")) for block in blocks if block.strip()]


def _labelled(lines: list[str]) -> LabelledTitle:
    text, entities = "", []
    for line in lines:
        character, _, tag = line.rpartition(" ")
        if tag.startswith("B-"):
            entities.append((KINDS[tag[2:]], character))
        elif tag.startswith("I-") and entities:
            kind, entity = entities[-1]
            entities[-1] = (kind, entity + character)
        text += character
    return LabelledTitle(text, entities)


def read_icecat(folder: Path) -> list[dict[str, str]]:
    """Return the products of the Icecat catalogue; "title" contains "name", often a model number.

    Raises
    ------
    FileNotFoundError
        The folder has no such file.
    """
    with gzip.open(folder / "icecat-search" / "products.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
