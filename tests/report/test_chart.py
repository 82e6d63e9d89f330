"""Charts: what is drawn lies within the chart, however long the names are."""

import re

import pytest

from idiolect.report.chart import Bar, forest


@pytest.mark.parametrize("letters", [3, 40, 90, 200])
def test_a_forest_keeps_its_means_in_order_and_within_its_width(letters):
    means = [0.1, 0.2, 0.3]
    bars = [Bar("n" * letters, mean, mean - 0.05, mean + 0.05) for mean in means]
    drawn = forest(bars, "rouge1", title="t")
    width = int(re.search(r'viewBox="0 0 (\d+) ', drawn)[1])
    names = {float(x) for x in re.findall(r'<text x="([\d.]+)" y="\d+" text-anchor="end"', drawn)}
    dots = [float(x) for x in re.findall(r'cx="([\d.]+)"', drawn)]
    assert dots == sorted(dots)
    assert len(set(dots)) == 3
    # A letter is about seven pixels wide; names end where the axis begins.
    assert 7 * letters < min(names) < dots[0] < dots[-1] < width
