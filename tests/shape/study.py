"""How much each person writes.

How it works: texts are counted and measured by user.
Use it when: a study is needed in 20 lines.
Differs from the paper: there is none.
Checked: against a count by hand.
Reference: none.
"""

import polars as pl

from idiolect.card import PositiveInt, recipe
from idiolect.data import Population
from idiolect.roles import Study


@recipe(
    title="Who writes how much",
    reads_other_users="statistics",
    enters="nowhere",
    calls="0",
    evidence={"table": ("mechanism only", "tests/shape/test_shapes.py")},
)
def amounts(
    *,
    least: PositiveInt = 1,  # texts a person
) -> Study:
    def study(population: Population) -> pl.DataFrame:
        letters = pl.col("text").str.len_chars().mean().alias("letters")
        table = population.by_people.frame.group_by("user").agg(pl.len().alias("texts"), letters)
        return table.filter(pl.col("texts") >= least).sort("user")

    return study
