"""Which column of a file is which of ours: as told, by name, or guessed from well-known names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from idiolect.data.frames import COLUMNS, ITEM_COLUMNS
from idiolect.errors import DataError, UnknownNameError

if TYPE_CHECKING:
    import polars as pl

#: Other names of our columns in public data sets, likeliest first; case and underscores aside.
SYNONYMS: Mapping[str, str] = {
    "user": "author reviewer critic userid username reviewerid reviewername authorid authorname "
    "customer customerid person personid member memberid account accountid speaker speakerid "
    "sender senderid writer writerid uid handle screenname nickname",
    "text": "review reviewtext reviewbody body comment commenttext message messagetext content "
    "post posttext tweet blurb utterance answer response fulltext selftext",
    "item": "itemid product productid movie movieid film filmid book bookid asin parentasin pid "
    "business businessid place placeid venue venueid restaurant restaurantid hotel hotelid song "
    "songid track trackid game gameid article articleid recipe recipeid isbn gmapid",
    "time": "date timestamp datetime unixreviewtime unixtime createdat created createdutc "
    "reviewdate reviewtime submissiondate publishedat postedat sentat ts",
    "rating": "score stars star overall grade starrating reviewscore points rate",
    "title": "summary subject headline reviewtitle reviewsummary reviewheadline heading",
    "thread": "threadid conversation conversationid channel channelid chatid dialogueid",
    "language": "lang locale",
    "id": "reviewid eventid commentid messageid postid tweetid",
}
ITEM_SYNONYMS: Mapping[str, str] = {
    "id": "item " + SYNONYMS["item"],
    "title": "name itemtitle itemname producttitle productname movietitle booktitle",
    "description": "synopsis overview plot about abstract details descriptiontext summary text",
    "image": "imageurl img picture photo poster thumbnail cover",
}


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()


def matched(
    found: Sequence[str], told: Mapping[str, str], ours: Sequence[str], synonyms: Mapping[str, str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Our name of each column and the file's, and which of them were guessed.

    Columns that carry our names are taken as they are. Nothing is guessed once `told` names one.

    Args:
        found: The file's columns.
        told: Our name and the file's; an empty string leaves one of ours out.
        ours: All our names.
        synonyms: Other names of ours, likeliest first.

    Raises:
        UnknownNameError: `told` holds a name that is none of ours or not in the file.
    """
    for name, column in told.items():
        if name not in ours:
            raise UnknownNameError("field", name, ours)
        if column and column not in found:
            raise UnknownNameError("column", column, found)
    taken = set(told.values())
    by_name = {n: n for n in ours if n in found and n not in told and n not in taken}
    known = {n: column for n, column in told.items() if column} | by_name
    guesses = {} if any(told.values()) else _guessed(found, known, told, ours, synonyms)
    known |= guesses
    return {n: known[n] for n in ours if n in known}, tuple(guesses)


def _guessed(
    found: Sequence[str],
    known: Mapping[str, str],
    told: Mapping[str, str],
    ours: Sequence[str],
    synonyms: Mapping[str, str],
) -> dict[str, str]:
    free: dict[str, str] = {}
    for column in found:
        if column not in known.values():
            free.setdefault(_plain(column), column)
    guesses = {}
    for name in ours:
        likely = next((s for s in [name, *synonyms.get(name, "").split()] if s in free), None)
        if likely is not None and name not in known and name not in told:
            guesses[name] = free.pop(likely)
    return guesses


def event_columns(
    found: Sequence[str], told: Mapping[str, str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """`matched` for a table of events.

    Raises:
        UnknownNameError: As in `matched`.
        DataError: No column says who did it.
    """
    known, guesses = matched(found, told, COLUMNS, SYNONYMS)
    if "user" not in known:
        likely = _guessed(found, {}, {}, ("user",), SYNONYMS).get("user", "AUTHOR_COLUMN")
        raise DataError(
            f"Found the columns {', '.join(map(repr, found))}, none of which is known to say who "
            f"did it; name that column, for example user={likely}. (The first line of a CSV or "
            "TSV file must hold the column names.)"
        )
    return known, guesses


def item_columns(
    found: Sequence[str], told: Mapping[str, str], item: str | None
) -> tuple[dict[str, str], tuple[str, ...]]:
    """`matched` for a table of items.

    Args:
        found: The file's columns.
        told: Our name and the file's.
        item: What the table of events calls the item; such a column is taken for the ids.

    Raises:
        UnknownNameError: As in `matched`.
        DataError: No column holds the ids.
    """
    synonyms = dict(ITEM_SYNONYMS)
    if item is not None:
        synonyms["id"] = f"{_plain(item)} {synonyms['id']}"
        if any(told.values()) and item in found and "id" not in found:
            told = {"id": item, **told}
    known, guesses = matched(found, told, ITEM_COLUMNS, synonyms)
    if "id" not in known:
        raise DataError(
            f"Found the columns {', '.join(map(repr, found))} in the item table, none of which is "
            "known to hold the items' ids; name that column, for example id=ITEM_COLUMN."
        )
    return known, guesses


def renamed(
    frame: pl.DataFrame, known: Mapping[str, str], ours: Sequence[str]
) -> tuple[pl.DataFrame, dict[str, str]]:
    """The frame under our names, further columns after them.

    A further column that carries one of our names (it was told to stand elsewhere, or left out)
    gets `_in_file` behind its own.

    Returns:
        The frame, and the names of such columns, new by old.
    """
    import polars as pl

    further = [column for column in frame.columns if column not in known.values()]
    moved = {}
    for column in further:
        if column in ours:
            new = f"{column}_in_file"
            while new in frame.columns:
                new += "_"
            moved[column] = new
    chosen = [pl.col(column).alias(name) for name, column in known.items()]
    return frame.select(*chosen, *(pl.col(c).alias(moved.get(c, c)) for c in further)), moved
