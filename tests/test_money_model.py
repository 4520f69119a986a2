"""Money shown is the money the bank has, after any interleaving of presses, callbacks, polls, deaths and imports.

`pytest tests/test_money_model.py --runs 2000` tries more of them than the suite does.
"""

from __future__ import annotations

from random import Random

import pytest
from flask import Flask

from models import db
from tests.money_world import ACTIONS, TROUBLES, World

STEPS = (10, 60)


def test_the_money_shown_is_the_money_the_bank_has(database: Flask, request: pytest.FixtureRequest) -> None:
    for seed in range(request.config.getoption("--runs")):
        happened: list[str] = []
        with db.atomic() as taken_back:
            try:
                live(Random(seed), happened)
            except AssertionError as fault:
                raise AssertionError(f"seed {seed}: {' · '.join(happened)}") from fault
            taken_back.rollback()


def live(chance: Random, happened: list[str]) -> None:
    world = World.begun()
    for _ in range(chance.randint(*STEPS)):
        act, index, trouble = chance.choice(ACTIONS), chance.randrange(16), chance.choice(TROUBLES)
        happened.append(f"{act.__name__} {index} {trouble}".strip())
        act(world, index, trouble)
        world.never_more_than_the_bank_has()
    world.quiet()
    world.never_more_than_the_bank_has()
    world.shows_what_the_bank_has()
