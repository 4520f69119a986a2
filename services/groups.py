"""A resident's groups of accounts («Квартира», «Дача»): made, renamed, removed, an account moved between them."""

from __future__ import annotations

import re

from models import Group, Link, Resident, lock, transaction
from models.search import fold
from services.refusal import Refused

MOST = 50
LONGEST = 40


@transaction
def add(resident: Resident, name: str = "Новая группа") -> Group:
    """Makes «Новая группа 1», or the next number that is free."""
    lock(resident)
    names = {str(group.name) for group in Group.of(resident)}
    if len(names) >= MOST:
        raise Refused(f"Групп уже {MOST}, больше не нужно. Удалите лишние.")
    number = next(number for number in range(1, MOST + 2) if f"{name} {number}" not in names)
    return Group.create(resident=resident, name=f"{name} {number}")


@transaction
def rename(group: Group, name: str, everything: str = "Все") -> Group:
    """Names are a resident's own, each once; that of the list of everything is taken."""
    name = " ".join(name.split())
    if not name:
        raise Refused("Назовите группу.", field="name")
    if len(name) > LONGEST:
        raise Refused(f"Название не длиннее {LONGEST} знаков.", field="name")
    lock(group.resident)
    taken = {fold(str(other.name)) for other in Group.of(group.resident) if other.id != group.id} | {fold(everything)}
    if fold(name) in taken:
        raise Refused("Такая группа уже есть, назовите иначе.", field="name")
    group.name = name
    group.save()
    return group


@transaction
def remove(group: Group) -> None:
    """Its accounts return to «Все»."""
    Link.update(group=None).where(Link.group == group).execute()
    group.delete_instance()


def chosen(groups: list[Group], text: str) -> Group | None:
    """The group that an address or a form names by its id; None = «Все», also where the group is gone."""
    number = int(text) if re.fullmatch(r"[0-9]{1,10}", text) else 0
    return next((group for group in groups if group.id == number), None)
