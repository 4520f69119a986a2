"""Suppliers, their services, tariffs and dated settings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from peewee import DateField, ForeignKeyField, IntegerField, ModelSelect, TextField, fn

from models.base import Base, MicroField
from models.prepared import Prepared


class Supplier(Base):
    """A utility whose accounts live here (exchange table `suppliers`)."""

    code = TextField(unique=True)
    name = TextField()
    short_name = TextField(default="")
    inn = TextField()
    kpp = TextField(default="")
    ogrn = TextField(default="")
    bank_account = TextField(default="")
    bank = TextField(default="")
    bik = TextField(default="")
    corr_account = TextField(default="")
    address = TextField(default="")
    phone = TextField(default="")
    email = TextField(default="")
    site = TextField(default="")
    hours = TextField(default="")
    run_id = IntegerField(null=True)

    @classmethod
    def by_name(cls) -> ModelSelect[Supplier]:
        return cls.select().order_by(cls.name)

    @property
    def title(self) -> str:
        """The name a card shows."""
        return str(self.short_name or self.name)


class Service(Base):
    """A service of a supplier; `kind` is one of the closed list of exchange.md («электроэнергия», «пени»…)."""

    supplier = ForeignKeyField(Supplier, backref="services")
    code = TextField()
    name = TextField()
    unit = TextField()
    kind = TextField()
    position = IntegerField(default=0)
    provider = TextField(default="")
    run_id = IntegerField(null=True)

    class Meta:
        indexes = ((("supplier", "code"), True),)


class Tariff(Base):
    """A price of a service from a day on, for a scale and a category of consumers ("" = one price, the rest)."""

    service_id: int
    service = ForeignKeyField(Service, backref="tariffs")
    scale = TextField(default="")
    since = DateField()
    category = TextField(default="")
    price = MicroField()
    norm = MicroField(null=True)
    norm_base = TextField(default="")
    run_id = IntegerField(null=True)

    class Meta:
        indexes = ((("service", "scale", "since", "category"), True),)

    @classmethod
    def in_force(cls, services: Iterable[int], day: date) -> ModelSelect[Tariff]:
        """The newest price of each service, scale and category that has begun by the day."""
        wanted = cls.service.in_(list(services))
        return cls.select().where(wanted, cls.since == cls.begun(day)).order_by(cls.id)

    @classmethod
    def begun(cls, day: date) -> ModelSelect[Tariff]:
        """The day when the newest price of this row's service, scale and category began: a subquery of the row."""
        newer = cls.alias()
        return newer.select(fn.MAX(newer.since)).where(
            newer.service == cls.service,
            newer.scale == cls.scale,
            newer.category == cls.category,
            newer.since <= day,
        )

    @classmethod
    def of_suppliers(cls, suppliers: Iterable[int], day: date) -> ModelSelect[Tariff]:
        """The prices in force of the suppliers' services, each with service and supplier: one query."""
        return (
            cls.select(cls, Service, Supplier)
            .join(Service)
            .join(Supplier)
            .where(Service.supplier.in_(list(suppliers)), cls.since == cls.begun(day))
            .order_by(Supplier.name, Supplier.id, Service.position, Service.id, cls.scale, cls.category)
        )


class SupplierSetting(Base):
    """A dated setting of a supplier (None = of all): JSON text under a key; the newest not after the day rules."""

    supplier_id: int | None
    supplier = ForeignKeyField(Supplier, null=True, backref="settings")
    key = TextField()
    since = DateField()
    value = TextField()

    class Meta:
        indexes = ((("supplier", "key", "since"), True),)

    @classmethod
    def in_force(cls, day: date) -> list[SupplierSetting]:
        """All settings that have begun by the day, oldest first: a later row of the same key overrides."""
        return _SETTINGS(day=day)

    @classmethod
    def of_day(cls, supplier: Supplier | None, key: str, since: date) -> SupplierSetting | None:
        """The row of a key that begins on the very day; a unique index alone holds NULL suppliers apart."""
        whose = cls.supplier.is_null() if supplier is None else cls.supplier == supplier
        found: SupplierSetting | None = cls.select().where(whose, cls.key == key, cls.since == since).first()
        return found

    @classmethod
    def has(cls, key: str) -> bool:
        """Has anybody set the key, of one supplier or of all?"""
        return bool(cls.select().where(cls.key == key).exists())

    @classmethod
    def planned(cls, supplier: Supplier, day: date) -> list[SupplierSetting]:
        """The supplier's own settings that begin after the day, soonest first."""
        rows = cls.select().where(cls.supplier == supplier, cls.since > day)
        return list(rows.order_by(cls.since, cls.key, cls.id))

    @classmethod
    def of_supplier(cls, supplier: Supplier, number: int) -> SupplierSetting | None:
        """The row of this id, where it is the supplier's."""
        found: SupplierSetting | None = cls.get_or_none(cls.id == number, cls.supplier == supplier)
        return found


_SETTINGS: Prepared[SupplierSetting] = Prepared(
    lambda day: (
        SupplierSetting.select()
        .where(SupplierSetting.since <= day)
        .order_by(SupplierSetting.since, SupplierSetting.id)
    )
)
