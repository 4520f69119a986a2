"""Residents, their sessions, and the operators among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from flask_login import UserMixin
from peewee import (
    JOIN,
    SQL,
    BigIntegerField,
    BooleanField,
    DateField,
    ForeignKeyField,
    IntegerField,
    IntegrityError,
    TextField,
    fn,
)

from models.base import Base, UtcField, db
from models.prepared import Prepared
from models.search import name_key
from models.supplier import Supplier

WAITING, ACTIVE, BLOCKED, DELETED = "waiting", "active", "blocked", "deleted"

IDLE = timedelta(hours=12)  # a session that is not remembered ends after so long without use
LONGEST = timedelta(days=30)  # and any session at last


class Resident(UserMixin, Base):  # type: ignore[misc]
    """A person with a login. `state`: waiting (not activated), active, blocked, deleted (contacts erased).

    The `*_key` columns are the folded logins; NULL, not "", where the person has none, so that they stay unique.
    `factor`: what a sign-in from a new device asks for besides: "", code (to the phone or e-mail), totp. The TOTP
    secret is sealed under the data key; `totp_step` is the last step that was used, so that none is used twice.
    `name_key` is what operators find a name by; it follows the name by itself.
    """

    surname = TextField(default="")
    name = TextField(default="")
    patronymic = TextField(default="")
    birth_date = DateField(null=True)
    gender = TextField(default="")
    email = TextField(default="")
    email_key = TextField(null=True, unique=True)
    email_confirmed_at = UtcField(null=True)
    phone = TextField(default="", index=True)
    phone_key = TextField(null=True, unique=True)
    phone_confirmed_at = UtcField(null=True)
    username = TextField(default="")
    username_key = TextField(null=True, unique=True)
    password_hash = TextField(default="")
    state = TextField(default=WAITING)
    created_at = UtcField()
    advertising = BooleanField(default=False)
    notify_email = BooleanField(default=True)
    notify_sms = BooleanField(default=True)
    notify_messenger = BooleanField(default=True)
    remind_readings = BooleanField(default=True)
    monthly_bill = BooleanField(default=False)
    factor = TextField(default="")
    totp_secret = TextField(default="")
    totp_step = BigIntegerField(default=0)
    name_key = TextField(default="")

    def save(self, *args: Any, **facts: Any) -> Any:
        self.name_key = name_key(str(self.surname), str(self.name), str(self.patronymic))
        return super().save(*args, **facts)

    @property
    def is_active(self) -> bool:
        """Flask-Login's question: may this person work here now?"""
        return bool(self.state == ACTIVE)

    @property
    def mobile(self) -> str:
        """The phone that codes may go to: a login that the resident has shown as his own; "" where there is none."""
        return str(self.phone) if self.phone_key and self.phone_confirmed_at else ""

    @property
    def full_name(self) -> str:
        return " ".join(part for part in (self.surname, self.name, self.patronymic) if part)

    @property
    def initials(self) -> str:
        """Two letters for the header: of the name and the surname, as far as they are known."""
        letters = [part[0] for part in (self.name, self.surname) if part] or [str(self.username)[:1]]
        return "".join(letters).upper() or "?"

    def logins(self, ways: Iterable[str]) -> set[str]:
        """By which of the ways (email, phone, username) the resident can sign in; accounts stand on their links."""
        keys = {"email": self.email_key, "phone": self.phone_key, "username": self.username_key}
        return {way for way in ways if keys.get(way)}

    @classmethod
    def by_login(cls, kind: str, key: str) -> Resident | None:
        """Who signs in by this folded login; `kind` is email, phone or username."""
        column = {"email": cls.email_key, "phone": cls.phone_key, "username": cls.username_key}[kind]
        found: Resident | None = cls.select().where(column == key).first()
        return found

    @classmethod
    def enter(cls, **facts: object) -> Resident | None:
        """A new resident, or None where a login is taken: the schema decides, between two at once too."""
        try:
            with db.atomic():
                made: Resident = cls.create(**facts)
        except IntegrityError:
            return None
        return made

    def rewrite(self, **facts: object) -> bool:
        """Changes the row; False where a login among the facts is taken."""
        for name, value in facts.items():
            setattr(self, name, value)
        try:
            with db.atomic():
                self.save()
        except IntegrityError:
            return False
        return True

    @classmethod
    def activate(cls, resident_id: int, now: datetime) -> bool:
        """Opens the portal to one who has shown that the e-mail is his; False where he is not waiting for it."""
        query = cls.update(state=ACTIVE, email_confirmed_at=now).where(cls.id == resident_id, cls.state == WAITING)
        return bool(query.execute())

    @classmethod
    def move(cls, resident_id: int, to: str, before: str) -> bool:
        """Changes the state where it still is `before`; False when somebody was faster."""
        return bool(cls.update(state=to).where(cls.id == resident_id, cls.state == before).execute())

    @classmethod
    def erase(cls, resident: Resident) -> None:
        """Takes back all that was written of the person, the logins with it; what happened here keeps its row."""
        usual = {name: field.default for name, field in cls._meta.fields.items() if name not in ("id", "created_at")}
        cls.update({**usual, "state": DELETED}).where(cls.id == resident.id).execute()

    @classmethod
    def forget_waiting(cls, before: datetime) -> int:
        """Erases those who registered and never came: what they typed is personal data without a purpose."""
        return int(cls.delete().where(cls.state == WAITING, cls.created_at < before).execute())


Resident.add_index(Resident.index(Resident.name_key, Resident.id, name="resident_name_key"))


class Session(Base):
    """A signed-in browser: the cookie holds the token, the row its hash; ended rows stay a while as the log.

    `look`: the session of a resident, opened for an operator who sees the portal as he does (services/looks.py). No
    cookie leads to that one: its token is known to nobody.
    """

    look_id: int | None
    resident_id: int
    resident = ForeignKeyField(Resident, backref="sessions", on_delete="CASCADE")
    token_hash = TextField(unique=True)
    created_at = UtcField()
    seen_at = UtcField()
    expires_at = UtcField(index=True)
    ended_at = UtcField(null=True)
    address = TextField(default="")
    device = TextField(default="")
    is_remembered = BooleanField(default=False)
    current_account = IntegerField(null=True)  # which account the pages show where one at a time is shown
    look = ForeignKeyField("self", null=True, on_delete="SET NULL")

    @classmethod
    def alive(cls, token_hash: str, now: datetime) -> Session | None:
        """The open session of a cookie; None if ended, expired or unknown.

        In the same query its resident, as `unread` how many notices the bell counts, and as `standing` whether one
        stands before or above the pages.
        """
        return _ALIVE.first(token_hash=token_hash, now=now)

    @classmethod
    def seen(cls, look_id: int, now: datetime) -> Session | None:
        """The session that an operator looks through, with the same beside it; None if its time is over."""
        return _SEEN.first(look=look_id, now=now)

    @classmethod
    def begin_look(cls, own: Session, look: Session) -> bool:
        """From now on the operator's session shows the other; False where it shows one already."""
        return bool(cls.update(look=look).where(cls.id == own.id, cls.look.is_null()).execute())

    @classmethod
    def end_look(cls, own: Session, now: datetime) -> bool:
        """The operator's session is his own again; False where it was."""
        was = cls.update(look=None).where(cls.id == own.id, cls.look == own.look_id).execute()
        if own.look_id is not None:
            cls.end(own.look_id, now)
        return bool(was)

    def touch(self, now: datetime) -> None:
        """Notes that the browser was seen, at most once in ten minutes: reading a page must not cost a write."""
        if now - self.seen_at > timedelta(minutes=10):
            self.seen_at = now
            if not self.is_remembered:
                self.expires_at = min(now + IDLE, self.created_at + LONGEST)
            self.save()

    @classmethod
    def lifetime(cls, remembered: bool) -> timedelta:
        return LONGEST if remembered else IDLE

    @classmethod
    def end(cls, session_id: int, now: datetime) -> None:
        cls.update(ended_at=now).where(cls.id == session_id, cls.ended_at.is_null()).execute()

    @classmethod
    def end_all(cls, resident: Resident, now: datetime, but: Session | None = None) -> int:
        """Ends every open session of the resident (except one's own) and says how many."""
        query = cls.update(ended_at=now).where(cls.resident == resident, cls.ended_at.is_null())
        return int((query.where(cls.id != but.id) if but else query).execute())

    @classmethod
    def open_of(cls, resident: Resident, now: datetime) -> list[Session]:
        """The browsers in which the resident is signed in, the one seen last first."""
        rows = cls.select().where(cls.resident == resident, cls.ended_at.is_null(), cls.expires_at > now)
        return list(rows.order_by(cls.seen_at.desc(), cls.id.desc()))

    @classmethod
    def log(cls, resident: Resident, limit: int, before: int | None = None) -> list[Session]:
        """So many sign-ins of the resident, newest first, those over too; `before`: only those before this one."""
        rows = cls.select().where(cls.resident == resident).order_by(cls.id.desc()).limit(limit)
        return list(rows if before is None else rows.where(cls.id < before))

    @classmethod
    def last_seen(cls, residents: Iterable[int]) -> dict[int, datetime]:
        """When each of the residents was last here, as far as it is remembered."""
        last = fn.MAX(cls.seen_at).alias("seen_at")
        rows = cls.select(cls.resident, last).where(cls.resident.in_(list(residents))).group_by(cls.resident)
        return {row.resident_id: row.seen_at for row in rows}

    @classmethod
    def of_resident(cls, resident: Resident, session_id: int) -> Session | None:
        found: Session | None = cls.select().where(cls.resident == resident, cls.id == session_id).first()
        return found

    @classmethod
    def forget(cls, before: datetime) -> int:
        """Retention: where somebody signed in is personal data; what ended or expired earlier is erased."""
        # The first condition is the index: a session that ended would have expired within LONGEST.
        over = (cls.expires_at < before) | (cls.ended_at < before)
        return int(cls.delete().where(cls.expires_at < before + LONGEST, over).execute())


# Every page of a signed-in resident asks who he is, what the bell counts and whether a notice stands above the page:
# one query for all ("t1" is Session).
UNREAD = SQL(
    "(SELECT COUNT(*) FROM notice_receipt"
    ' WHERE notice_receipt.resident_id = "t1"."resident_id" AND NOT notice_receipt.is_read)'
)
STANDING = SQL(
    '(SELECT COUNT(*) FROM notice_receipt WHERE notice_receipt.resident_id = "t1"."resident_id" AND stands)'
)


def _open(known: Any, now: Any) -> Any:
    return (
        Session.select(Session, Resident, UNREAD.alias("unread"), STANDING.alias("standing"))
        .join(Resident)
        .where(known, Session.ended_at.is_null(), Session.expires_at > now)
    )


_ALIVE: Prepared[Session] = Prepared(lambda token_hash, now: _open(Session.token_hash == token_hash, now))
_SEEN: Prepared[Session] = Prepared(lambda look, now: _open(Session.id == look, now))


class Device(Base):
    """A browser that has shown the second factor: its cookie holds the token, the row its hash."""

    resident = ForeignKeyField(Resident, backref="devices", on_delete="CASCADE")
    token_hash = TextField(unique=True)
    name = TextField(default="")
    created_at = UtcField()
    seen_at = UtcField()

    @classmethod
    def of_resident(cls, resident: Resident, token_hash: str) -> Device | None:
        found: Device | None = cls.select().where(cls.resident == resident, cls.token_hash == token_hash).first()
        return found

    @classmethod
    def forget_all(cls, resident: Resident, but: str = "") -> int:
        """Every browser is new again, except the one of this token's hash."""
        return int(cls.delete().where(cls.resident == resident, cls.token_hash != but).execute())

    @classmethod
    def forget(cls, before: datetime) -> int:
        """Retention: a browser that has not been seen for so long is new again."""
        return int(cls.delete().where(cls.seen_at < before).execute())


class Operator(Base):
    """A login that may work in the console: for one supplier, or for all (NULL). `role`: clerk, administrator."""

    resident_id: int
    supplier_id: int | None
    resident = ForeignKeyField(Resident, backref="roles", on_delete="CASCADE")
    supplier = ForeignKeyField(Supplier, null=True)
    role = TextField(default="clerk")

    class Meta:
        indexes = ((("resident", "supplier"), True),)

    @classmethod
    def is_one(cls, resident: Resident) -> bool:
        """Does the resident work in the console?"""
        return bool(cls.select().where(cls.resident == resident).exists())

    @classmethod
    def serves_all(cls, resident: Resident) -> bool:
        """Does the resident work in the console for every supplier?"""
        return bool(cls.select().where(cls.resident == resident, cls.supplier.is_null()).exists())

    @classmethod
    def roles_of(cls, resident: Resident) -> dict[int | None, str]:
        """The resident's rights by supplier's id, None = all suppliers; {} = no operator."""
        rows = cls.select().where(cls.resident == resident).order_by(cls.id)
        return {row.supplier_id: str(row.role) for row in rows}

    @classmethod
    def give(cls, resident: Resident, roles: Mapping[int | None, str]) -> None:
        """These are the resident's rights from now on, in the caller's transaction."""
        cls.delete().where(cls.resident == resident).execute()
        for supplier, role in roles.items():
            cls.create(resident=resident, supplier=supplier, role=role)

    @classmethod
    def every(cls) -> list[Operator]:
        """All rights with resident and supplier, an operator's together, in the order in which they came."""
        rows = cls.select(cls, Resident, Supplier).join(Resident).switch(cls).join(Supplier, JOIN.LEFT_OUTER)
        return list(rows.order_by(Resident.id, cls.id))

    @classmethod
    def administrators_emails(cls) -> list[str]:
        """Where those who administer everything and may sign in are written to, in the order of their rows."""
        of_all = (cls.role == "administrator") & cls.supplier.is_null() & (Resident.state == ACTIVE)
        rows = cls.select(cls, Resident).join(Resident).where(of_all).order_by(cls.id)
        return [str(row.resident.email) for row in rows]

    @classmethod
    def emails(cls) -> list[str]:
        """The addresses of all operators, each once, by the alphabet."""
        rows = cls.select(cls, Resident).join(Resident)
        return sorted({str(row.resident.email) for row in rows if row.resident.email})

    @classmethod
    def is_last_administrator(cls, resident: Resident) -> bool:
        """Would the portal have no administrator of everything without this one?"""
        administers = (cls.role == "administrator") & cls.supplier.is_null()
        others = cls.select().join(Resident).where(administers, cls.resident != resident, Resident.state == ACTIVE)
        return bool(cls.select().where(administers, cls.resident == resident).exists()) and not others.exists()


Operator.add_index(
    Operator.index(Operator.resident, unique=True, where=Operator.supplier.is_null(), name="operator_of_all")
)
