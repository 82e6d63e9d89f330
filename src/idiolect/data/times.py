"""Times as people write them: dates, ISO times, seconds, milliseconds, microseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from idiolect.errors import DataError

if TYPE_CHECKING:
    import polars as pl

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)


def micros(time: datetime) -> int:
    """Microseconds since 1970, UTC; a time without a zone is read as UTC."""
    aware = time if time.tzinfo else time.replace(tzinfo=UTC)
    return (aware - EPOCH) // _MICRO


def from_micros(value: int) -> datetime:
    """The UTC time `value` microseconds after 1970."""
    return EPOCH + timedelta(microseconds=value)


def unit_of(magnitude: float) -> int:
    """Microseconds per unit of a numeric time of this size.

    Seconds reach 10^11 in the year 5138; milliseconds reach it in 1973.
    """
    size = abs(magnitude)
    return 1_000_000 if size < 1e11 else 1_000 if size < 1e14 else 1


def as_time(value: datetime | str | float) -> datetime:
    """One time, whatever its form.

    Raises:
        DataError: The text is neither an ISO date or time nor a number.
    """
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, str):
        try:
            return as_time(datetime.fromisoformat(value.strip()))
        except ValueError:
            pass
        try:
            value = float(value)
        except ValueError:
            raise DataError(
                f"Found {value!r} where a time is needed; give an ISO date (2024-05-31), an ISO "
                "time (2024-05-31T18:00:00Z), or seconds or milliseconds since 1970."
            ) from None
    return from_micros(round(value * unit_of(value)))


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
        middle = column.cast(pl.Float64).median()
        unit = unit_of(float(middle)) if isinstance(middle, int | float) else 1
        if column.dtype.is_integer():
            return (column.cast(pl.Int64) * unit).cast(utc)
        return (column.cast(pl.Float64).fill_nan(None) * unit).round().cast(pl.Int64).cast(utc)
    text = column.cast(pl.String).str.strip_chars()
    numbers = text.cast(pl.Float64, strict=False)
    if numbers.null_count() < len(numbers) / 2:
        return parsed_times(numbers)

    def one(value: str) -> datetime | None:
        try:
            return as_time(datetime.fromisoformat(value))
        except ValueError:
            return None

    # Every distinct text once: dates repeat.
    distinct = [value for value in text.unique().to_list() if value is not None]
    known = {value: one(value) for value in distinct}
    return pl.Series(column.name, [known.get(value) for value in text], dtype=utc)
