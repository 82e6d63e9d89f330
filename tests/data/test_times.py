from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import polars as pl
import pytest

from idiolect.data import as_time
from idiolect.data.times import from_micros, micros, parsed_times
from idiolect.errors import DataError

NOON = datetime(2024, 5, 31, 12, tzinfo=UTC)
SECONDS = 1717156800


@pytest.mark.parametrize(
    "value",
    [
        NOON,
        datetime(2024, 5, 31, 12),
        datetime(2024, 5, 31, 14, tzinfo=timezone(timedelta(hours=2))),
        "2024-05-31T12:00:00Z",
        " 2024-05-31 14:00:00+02:00 ",
        "2024-05-31 14:00:00 +0200",
        "2024-05-31 12:00:00 UTC",
        SECONDS,
        float(SECONDS),
        str(SECONDS),
        SECONDS * 1000,
        str(SECONDS * 1000),
        SECONDS * 10**6,
        SECONDS * 10**9,
    ],
)
def test_one_moment_in_all_its_forms(value: datetime | str | float) -> None:
    assert as_time(value) == NOON
    assert as_time(value).utcoffset() == timedelta(0)
    assert parsed_times(pl.Series([value])).to_list() == [NOON]


@pytest.mark.parametrize("value", ["2024-05-31", "20240531", date(2024, 5, 31)])
def test_dates_are_their_first_moment(value: str | date) -> None:
    assert as_time(value) == datetime(2024, 5, 31, tzinfo=UTC)
    assert parsed_times(pl.Series([value])).to_list() == [datetime(2024, 5, 31, tzinfo=UTC)]


def test_a_year_is_its_first_day() -> None:
    assert as_time("2015") == datetime(2015, 1, 1, tzinfo=UTC)
    assert parsed_times(pl.Series(["2015", None, "1999"])).dt.year().to_list() == [2015, None, 1999]


def test_digits_of_milliseconds_are_no_iso_date() -> None:
    # datetime.fromisoformat reads this as the year 1612.
    assert as_time("1612121600000") == as_time(1612121600)


def test_numbers_near_1970_stay_seconds() -> None:
    assert as_time(3) == datetime(1970, 1, 1, 0, 0, 3, tzinfo=UTC)
    assert parsed_times(pl.Series(["1", "2", "2015"])).dt.epoch("s").to_list() == [1, 2, 2015]


@pytest.mark.parametrize("value", ["soon", "31/05/2024", "2024-13-01", "nan", "inf", 1e30, ""])
def test_what_is_no_time_is_said(value: str | float) -> None:
    with pytest.raises(DataError, match="where a time is needed; give an ISO date"):
        as_time(value)
    assert parsed_times(pl.Series([value])).to_list() == [None]


def test_one_wild_number_among_seconds_is_unreadable_and_does_not_wrap() -> None:
    found = parsed_times(pl.Series([SECONDS, SECONDS + 1, 10**16]))
    assert found.to_list() == [NOON, NOON + timedelta(seconds=1), None]


def test_a_column_of_mixed_texts_keeps_what_can_be_read() -> None:
    found = parsed_times(pl.Series(["2024-05-31", "soon", None, "", "2024-05-31T12:00:00Z"]))
    assert found.null_count() == 3
    assert found[4] == NOON


def test_the_unit_is_decided_once_for_a_column() -> None:
    # The first is in 1970, though alone it would be read as seconds of the year 2286.
    found = parsed_times(pl.Series([9_999_999_999, SECONDS * 1000, SECONDS * 1000]))
    assert found.dt.year().to_list() == [1970, 2024, 2024]


def test_columns_equal_single_values() -> None:
    seconds = np.random.default_rng(0).integers(0, 4_000_000_000, 200)
    moments = [datetime.fromtimestamp(int(s), UTC) for s in seconds]
    for forms in ([m.isoformat() for m in moments], seconds * 1000, seconds.astype(float)):
        assert parsed_times(pl.Series(forms)).to_list() == moments


def test_polars_dates_and_zones_are_read_as_utc() -> None:
    zoned = pl.Series([datetime(2024, 5, 31, 12)]).dt.replace_time_zone("America/New_York")
    assert parsed_times(zoned).to_list() == [NOON + timedelta(hours=4)]
    assert parsed_times(pl.Series([date(2024, 5, 31)])).dt.hour().to_list() == [0]


def test_micros_go_there_and_back() -> None:
    for moment in (NOON, datetime(1912, 6, 23, 1, 2, 3, 4, tzinfo=UTC)):
        assert from_micros(micros(moment)) == moment
    assert micros(datetime(1970, 1, 1, 0, 0, 1)) == 1_000_000
