"""Residents, and everything about who they are: sessions, attempts, codes, captchas, consents, operators."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_login import UserMixin
from peewee import BooleanField, DateField, ForeignKeyField, IntegerField, TextField

from models.base import Base, UtcField
from models.supplier import Supplier

WAITING, ACTIVE, BLOCKED, DELETED = "waiting", "active", "blocked", "deleted"


class Resident(UserMixin, Base):  # type: ignore[misc]
    """A person with a login. `state`: waiting (not activated), active, blocked, deleted (contacts erased).

    The `*_key` columns are the folded logins; NULL, not "", where the person has none, so that they stay unique.
    """

    surname = TextField(default="")
    name = TextField(default="")
    patronymic = TextField(default="")
    birth_date = DateField(null=True)
    gender = TextField(default="")
    email = TextField(default="")
    email_key = TextField(null=True, unique=True)
    email_confirmed_at = UtcField(null=True)
    phone = TextField(default="")
    phone_key = TextField(null=True, unique=True)
    phone_confirmed_at = UtcField(null=True)
    username = TextField(default="")
    username_key = TextField(null=True, unique=True)
    password_hash = TextField(default="")
    state = TextField(default=WAITING)
    created_at = UtcField()
    advertising = BooleanField(default=False)

    @property
    def is_active(self) -> bool:
        """Flask-Login's question: may this person work here now?"""
        return bool(self.state == ACTIVE)

    @property
    def full_name(self) -> str:
        return " ".join(part for part in (self.surname, self.name, self.patronymic) if part)

    @property
    def initials(self) -> str:
        """Two letters for the header: of the name and the surname, as far as they are known."""
        letters = [part[0] for part in (self.name, self.surname) if part]
        return "".join(letters).upper() or "?"


class Session(Base):
    """A signed-in browser: the cookie holds the token, the row its hash; ended rows stay as the sign-in log."""

    resident = ForeignKeyField(Resident, backref="sessions", on_delete="CASCADE")
    token_hash = TextField(unique=True)
    created_at = UtcField()
    seen_at = UtcField()
    expires_at = UtcField()
    ended_at = UtcField(null=True)
    address = TextField(default="")
    device = TextField(default="")
    is_remembered = BooleanField(default=False)

    @classmethod
    def alive(cls, token_hash: str, now: datetime) -> Session | None:
        """The open session of a cookie, its resident with it in the same query; None if ended, expired or unknown."""
        found: Session | None = (
            cls.select(cls, Resident)
            .join(Resident)
            .where(cls.token_hash == token_hash, cls.ended_at.is_null(), cls.expires_at > now)
            .first()
        )
        return found

    def touch(self, now: datetime) -> None:
        """Notes that the browser was seen, at most once in ten minutes: reading a page must not cost a write."""
        if now - self.seen_at > timedelta(minutes=10):
            self.seen_at = now
            self.save()


class Attempt(Base):
    """A try that is counted: `kind` (sign-in, link, recovery…) by `subject` (a keyed hash or an id as text)."""

    kind = TextField()
    subject = TextField()
    at = UtcField()
    succeeded = BooleanField(default=False)

    class Meta:
        indexes = ((("kind", "subject", "at"), False),)


class Code(Base):
    """A one-time link or code: only its hash, single use, expiring, its wrong tries counted."""

    purpose = TextField()
    resident = ForeignKeyField(Resident, null=True, backref="codes", on_delete="CASCADE")
    destination = TextField(default="")
    code_hash = TextField(index=True)
    created_at = UtcField()
    expires_at = UtcField()
    used_at = UtcField(null=True)
    tries = IntegerField(default=0)


class Captcha(Base):
    """A picture asked for by a form: bound to it, one-time, expiring. The id is random, so none can be walked."""

    form = TextField()
    answer = TextField()
    created_at = UtcField()
    expires_at = UtcField()
    used_at = UtcField(null=True)


class Text(Base):
    """An immutable version of a text («Пользовательское соглашение»…); consents point at what was read."""

    slug = TextField()
    supplier = ForeignKeyField(Supplier, null=True)
    version = IntegerField()
    title = TextField()
    body = TextField()
    published_at = UtcField()

    class Meta:
        indexes = ((("slug", "supplier", "version"), True),)


Text.add_index(Text.index(Text.slug, Text.version, unique=True, where=Text.supplier.is_null(), name="text_common"))


class Consent(Base):
    """A tick the resident made (or took back) under a version of a text: when and from where (152-ФЗ ст. 9)."""

    resident = ForeignKeyField(Resident, backref="consents", on_delete="CASCADE")
    text = ForeignKeyField(Text, backref="consents")
    is_given = BooleanField(default=True)
    at = UtcField()
    address = TextField(default="")


class Operator(Base):
    """A login that may work in the console: for one supplier, or for all (NULL). `role`: clerk, administrator."""

    resident = ForeignKeyField(Resident, backref="roles", on_delete="CASCADE")
    supplier = ForeignKeyField(Supplier, null=True)
    role = TextField(default="clerk")

    class Meta:
        indexes = ((("resident", "supplier"), True),)


Operator.add_index(
    Operator.index(Operator.resident, unique=True, where=Operator.supplier.is_null(), name="operator_of_all")
)
