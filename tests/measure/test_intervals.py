from itertools import combinations, product

import numpy as np
import pytest
from scipy import stats

from idiolect.errors import DataError, SettingError
from idiolect.measure import bootstrap, detectable, estimate, holm, interval, paired
from idiolect.measure.paired import EXACT_USERS

RNG = np.random.default_rng


def clustered(seed: int, users: int = 12) -> tuple[np.ndarray, np.ndarray]:
    rng = RNG(seed)
    user = np.repeat(np.arange(users), rng.integers(1, 9, users))
    return rng.normal(size=users)[user] + rng.normal(size=len(user)) + 0.4, user


def test_with_a_row_a_user_it_is_the_t_interval() -> None:
    values = RNG(0).exponential(size=15)
    found = estimate(values, np.arange(15), level=0.9)
    ends = stats.ttest_1samp(values, 0).confidence_interval(0.9)
    np.testing.assert_allclose([found.low, found.high], ends)
    assert found.freedom == pytest.approx(14)
    assert interval(values, np.arange(15), level=0.9) == (found.low, found.high)


def test_with_equally_many_rows_it_is_the_t_interval_of_the_users_means() -> None:
    values = RNG(1).normal(size=(9, 4)) + RNG(2).normal(size=(9, 1))
    found = estimate(values.ravel(), np.repeat([f"u{n}" for n in range(9)], 4))
    ends = stats.ttest_1samp(values.mean(axis=1), 0).confidence_interval(0.95)
    np.testing.assert_allclose([found.low, found.high], ends)
    assert (found.users, found.rows, found.left_out, found.note) == (9, 36, 0, "")


def test_error_and_freedom_are_those_of_the_definition_by_matrices() -> None:
    values, user = clustered(3)
    rows, users = len(values), user.max() + 1
    member = (user[:, None] == np.arange(users)).astype(float)
    hat = np.full((rows, rows), 1 / rows)
    residual_maker = np.eye(rows) - hat
    weights = np.zeros((users, rows))
    for number in range(users):
        own = user == number
        block = residual_maker[np.ix_(own, own)]
        values_of, vectors = np.linalg.eigh(block)
        root = vectors @ np.diag(values_of**-0.5) @ vectors.T
        # Each user's part of the error is (1'A r)² / rows².
        weights[number] = np.ones(own.sum()) @ root @ residual_maker[own] / rows
    found = estimate(values, user)
    assert found.error == pytest.approx(np.sqrt(((weights @ values) ** 2).sum()))
    # One-way analysis of variance: mean squares between and within users.
    means = np.array([values[user == n].mean() for n in range(users)])
    sizes = member.sum(axis=0)
    within = ((values - means[user]) ** 2).sum() / (rows - users)
    square = (sizes * (means - values.mean()) ** 2).sum() / (users - 1)
    between = (square - within) / ((rows - (sizes**2).sum() / rows) / (users - 1))
    assert between > 0
    parts = weights @ (within * np.eye(rows) + between * member @ member.T) @ weights.T
    eigen = np.linalg.eigvalsh(parts)
    assert found.freedom == pytest.approx(eigen.sum() ** 2 / (eigen**2).sum())


def test_a_user_with_most_rows_leaves_few_degrees_of_freedom() -> None:
    user = np.concatenate([np.zeros(200, dtype=int), np.arange(1, 20)])
    values = RNG(0).normal(size=20)[user] + 0.1 * RNG(1).normal(size=219)
    assert estimate(values, user).freedom < 3


def test_intervals_hold_their_level_with_few_users_and_rows_as_such_do_not() -> None:
    held = np.zeros(2)
    for run in range(400):
        rng = RNG(run)
        user = np.repeat(np.arange(20), rng.geometric(0.2, 20))
        values = (rng.exponential(size=20)[user] - 1) + rng.exponential(size=len(user)) - 1
        for way, groups in enumerate((user, np.arange(len(user)))):
            low, high = interval(values, groups)
            held[way] += low <= 0 <= high
    clustered_share, naive_share = held / 400
    assert 0.91 <= clustered_share <= 0.975
    assert naive_share < 0.8


def test_failures_are_left_out_and_counted() -> None:
    values, user = clustered(4)
    gaps = values.copy()
    gaps[[0, 5, 9]] = np.nan
    there = ~np.isnan(gaps)
    found, only = estimate(gaps, user), estimate(values[there], user[there])
    assert found.left_out == 3
    assert (found.mean, found.low, found.high) == (only.mean, only.low, only.high)
    assert found.mean != pytest.approx(np.nan_to_num(gaps).mean())


def test_one_user_has_a_mean_and_no_interval_and_the_note_says_why() -> None:
    found = estimate(np.array([1.0, 2, 6]), np.array(["a"] * 3))
    assert found.mean == 3
    assert np.isnan([found.low, found.high, found.error]).all()
    assert "one user only" in found.note
    test = paired(np.array([1.0, 2, 6]), np.zeros(3), np.array(["a"] * 3), RNG(0))
    assert test.difference == 3
    assert np.isnan([test.low, test.high, test.p]).all()
    assert "one user only" in test.note
    assert np.isnan(detectable(np.array([1.0, 2]), np.array(["a", "a"])))
    assert np.isnan(bootstrap(np.array([1.0, 2]), np.array(["a", "a"]), RNG(0))).all()


@pytest.mark.parametrize("values", [[], [np.nan, np.nan]])
def test_no_figure_at_all(values: list[float]) -> None:
    users = np.array(["a", "b"][: len(values)])
    found = estimate(np.array(values), users)
    assert np.isnan([found.mean, found.low, found.high]).all()
    assert (found.users, found.rows, found.left_out) == (0, 0, len(values))
    assert found.note == "no row has a figure"
    test = paired(np.array(values), np.zeros(len(values)), users, RNG(0))
    assert np.isnan([test.difference, test.p]).all()
    assert np.isnan(bootstrap(np.array(values), users, RNG(0))).all()


def test_equal_figures_have_an_interval_of_no_width() -> None:
    found = estimate(np.full(6, 2.0), np.array([0, 0, 0, 1, 1, 2]))
    assert (found.mean, found.low, found.high) == (2, 2, 2)


def test_the_bootstrap_of_a_mean_is_scipys() -> None:
    values = RNG(0).exponential(size=40)
    ends = bootstrap(values, np.arange(40), RNG(1), draws=20_000)
    theirs = stats.bootstrap(
        (values,), np.mean, method="percentile", n_resamples=20_000, rng=RNG(2)
    ).confidence_interval
    assert ends == pytest.approx((theirs.low, theirs.high), abs=0.02)


def test_the_bootstrap_of_summed_parts() -> None:
    parts, users = RNG(0).random((30, 2)), np.repeat(np.arange(10), 3)
    parts[3] = np.nan

    def ratio(sums: np.ndarray) -> np.ndarray:
        return sums[:, 0] / sums[:, 1]

    low, high = bootstrap(parts, users, RNG(1), of=ratio)
    there = ~np.isnan(parts[:, 0])
    assert low < parts[there, 0].sum() / parts[there, 1].sum() < high
    assert bootstrap(parts * 7, users, RNG(1), of=ratio) == pytest.approx((low, high))
    with pytest.raises(SettingError, match=r"shape \(30, 2\); say what they make"):
        bootstrap(parts, users, RNG(1))


def by_enumeration(differences: np.ndarray, users: np.ndarray) -> float:
    sums = np.array([differences[users == name].sum() for name in np.unique(users)])
    signs = np.array(list(product([1, -1], repeat=len(sums))))
    return float((np.abs(signs @ sums) >= abs(sums.sum()) - 1e-12).mean())


def test_p_of_few_users_counts_every_assignment_of_signs() -> None:
    values, user = clustered(5, users=8)
    found = paired(values, np.zeros(len(values)), user, RNG(0))
    assert found.p == pytest.approx(by_enumeration(values, user))
    assert found == paired(values, np.zeros(len(values)), user, RNG(1))


def test_p_with_a_row_a_user_is_scipys_permutation_test() -> None:
    a, b = RNG(6).normal([[0.5], [0]], size=(2, 11))
    theirs = stats.permutation_test(
        (a, b), lambda x, y: np.mean(x - y), permutation_type="samples", n_resamples=np.inf
    )
    assert paired(a, b, np.arange(11), RNG(0)).p == pytest.approx(theirs.pvalue)


def test_p_of_many_users_is_drawn_near_the_exact_one() -> None:
    values, user = clustered(7, users=EXACT_USERS + 2)
    found = paired(values, np.zeros(len(values)), user, RNG(0))
    exact = by_enumeration(values, user)
    assert 0.01 < exact < 0.9
    assert found.p == pytest.approx(exact, abs=4 * np.sqrt(exact / 9999))
    assert found.p == paired(values, np.zeros(len(values)), user, RNG(0)).p


@pytest.mark.parametrize("users", [9, 30])
def test_methods_the_other_way_round(users: int) -> None:
    values, user = clustered(8, users=users)
    other = RNG(9).normal(size=len(values))
    one, back = paired(values, other, user, RNG(0)), paired(other, values, user, RNG(0))
    assert (back.difference, back.p) == pytest.approx((-one.difference, one.p))
    assert (back.low, back.high) == pytest.approx((-one.high, -one.low))
    assert one.low < one.difference < one.high


def test_methods_that_say_the_same_do_not_differ() -> None:
    values, user = clustered(10, users=20)
    found = paired(values, values, user, RNG(0))
    assert (found.difference, found.low, found.high, found.p) == (0, 0, 0, 1)


def test_rows_where_one_method_failed_are_left_out_of_both() -> None:
    values, user = clustered(11)
    a, b = values.copy(), values - 0.3
    a[:4], b[2:6] = np.nan, np.nan
    found = paired(a, b, user, RNG(0))
    assert found.left_out == 6
    assert found.rows == len(values) - 6
    assert found.difference == pytest.approx(0.3)


def test_too_few_users_for_a_small_p_are_said() -> None:
    found = paired(np.arange(1.0, 6), np.zeros(5), np.arange(5), RNG(0))
    assert found.p == 2 / 2**5
    assert found.note == "5 users: no p-value below 0.0625 is possible"
    assert paired(np.arange(1.0, 7), np.zeros(6), np.arange(6), RNG(0)).note == ""


@pytest.mark.parametrize("users", [10, 20])
def test_p_holds_its_level_where_methods_do_not_differ(users: int) -> None:
    small = 0
    for run in range(400):
        rng = RNG(run)
        user = np.repeat(np.arange(users), rng.geometric(0.3, users))
        effect = rng.standard_t(3, size=users)[user]
        a, b = rng.normal([effect, -effect])
        small += paired(a, b, user, rng, draws=199).p <= 0.05
    # Binomial of 400 and .05: 99.9 % between 7 and 36.
    assert 7 <= small <= 36


def test_holm_is_the_closure_of_bonferroni() -> None:
    for seed in range(20):
        p = RNG(seed).random(5) ** 2 * 0.3
        expected = [
            max(
                min(1, size * min(p[list(some)]))
                for size in range(1, 6)
                for some in combinations(range(5), size)
                if one in some
            )
            for one in range(5)
        ]
        np.testing.assert_allclose(holm(p), expected)


def test_holm_leaves_out_tests_that_were_not_made() -> None:
    found = holm(np.array([0.01, np.nan, 0.04]))
    np.testing.assert_allclose(found, [0.02, np.nan, 0.04])
    assert holm(np.array([])).shape == (0,)


@pytest.mark.parametrize("users", [8, 20, 100])
def test_detectable_has_the_power_of_the_noncentral_t(users: int) -> None:
    values = RNG(users).normal(size=users)
    found = detectable(values, np.arange(users))
    error, freedom = values.std(ddof=1) / np.sqrt(users), users - 1
    bound = stats.t.ppf(0.975, freedom)
    power = stats.nct.sf(bound, freedom, found / error)
    assert power == pytest.approx(0.8, abs=0.02)
    assert detectable(values, np.arange(users), power=0.9) > found
    assert detectable(values, np.arange(users), level=0.01) > found


def test_four_times_the_users_see_about_half_the_difference() -> None:
    values, user = clustered(12, users=50)
    now = detectable(values, user)
    assert detectable(values, user, planned=50) == pytest.approx(now)
    assert detectable(values, user, planned=200) == pytest.approx(now / 2, rel=0.03)


def test_several_seeds_of_a_request_are_rows_of_its_user_and_no_new_evidence() -> None:
    values, user = clustered(13, users=30)
    once = estimate(values, user)
    thrice = estimate(np.tile(values, 3), np.tile(user, 3))
    assert thrice.error == pytest.approx(once.error)
    assert thrice.mean == pytest.approx(once.mean)
    assert thrice.rows == 3 * once.rows


def test_rows_and_users_that_do_not_match() -> None:
    with pytest.raises(DataError, match=r"shape \(3,\) and users of shape \(2,\)"):
        estimate(np.ones(3), np.arange(2))
    with pytest.raises(DataError, match=r"3 figures of one method and 2 of the other"):
        paired(np.ones(3), np.ones(2), np.arange(3), RNG(0))
    with pytest.raises(DataError, match=r"3 rows and 2 users"):
        bootstrap(np.ones(3), np.arange(2), RNG(0))


def test_settings_out_of_range() -> None:
    ones, users = np.ones(3), np.arange(3)
    with pytest.raises(SettingError, match=r"level=95"):
        estimate(ones, users, level=95)
    with pytest.raises(SettingError, match=r"draws=0"):
        paired(ones, ones, users, RNG(0), draws=0)
    with pytest.raises(SettingError, match=r"power=0.01"):
        detectable(ones, users, power=0.01)
    with pytest.raises(SettingError, match=r"planned=1"):
        detectable(ones, users, planned=1)
