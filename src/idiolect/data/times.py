"""Times as people write them: dates, ISO times, years, seconds down to nanoseconds since 1970."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from idiolect.errors import DataError

if TYPE_CHECKING:
    import polars as pl

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
_FIRST = (datetime(1, 1, 2, tzinfo=UTC) - EPOCH) // _MICRO
_LAST = (datetime(9999, 12, 30, tzinfo=UTC) - EPOCH) // _MICRO
_DIGITS = ((r"^(19|20)\d\d$", "%Y"), (r"^(19|20)\d{6}$", "%Y%m%d"))


def micros(time: datetime) -> int:
    """Microseconds since 1970, UTC; a time without a zone is read as UTC."""
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return (aware - EPOCH) // _MICRO


def from_micros(value: int) -> datetime:
    """The UTC time `value` microseconds after 1970."""
    return EPOCH + timedelta(microseconds=value)


def unit_of(magnitude: float) -> float:
    """Microseconds per unit of a numeric time of this size.

    Seconds reach 10^11 in the year 5138; milliseconds reach it in 1973; and so on, by thousands.
    """
    size = abs(magnitude)
    return 1e6 if size < 1e11 else 1e3 if size < 1e14 else 1.0 if size < 1e17 else 1e-3


def as_time(value: datetime | date | str | float) -> datetime:
    """One time, whatever its form, in UTC; what has no zone is read as UTC.

    Raises:
        DataError: It is neither an ISO date or time, a year, nor a number, or out of all years.
    """
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    number = value
    if isinstance(value, str):
        read = _read(value.strip())
        if read is not None:
            return read
        try:
            number = float(value)
        except ValueError:
            number = math.nan
    scaled = float(number) * unit_of(float(number))
    if not _FIRST <= scaled <= _LAST:
        raise DataError(
            f"Found {value!r} where a time is needed; give an ISO date (2024-05-31), an ISO time "
            "(2024-05-31T18:00:00Z), or seconds or milliseconds since 1970."
        )
    return from_micros(round(scaled))


def _read(text: str) -> datetime | None:
    """An ISO time, a year or a date of eight digits; other digits are a number, not a time."""
    if text.isdigit():
        for length, form in ((4, "%Y"), (8, "%Y%m%d")):
            if len(text) == length and text[:2] in {"19", "20"}:
                try:
                    return datetime.strptime(text, form).replace(tzinfo=UTC)
                except ValueError:
                    return None
        return None
    try:
        return as_time(datetime.fromisoformat(text.removesuffix(" UTC")))
    except (ValueError, OverflowError):
        return None


def parsed_times(column: pl.Series) -> pl.Series:
    """A whole column of times as UTC, microseconds; null where one cannot be read.

    The unit of numbers is decided once for the column, by its median.
    """
    import polars as pl

    utc = pl.Datetime("us", "UTC")
    if column.dtype == pl.Date:
        return column.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    if isinstance(column.dtype, pl.Datetime):
        plain = column.cast(pl.Datetime("us", column.dtype.time_zone))
        if column.dtype.time_zone is None:
            return plain.dt.replace_time_zone("UTC")
        return plain.dt.convert_time_zone("UTC")
    if column.dtype.is_numeric():
        return _scaled(column)
    text = column.cast(pl.String).str.strip_chars().replace("", None)
    told = text.drop_nulls()
    for pattern, form in _DIGITS:
        if len(told) and told.str.contains(pattern).all():
            # A year alone is its first day: polars needs a whole date.
            whole, form = (text + "0101", "%Y%m%d") if form == "%Y" else (text, form)
            days = whole.str.to_date(form, strict=False)
            if days.null_count() == text.null_count():
                return parsed_times(days)
    numbers = text.cast(pl.Float64, strict=False)
    if len(told) and numbers.count() > len(told) / 2:
        whole_numbers = text.cast(pl.Int64, strict=False)
        exact = whole_numbers.count() == numbers.count()
        return _scaled(whole_numbers if exact else numbers)
    # Every distinct text once: dates repeat.
    known = {value: _read(value) for value in told.unique().to_list()}
    return pl.Series(column.name, [known.get(value) for value in text], dtype=utc)


def _scaled(numbers: pl.Series) -> pl.Series:
    """Numbers since 1970 as times; null where that is no year from 1 to 9999."""
    import polars as pl

    size = numbers.cast(pl.Float64).fill_nan(None)
    middle = size.median()
    unit = unit_of(float(middle)) if isinstance(middle, int | float) else 1.0
    sane = (size * unit).is_between(_FIRST, _LAST).fill_null(False)
    if numbers.dtype.is_integer():
        kept = numbers.set(~sane, None).cast(pl.Int64)
        whole = kept * int(unit) if unit >= 1 else kept // round(1 / unit)
    else:
        whole = (size.set(~sane, None) * unit).round().cast(pl.Int64)
    return whole.cast(pl.Datetime("us", "UTC"))
