"""Writes miniature files in the exact published formats, with the oddities that real ones have."""

import gzip
import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

WORDS = (
    "lamp",
    "shade",
    "warm",
    "light",
    "desk",
    "cord",
    "small",
    "bright",
    "price",
    "paper",
    "glass",
)
START = 1_500_000_000_000  # milliseconds


def words(draw: random.Random, count: int) -> str:
    return " ".join(draw.choices(WORDS, k=count)).capitalize() + "."


def raw_review(user: str, item: str, time: int, text: str, **changes: Any) -> dict[str, Any]:
    """A review with every field of the raw files."""
    return {
        "rating": 4.0,
        "title": "A title",
        "text": text,
        "images": [],
        "asin": f"{item}-red",
        "parent_asin": item,
        "user_id": user,
        "timestamp": time,
        "helpful_vote": 0,
        "verified_purchase": True,
    } | changes


def raw_item(item: str, **changes: Any) -> dict[str, Any]:
    """An item with the fields of the raw files."""
    return {
        "main_category": "Books",
        "title": f"Item {item}",
        "average_rating": 4.2,
        "rating_number": 17,
        "features": [],
        "description": [
            "A first part that tells what the thing is about, at some length.",
            "x" * 60,
        ],
        "price": None,
        "images": [],
        "store": "A store",
        "categories": ["Books", "Lamps"],
        "details": {"Pages": "12"},
        "parent_asin": item,
        "bought_together": None,
    } | changes


def raw(seed: int = 0, users: int = 40, items: int = 30) -> tuple[list[Any], list[Any]]:
    """Reviews and items: most users with enough reviews, and one of each oddity."""
    draw = random.Random(seed)
    names = [f"I{n:02d}" for n in range(items)]
    reviews = []
    for n in range(users):
        count = draw.randint(10, 24) if n % 5 == 0 else draw.randint(20, items)
        for item in draw.sample(names, count):
            time = START + draw.randint(0, 4000) * 86_400_000
            reviews.append(raw_review(f"U{n:02d}", item, time, words(draw, draw.randint(42, 60))))
    odd = draw.sample(range(len(reviews)), 60)
    for at in odd[:15]:
        reviews[at] = reviews[at] | {"text": words(draw, 10)}  # too short
    for at in odd[15:25]:
        reviews[at] = reviews[at] | {"title": None}
    for at in odd[25:35]:
        reviews[at] = reviews[at] | {"rating": "5.0", "timestamp": str(reviews[at]["timestamp"])}
    for at in odd[35:45]:
        reviews.append(dict(reviews[at]))  # the same row again
    for at in odd[45:55]:  # the same words about another thing, some with other white space
        other = dict(reviews[at], parent_asin=draw.choice(names))
        spaced = other["text"].replace(" ", "  ", at % 2)
        reviews.append(other | {"text": spaced, "timestamp": other["timestamp"] + at})
    for at in odd[55:]:  # a second review of the same thing at the same time
        reviews.append(dict(reviews[at], text=words(draw, 50)))
    meta = [raw_item(name) for name in names]
    meta[0]["description"] = ["Product Description", "y" * 120]
    meta[1]["description"] = ["too short"]
    meta[2]["description"] = []
    meta[3]["title"] = None
    meta[4]["description"] = ["z" * 1500, "z" * 600]
    meta.append(dict(meta[5]))
    return reviews, meta


def write_lines(path: Path, rows: Iterable[Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def review(asin: str, at: int, text: str, **changes: Any) -> dict[str, Any]:
    """A review as DPL-main has it."""
    given = {"rating": 4.0, "title": f"Title {at}", "text": text, "asin": asin}
    return given | {"timestamp": START + at * 1000} | changes


def published(
    users: int = 6, history: int = 9, seed: int = 0
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows and items of one split: everybody reviews the same things, then one of their own."""
    draw = random.Random(seed)
    rows = []
    for n in range(users):
        profile = [
            review(f"A{at}", 100 * at + n, words(draw, 30), rating=float(1 + (n + at) % 5))
            for at in range(history)
        ]
        target = review(f"B{n}", 5000 + n, words(draw, 30))
        rows.append({"user_id": f"user {n}", "profile": profile, "data": target})
    asins = [f"A{at}" for at in range(history)] + [f"B{n}" for n in range(users)]
    meta = [{"asin": a, "title": f"Thing {a}", "description": words(draw, 20)} for a in asins]
    return rows, meta


def write_published(
    folder: Path, category: str, rows: list[Any], meta: list[Any], split: str = "test"
) -> None:
    write_lines(folder / "DPL-main" / category / f"{split}.jsonl", rows)
    write_lines(folder / "DPL-meta" / category / "full.jsonl", meta)
