"""A letter of every kind that the portal writes, waiting to be sent."""

from __future__ import annotations

from models import Checkout, Order, OrderLine, Refund
from services import challenges, recovery, texts
from services.challenges import Way
from services.limits import Visitor
from services.sign_in import Login
from tests import factories
from tests.factories import NOW
from tests.post import put

EITHER = (challenges.ACCOUNT_REGISTRATION, challenges.CONTACT, challenges.FACTOR)  # letters and messages
CODED = [(challenges.PHONE_REGISTRATION, "sms"), *((errand, way) for errand in EITHER for way in ("email", "sms"))]
HERE = Visitor(key="k" * 32)


def put_every_kind() -> None:
    """A letter of every kind, and a message where the kind has one; `texts.seed` and all that they speak of."""
    texts.seed(NOW)
    waiting = factories.resident(email="new@example.org", state="waiting")
    anna = factories.resident(email="anna@example.org")
    account = factories.account(number="0012-3/4")
    checkout = Checkout.create(resident=anna, once="o", created_at=NOW)
    order = Order.create(
        checkout=checkout, supplier=account.supplier, gateway="testbank", number="129", amount=123450, fee=100,
        created_at=NOW, expires_at=NOW,
    )  # fmt: skip
    OrderLine.create(order=order, account=account, amount=123450)
    recovery.ask(Login("email", "anna@example.org"), HERE, NOW, "page")
    put("k1", "activation", resident=waiting, destination="")
    put("k2", "password-changed", resident=anna, destination="")
    for kind in ("account-linked", "account-shared"):
        put(kind, kind, resident=anna, destination="", account=account.id)
    put("k8", "token-made", resident=anna, destination="", token=factories.token(anna)[0].id)
    put("k3", "payment-received", resident=anna, destination="", order=order.id)
    back = Refund.create(order=order, key="r", amount=5000, asked_at=NOW, done_at=NOW)
    put("k9", "payment-refunded", resident=anna, destination="", refund=back.id)
    for kind, run in factories.autopay_runs(factories.link(anna, account)).items():
        put(kind, kind, resident=anna, destination="", run=run.id)
    for kind in ("known-email", "known-account", "contact-changed", "deleted"):
        put(kind, kind)
    for kind, state in (("request-approved", "approved"), ("request-refused", "refused")):
        asked = factories.request(anna, account=account, state=state, reason="Документ не читается", comment="evil")
        put(kind, kind, resident=anna, destination="", request=asked.id)
    notice = factories.notice("Отключение воды", body="С 10 часов.", link_url="/accounts", link_label="Счета")
    for kind in ("notice", "offer"):
        put(kind, kind, resident=anna, notice=notice.id)
    owed = factories.account(account.supplier)
    factories.link(anna, owed)
    meter = factories.meter(owed, verified_until=factories.TODAY)
    factories.balance(owed, 100_00)
    [register] = meter.registers
    refused = factories.reading(
        register, 5, factories.TODAY, origin="resident", state="rejected", reason="Переставлены цифры."
    )
    day = factories.TODAY.toordinal()
    window = {"supplier": owed.supplier_id, "starts": day - 5, "ends": day + 5}
    anna.monthly_bill = True
    anna.save()
    reminded = {
        "readings-open": window, "readings-closing": window, "verification": {"meter": meter.id},
        "bill": {"bill": factories.bill(owed, due_on=factories.TODAY).id}, "payment-due": {"day": day},
        "reading-rejected": {"reading": refused.id},
    }  # fmt: skip
    for kind, ids in reminded.items():
        put(kind, kind, resident=anna, **ids)
        put(f"{kind}-sms", kind, resident=anna, channel="sms", destination="+79123456789", **ids)
    put("linked", "messenger-linked", channel="telegram", destination="77")
    message = factories.appeal(anna, subject="Вода").messages.get()
    put("k10", "appeal-answered", resident=anna, destination="", message=message.id)
    applied = factories.application(anna, state="returned", reason="Нет подписи")
    put("k11", "application-decided", resident=anna, destination="", application=applied.id)
    put("k12", "operator-invited", resident=factories.operator(), destination="")
    put("k7", "invitation", row=factories.invitation().id)
    put("k5", "account-registered", account=account.id)
    put("k6", "known-phone", channel="sms", destination="+79123456789")
    for errand, channel in CODED:
        way = Way(channel, "+79123456789" if channel == "sms" else "boris@example.org")
        challenges.start(errand, way, HERE, NOW, f"{errand.name}-{channel}", whose=channel)
