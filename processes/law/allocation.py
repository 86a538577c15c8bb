"""Which debt a payment settles: § 225 AO for voluntary payments, costs first and then pro rata for forced ones.

Shares are split to the cent by the largest remainder: every share is first rounded down, the cents left over go one each to
the shares that lost most by it; of equal losses the first in the given order gains. So shares always add up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Literal

Component = Literal[
    "hauptforderung",
    "kosten",
    "mahngebuehr",
    "saeumniszuschlag",
    "pfaendungsgebuehr",
    "wegegeld",
    "auslagen",
    "zinsen",
    "verspaetungszuschlag",
]
Order = Literal["faelligkeit", "anteilig"]

# § 225 Abs. 2 AO. Principals bear a rank of their own: fines 0, Zwangsgelder 1, withheld taxes 2, all other claims 3.
PRINCIPAL_RANKS: Mapping[str, int] = {"geldbusse": 0, "zwangsgeld": 1, "steuerabzug": 2, "uebrige": 3}
_ANCILLARY_RANKS: Mapping[str, int] = {
    "kosten": 4,
    "mahngebuehr": 4,
    "pfaendungsgebuehr": 4,
    "wegegeld": 4,
    "auslagen": 4,
    "verspaetungszuschlag": 5,
    "zinsen": 6,
    "saeumniszuschlag": 7,
}
# § 23 Abs. 2 VO VwVG NRW: fees, then other costs of enforcement; then § 225 Abs. 3 AO: the authority decides (principals pro
# rata over all creditors); a fine before the costs of its proceedings (§ 94 OWiG); surcharges last.
_FORCED_STAGES: Sequence[frozenset[str]] = (
    frozenset({"mahngebuehr", "pfaendungsgebuehr"}),
    frozenset({"wegegeld", "auslagen"}),
    frozenset({"hauptforderung"}),
    frozenset({"kosten"}),
    frozenset({"verspaetungszuschlag", "zinsen"}),
    frozenset({"saeumniszuschlag"}),
)


@dataclass(frozen=True, slots=True)
class Debt:
    """One thing that can be paid: a component of a claim or of a measure. `key` names its account (claim or case).

    rank: of the principal, see PRINCIPAL_RANKS. weight_cent: what a forced payment is shared by (frozen principal), None: what is open.
    """

    key: str
    component: str
    open_cent: int
    due_on: date
    rank: int = PRINCIPAL_RANKS["uebrige"]
    weight_cent: int | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """`cent` of the payment settle `component` of the account `key`."""

    key: str
    component: str
    cent: int


@dataclass(frozen=True, slots=True)
class Allocation:
    """Shares of more than nothing, in the order of settling; `rest_cent` is over-paid."""

    shares: tuple[Share, ...]
    rest_cent: int


def voluntary(amount_cent: int, debts: Sequence[Debt], *, within: Order = "faelligkeit") -> Allocation:
    """Return how a voluntary payment without (further) designation is set off.

    By rank: fines, Zwangsgelder, withheld taxes, other claims, costs, late-filing surcharges, interest, Säumniszuschläge; within a
    rank the older due date first and pro rata where they are equal. `within` "anteilig": the whole rank pro rata, the rule of the
    cooperation agreement where several creditors share a case, so that no city is favoured.
    Law: § 225 Abs. 2 AO; fines § 94 OWiG (the fine before its costs). Raises ValueError for a negative amount or debt.
    """
    _check_components(debts)
    ranked = sorted(debts, key=lambda debt: (_rank(debt), debt.due_on) if within == "faelligkeit" else (_rank(debt),))
    stages = [list(group) for _, group in groupby(ranked, key=lambda d: (_rank(d), d.due_on if within == "faelligkeit" else None))]
    return _settle(amount_cent, debts, stages)


def forced(amount_cent: int, debts: Sequence[Debt]) -> Allocation:
    """Return how a forced payment (third party, field officer, sale) is set off: fees, other costs, principals pro rata, then the rest.

    Law: § 23 Abs. 2 VO VwVG NRW, § 225 Abs. 3 AO, § 94 OWiG. Raises ValueError for a negative amount or debt.
    """
    _check_components(debts)
    return _settle(amount_cent, debts, [[debt for debt in debts if debt.component in stage] for stage in _FORCED_STAGES])


def pro_rata(amount_cent: int, weights: Sequence[int], caps: Sequence[int] | None = None) -> list[int]:
    """Return `amount_cent` split by `weights`, to the cent by the largest remainder, no share above its cap.

    What a cap cuts off goes to the others by their weights. The shares add up to the amount, or to the sum of the caps of
    positive weights if that is less. All weights 0: nothing is shared. Raises ValueError for negative numbers.
    """
    limits = list(caps) if caps is not None else [amount_cent] * len(weights)
    if amount_cent < 0 or min([*weights, *limits, 0]) < 0:
        raise ValueError("Betrag, Gewichte und Grenzen einer Aufteilung dürfen nicht negativ sein.")
    shares = [0] * len(weights)
    left = amount_cent
    while left:
        open_places = [place for place, weight in enumerate(weights) if weight and shares[place] < limits[place]]
        if not open_places:
            break
        split = _largest_remainder(left, [weights[place] for place in open_places])
        for place, cent in zip(open_places, split, strict=True):
            taken = min(cent, limits[place] - shares[place])
            shares[place] += taken
            left -= taken
    return shares


def _largest_remainder(amount_cent: int, weights: Sequence[int]) -> list[int]:
    total = sum(weights)
    shares = [amount_cent * weight // total for weight in weights]
    by_loss = sorted(range(len(weights)), key=lambda place: (-(amount_cent * weights[place] % total), place))
    for place in by_loss[: amount_cent - sum(shares)]:
        shares[place] += 1
    return shares


def _settle(amount_cent: int, debts: Sequence[Debt], stages: Sequence[Sequence[Debt]]) -> Allocation:
    if amount_cent < 0 or any(debt.open_cent < 0 for debt in debts):
        raise ValueError("Eine Zahlung oder Schuld kann hier nicht negativ sein; Korrekturen werden als Storno gebucht.")
    left, shares = amount_cent, []
    for stage in stages:
        open_cents = [debt.open_cent for debt in stage]
        weights = [debt.open_cent if debt.weight_cent is None else debt.weight_cent for debt in stage]
        split = open_cents if sum(open_cents) <= left else pro_rata(left, weights, open_cents)
        if sum(split) < min(left, sum(open_cents)):  # frozen weights of 0 while something is open: share what is left by what is open
            missing = [debt_open - cent for debt_open, cent in zip(open_cents, split, strict=True)]
            more = pro_rata(min(left, sum(open_cents)) - sum(split), missing, missing)
            split = [cent + extra for cent, extra in zip(split, more, strict=True)]
        shares += [Share(debt.key, debt.component, cent) for debt, cent in zip(stage, split, strict=True) if cent]
        left -= sum(split)
    return Allocation(tuple(shares), left)


def _rank(debt: Debt) -> int:
    return debt.rank if debt.component == "hauptforderung" else _ANCILLARY_RANKS[debt.component]


def _check_components(debts: Sequence[Debt]) -> None:
    unknown = {debt.component for debt in debts} - {"hauptforderung", *_ANCILLARY_RANKS}
    if unknown:
        raise ValueError(f"Unbekannte Bestandteile der Schuld: {', '.join(sorted(unknown))}.")
