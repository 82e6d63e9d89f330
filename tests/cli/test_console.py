"""What users wrote cannot command the terminal; what is no file is not written over."""

import io
import os
import re
import stat

import pytest
from cli_table import rows, write
from rich.table import Table
from rich.text import Text

from idiolect.cli.console import console

HOSTILE = "\x1b[2J\x1b]0;owned\x07\x1b[31mred\r\x9b1A\u202e"


def test_control_characters_are_shown_and_never_sent() -> None:
    shown = io.StringIO()
    page = console(file=shown, force_terminal=True, color_system="truecolor", width=80)
    table = Table("head")
    table.add_row(Text(f"cell {HOSTILE}", style="green"))
    page.print(f"line {HOSTILE}", style="bold", markup=False)
    page.print(table)
    # rich's own styles are the only sequences that are left.
    left = re.sub(r"\x1b\[[\d;]*m", "", shown.getvalue())
    assert "\x1b[31mred" not in shown.getvalue()
    assert "�[31mred" in left
    assert all(character.isprintable() or character == "\n" for character in left)
    assert "\x1b[1m" in shown.getvalue()


@pytest.mark.parametrize("command", ["data", "explain", "differ"])
def test_commands_print_hostile_names_and_texts_as_signs(idiolect, tmp_path, command) -> None:
    name = f"Ann{HOSTILE}"
    changed = [
        row
        | {"review": row["review"] + HOSTILE}
        | ({"critic": name} if row["critic"] == "Ann" else {})
        for row in rows()
    ]
    path = write(tmp_path / "hostile.csv", changed)
    arguments = {
        "data": ["data", path],
        "explain": ["explain", name, "--data", path],
        "differ": ["differ", "--drift", "--user", name, "--data", path],
    }[command]
    ran = idiolect(*arguments)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", ran.out + ran.err)
    assert "�" in ran.out + ran.err


def test_a_device_is_not_replaced_by_a_file(idiolect, table, tmp_path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    ran = idiolect("explain", "Ann", "--data", table, "--json", pipe)
    assert ran.code == 2
    assert "no regular file" in ran.error
    assert stat.S_ISFIFO(pipe.stat().st_mode)
