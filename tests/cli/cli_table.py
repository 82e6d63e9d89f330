"""The table that the tests of the command line read: names and texts that need care."""

import csv
from pathlib import Path

PEOPLE = ("Ann", "Ben", 'Bo "<b>" O\'Neil', "Cat", "Dan", "Eve")
NASTY = "<script>alert(\"x\")</script> & 'quoted' [bold]not markup[/dim]"


def rows() -> list[dict[str, str]]:
    """Six people on eight places; one with a single event, one alone with what they visit."""
    found = []
    for place in range(8):
        for at, person in enumerate(PEOPLE):
            shout = "!" * (3 if person == "Ann" else at % 2)
            found.append(
                {
                    "id": f"e{place}{at}",
                    "critic": person,
                    "place": f"place{place}",
                    "review": f"Word{place}x{at} soup and bread, which {person} found nice{shout}",
                    "heading": f'The "{place}" & <i>more</i>',
                    "date": f"2024-0{place + 1}-1{at}",
                    "score": str(1 + (place + at) % 5),
                }
            )
    found[6]["review"] = NASTY
    for number, (person, place) in enumerate(
        [("Solo", "place1"), ("Lone", "cave1"), ("Lone", "cave2"), ("Lone", "cave3")]
    ):
        found.append(
            {
                "id": f"x{number}", "critic": person, "place": place,
                "review": f"Once number{number} was enough.", "date": f"2024-09-0{number + 1}",
                "heading": "", "score": "4",
            }
        )  # fmt: skip
    return found


def write(path: Path, table: list[dict[str, str]]) -> Path:
    """Writes a table as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, table[0])
        writer.writeheader()
        writer.writerows(table)
    return path
