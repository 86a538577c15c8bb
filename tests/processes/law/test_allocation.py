"""Allocation: § 225 AO and forced payments, the scenarios' cents, and that splitting always adds up."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processes.law import allocation
from processes.law.allocation import Debt, Share

DUE = date(2026, 8, 17)
COMPONENTS = ["hauptforderung", "kosten", "mahngebuehr", "saeumniszuschlag", "pfaendungsgebuehr", "wegegeld", "auslagen"]
DEBTS = st.lists(
    st.builds(
        Debt,
        key=st.sampled_from(["A", "B", "C"]),
        component=st.sampled_from(COMPONENTS),
        open_cent=st.integers(0, 100_000),
        due_on=st.dates(date(2026, 1, 1), date(2026, 1, 5)),
        rank=st.integers(0, 3),
        weight_cent=st.one_of(st.none(), st.integers(0, 100_000)),
    ),
    max_size=9,
    unique_by=lambda debt: (debt.key, debt.component),
)


def test_the_voluntary_payment_of_s01_settles_tax_then_fee_then_surcharge() -> None:
    debts = [Debt("A", "saeumniszuschlag", 400, DUE), Debt("A", "mahngebuehr", 700, DUE), Debt("A", "hauptforderung", 24837, DUE)]

    settled = allocation.voluntary(25737, debts)

    assert settled.shares == (Share("A", "hauptforderung", 24837), Share("A", "mahngebuehr", 700), Share("A", "saeumniszuschlag", 200))
    assert settled.rest_cent == 0


def test_the_remittance_of_s02_settles_fees_then_outlay_then_tax() -> None:
    debts = [
        Debt("A", "hauptforderung", 1_248_000, DUE), Debt("A", "saeumniszuschlag", 37350, DUE), Debt("A", "mahngebuehr", 5200, DUE),
        Debt("M", "pfaendungsgebuehr", 14900, DUE), Debt("M", "auslagen", 410, DUE),
    ]  # fmt: skip

    settled = allocation.forced(521_044, debts)

    assert settled.shares == (
        Share("A", "mahngebuehr", 5200), Share("M", "pfaendungsgebuehr", 14900),
        Share("M", "auslagen", 410), Share("A", "hauptforderung", 500_534),
    )  # fmt: skip
    assert 1_248_000 - 500_534 == 747_466


def test_the_cash_of_s04_settles_costs_first_then_principals_pro_rata() -> None:
    debts = [
        Debt("A", "hauptforderung", 31000, DUE), Debt("B", "hauptforderung", 12000, date(2026, 7, 1)),
        Debt("A", "saeumniszuschlag", 900, DUE), Debt("B", "saeumniszuschlag", 400, DUE),
        Debt("A", "mahngebuehr", 800, DUE), Debt("B", "mahngebuehr", 600, DUE),
        Debt("M", "pfaendungsgebuehr", 2800, DUE), Debt("M", "wegegeld", 500, DUE),
    ]  # fmt: skip

    settled = {(share.key, share.component): share.cent for share in allocation.forced(25000, debts).shares}

    assert settled == {
        ("A", "mahngebuehr"): 800, ("B", "mahngebuehr"): 600, ("M", "pfaendungsgebuehr"): 2800, ("M", "wegegeld"): 500,
        ("A", "hauptforderung"): 14635, ("B", "hauptforderung"): 5665,
    }  # fmt: skip


def test_the_instalment_of_s07_is_shared_by_the_open_principals() -> None:
    debts = [
        Debt("A", "hauptforderung", 16365, DUE),
        Debt("B", "hauptforderung", 6335, date(2026, 7, 1)),
        Debt("A", "saeumniszuschlag", 900, DUE),
    ]

    settled = allocation.voluntary(6000, debts, within="anteilig")

    assert settled.shares == (Share("A", "hauptforderung", 4326), Share("B", "hauptforderung", 1674))


def test_within_a_rank_the_older_debt_comes_first_and_equal_dates_share() -> None:
    debts = [
        Debt("neu", "hauptforderung", 1000, date(2026, 9, 1)),
        Debt("alt", "hauptforderung", 1000, date(2026, 5, 15)),
        Debt("auch neu", "hauptforderung", 3000, date(2026, 9, 1)),
    ]

    settled = allocation.voluntary(1400, debts)

    assert settled.shares == (
        Share("alt", "hauptforderung", 1000),
        Share("neu", "hauptforderung", 100),
        Share("auch neu", "hauptforderung", 300),
    )


def test_a_fine_comes_before_taxes_and_before_its_own_costs() -> None:
    debts = [
        Debt("B", "kosten", 2850, DUE, rank=0),
        Debt("A", "hauptforderung", 5000, date(2026, 1, 1)),
        Debt("B", "hauptforderung", 7000, DUE, rank=0),
    ]  # fmt: skip

    assert [(s.key, s.component, s.cent) for s in allocation.voluntary(8000, debts).shares] == [
        ("B", "hauptforderung", 7000), ("A", "hauptforderung", 1000),
    ]  # fmt: skip
    assert [s.component for s in allocation.forced(9000, debts[:1] + debts[2:]).shares] == ["hauptforderung", "kosten"]


def test_the_largest_remainder_gives_the_last_cents() -> None:
    assert allocation.pro_rata(100, [1, 1, 1]) == [34, 33, 33]
    assert allocation.pro_rata(20300, [31000, 12000]) == [14635, 5665]
    assert allocation.pro_rata(10, [5, 5], [2, 100]) == [2, 8]
    assert allocation.pro_rata(10, [0, 0]) == [0, 0]


def test_a_frozen_bundle_shares_by_its_frozen_principals() -> None:
    debts = [Debt("A", "hauptforderung", 10000, DUE, weight_cent=30000), Debt("B", "hauptforderung", 10000, DUE, weight_cent=10000)]

    settled = allocation.forced(8000, debts)

    assert settled.shares == (Share("A", "hauptforderung", 6000), Share("B", "hauptforderung", 2000))


def test_what_nobody_owes_is_the_rest() -> None:
    assert allocation.voluntary(30000, [Debt("A", "hauptforderung", 24837, DUE)]).rest_cent == 5163


def test_negative_amounts_and_unknown_components_are_refused() -> None:
    with pytest.raises(ValueError, match="negativ"):
        allocation.voluntary(-1, [])
    with pytest.raises(ValueError, match="negativ"):
        allocation.pro_rata(5, [-1, 2])
    for settle in (allocation.voluntary, allocation.forced):
        with pytest.raises(ValueError, match="Bestandteile"):
            settle(1, [Debt("A", "trinkgeld", 5, DUE)])


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 400_000), DEBTS, st.sampled_from(["faelligkeit", "anteilig", "forced"]))
def test_every_cent_is_a_share_or_the_rest_and_no_debt_is_paid_twice(amount: int, debts: list[Debt], mode: str) -> None:
    settled = allocation.forced(amount, debts) if mode == "forced" else allocation.voluntary(amount, debts, within=mode)  # type: ignore[arg-type]
    paid = {(share.key, share.component): share.cent for share in settled.shares}

    assert sum(paid.values()) + settled.rest_cent == amount
    assert all(0 < paid.get((d.key, d.component), 1) <= max(d.open_cent, 1) for d in debts)
    assert settled.rest_cent == max(amount - sum(debt.open_cent for debt in debts), 0)


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**6), min_size=1, max_size=8))
def test_a_split_adds_up_and_stays_within_a_cent_of_the_exact_share(amount: int, weights: list[int]) -> None:
    shares = allocation.pro_rata(amount, weights)

    assert sum(shares) == (amount if any(weights) else 0)
    for share, weight in zip(shares, weights, strict=True):
        assert not any(weights) or abs(share * sum(weights) - amount * weight) < sum(weights)
