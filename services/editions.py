"""New versions of the portal's texts («редакция»): from which day, whether residents agree anew, what has changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from difflib import SequenceMatcher

from models import Resident, Text, transaction
from services import audit
from services.refusal import Refused

LONGEST_TITLE, LONGEST_BODY = 200, 60_000
CHANGED = "Пока вы писали, вышла другая редакция. Ваш текст ниже: сверьте его с новой и сохраните ещё раз."
SAME = "Текст такой же, как в прошлой редакции: менять нечего."
WAITS = "Уже есть редакция, которая ждёт своего дня. Отмените её или дождитесь этого дня."
BEGUN = "Эта редакция уже действует, отменить её нельзя. Опубликуйте новую."
LEFT, ADDED, KEPT = "left", "added", "kept"


@transaction
def publish(
    slug: str, title: str, body: str, *, since: datetime, asks: bool, seen: int, by: Resident, now: datetime
) -> Text:
    """A new version in force from `since`, at once where that has come; `seen`: the newest that the form knew.

    `asks`: whoever has agreed to an older one is asked anew; else the older consent goes on.
    """
    history = Text.history(slug)
    newest = history[0]
    _check(title, body, newest, seen)
    version = newest.version + 1
    made = Text.add(
        slug=slug, version=version, title=title, body=body, published_at=max(since, now), is_pending=since > now,
        asks_from=version if asks else newest.asks_from,
    )  # fmt: skip
    if made is None:
        raise Refused(CHANGED)
    before, after = _state(newest), {**_state(made), "asks": asks}
    audit.note("text-published", "text", made.id, by, now, before, after)
    return made


def _check(title: str, body: str, newest: Text, seen: int) -> None:
    if not title or len(title) > LONGEST_TITLE:
        raise Refused(f"Напишите название не длиннее {LONGEST_TITLE} знаков.", field="title")
    if not body or len(body) > LONGEST_BODY:
        raise Refused(f"Напишите текст не длиннее {LONGEST_BODY} знаков.", field="body")
    if newest.version != seen:
        raise Refused(CHANGED)
    if newest.is_pending:
        raise Refused(WAITS)
    if (title, lines_of(body)) == (newest.title, lines_of(str(newest.body))):
        raise Refused(SAME, field="body")


@transaction
def take_back(text: Text, by: Resident, now: datetime) -> None:
    """A version whose day has not come is no more; nobody can have agreed to it."""
    if not text.drop():
        raise Refused(BEGUN)
    audit.note("text-taken-back", "text", text.id, by, now, _state(text), {})


@transaction
def begin(now: datetime) -> int:
    """The worker's: versions whose day has come are in force."""
    return Text.begin(now)


def lines_of(body: str) -> list[str]:
    """The lines of a text as they mean something: without blanks around."""
    return [line.strip() for line in body.strip().splitlines()]


def difference(old: str, new: str) -> Iterator[tuple[str, str]]:
    """(left, added or kept; the line) of what has changed, each with the line before and after it."""
    before, after = lines_of(old), lines_of(new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for group in matcher.get_grouped_opcodes(1):
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                yield from ((KEPT, line) for line in before[old_from:old_to] if line)
                continue
            yield from ((LEFT, line) for line in before[old_from:old_to] if line)
            yield from ((ADDED, line) for line in after[new_from:new_to] if line)


def _state(text: Text) -> dict[str, object]:
    return {
        "slug": text.slug,
        "version": text.version,
        "published": f"{text.published_at:%Y-%m-%dT%H:%M}Z",
        "signs": len(str(text.body)),
    }
