"""The console's operators: the list, an invitation, rights, and the second step before the console."""

from __future__ import annotations

import re

import pyotp
import pytest
from flask import Flask

import clock
from models import Audit, Device, Operator, Outbox, Resident
from tests import factories
from tests.client import Page, PageClient
from tests.portal import switched
from tests.queries import counted

ALL = {None: "administrator"}


@pytest.fixture
def boss(database: Flask) -> Resident:
    return factories.operator(role="administrator", email="boss@example.org", surname="", name="")


@pytest.fixture
def admin(client: PageClient, boss: Resident) -> PageClient:
    return client.sign_in(boss)


def secret_of(page: Page) -> str:
    return "".join(re.findall(r'<span class="keep num">(\w+)</span>', page.text))


def code_of(page: Page) -> str:
    return str(pyotp.TOTP(secret_of(page)).at(clock.now()))


def test_the_list_says_who_works_with_what(admin: PageClient) -> None:
    factories.operator(factories.supplier(name="АО «Водоканал»"), email="olga@example.org")
    page = admin.get("/admin/operators")
    assert "boss@example.org администратор: все поставщики" in page
    assert "olga@example.org оператор: АО «Водоканал»" in page


def test_the_list_asks_as_often_for_many(admin: PageClient) -> None:
    with counted() as few:
        admin.get("/admin/operators")
    for _ in range(5):
        factories.operator(factories.supplier())
    with counted() as many:
        admin.get("/admin/operators")
    assert len(many) == len(few) <= 9


def test_an_invitation_goes_out_and_the_operator_stands_in_the_list(admin: PageClient) -> None:
    supplier = factories.supplier(name="АО «Водоканал»")
    form = {"email": "olga@example.org", f"role-{supplier.id}": "clerk", "role-all": ""}
    assert admin.post("/admin/operators", form).location == "/admin/operators"
    page = admin.get("/admin/operators")
    assert "Приглашение отправляется на olga@example.org" in page and "ещё не задал пароль" in page
    assert Outbox.get().kind == "operator-invited"


def test_an_invited_operator_sets_his_password_and_comes_in(app: Flask, admin: PageClient) -> None:
    from services import operators

    link = operators.create("olga@example.org", "clerk", None, clock.now(), base_url="")
    newcomer = PageClient(app)
    newcomer.get(link)
    newcomer.post(link, {"password": "Dlinnyj-2-parol", "password_again": "Dlinnyj-2-parol"})
    newcomer.post("/sign-in", {"login": "olga@example.org", "password": "Dlinnyj-2-parol"})
    assert newcomer.get("/admin/").status == 200


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"email": "", "role-all": "clerk"}, "Заполните поле"),
        ({"email": "nobody", "role-all": "clerk"}, "Проверьте адрес"),
        ({"email": "o@example.org"}, "Выберите, с какими поставщиками"),
        ({"email": "o@example.org", "role-all": "king"}, "Выберите, с какими поставщиками"),
        ({"email": "boss@example.org", "role-all": "clerk"}, "уже оператор"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(admin: PageClient, form: dict[str, str], said: str) -> None:
    page = admin.post("/admin/operators", form, status=422)
    assert said in page and page.value("email") == form["email"]
    assert ("selected>оператор" in page.text) is (form.get("role-all") == "clerk")
    assert not Audit.select().exists()


def test_rights_are_changed_on_the_operators_page(admin: PageClient) -> None:
    olga = factories.operator()
    page = admin.get(f"/admin/operators/{olga.id}")
    form = {"seen": page.value("seen"), "role-all": "administrator"}
    assert admin.post(page.url, form).location == f"/admin/operators/{olga.id}"
    assert Operator.roles_of(olga) == ALL
    stale = admin.post(page.url, {"seen": page.value("seen"), "role-all": "clerk"}, status=422)
    assert "в другом окне" in stale and stale.value("seen") == "all:administrator"


def test_nothing_chosen_asks_for_the_button_that_says_so(admin: PageClient) -> None:
    olga = factories.operator()
    page = admin.get(f"/admin/operators/{olga.id}")
    assert "Снять все права" in admin.post(page.url, {"seen": page.value("seen")}, status=422)
    admin.post(page.url, {"seen": page.value("seen"), "none": "1", "role-all": "clerk"})
    assert not Operator.is_one(olga) and "Права сняты" in admin.get("/admin/operators")
    admin.get(page.url, status=404)


def test_the_console_closes_at_once_for_whoever_lost_his_rights(app: Flask, admin: PageClient) -> None:
    olga = factories.operator()
    hers = PageClient(app).sign_in(olga)
    hers.get("/admin/")
    admin.post(f"/admin/operators/{olga.id}", {"seen": "all:clerk", "none": "1"})
    hers.get("/admin/", status=404)


def test_ones_own_page_has_no_form_and_takes_none(admin: PageClient, boss: Resident) -> None:
    factories.operator(role="administrator")
    url = f"/admin/operators/{boss.id}"
    assert "Свои права не меняют" in admin.get(url) and "Снять все права" not in admin.get(url)
    page = admin.post(url, {"seen": "all:administrator", "none": "1"}, status=422)
    assert "Свои права не меняют" in page and Operator.roles_of(boss) == ALL


def test_the_letter_is_sent_once_more_while_there_is_no_password(admin: PageClient) -> None:
    olga = factories.operator()
    url = f"/admin/operators/{olga.id}"
    assert "Отправить письмо ещё раз" in admin.get(url)
    admin.post(f"{url}/link")
    assert Outbox.get().kind == "operator-invited" and Audit.get().action == "operator-link"
    Resident.update(password_hash="$x$").where(Resident.id == olga.id).execute()
    assert "Отправить письмо ещё раз" not in admin.get(url)


def test_the_page_leads_to_what_is_done_to_a_login(admin: PageClient) -> None:
    olga = factories.operator()
    links = admin.get(f"/admin/operators/{olga.id}").tree.links
    for act in ("factor", "sign-outs", "blocking"):
        assert f"/admin/residents/{olga.id}/{act}" in links
    admin.post(f"/admin/residents/{olga.id}/factor", {"reason": "Потерян телефон"})
    assert Resident.get_by_id(olga.id).factor == ""


def test_a_resident_has_no_page_of_an_operator(admin: PageClient) -> None:
    anna = factories.resident()
    for url in (f"/admin/operators/{anna.id}", "/admin/operators/999999"):
        admin.get(url, status=404)
        admin.post(url, {"role-all": "clerk"}, status=404)


@pytest.mark.parametrize("who", ["clerk", "administrator of one", "resident"])
def test_others_are_told_or_find_nothing(client: PageClient, boss: Resident, who: str) -> None:
    made = {
        "clerk": lambda: factories.operator(),
        "administrator of one": lambda: factories.operator(factories.supplier(), "administrator"),
        "resident": lambda: factories.resident(),
    }[who]()
    client.sign_in(made)
    status = 404 if who == "resident" else 403
    for url in ("/admin/operators", f"/admin/operators/{boss.id}"):
        client.get(url, status=status)
        assert ("Это делает администратор" in client.post(url, {"none": "1"}, status=status)) is (status == 403)
    client.post(f"/admin/operators/{boss.id}/link", status=status)
    assert Operator.roles_of(boss) == ALL and not Outbox.select().exists()


class TestSecondStep:
    """Outside the demo the console opens to those alone whose sign-in has two steps."""

    @pytest.fixture(autouse=True)
    def real(self, app: Flask) -> object:
        with switched(app, {}, demo=False, mail_url="smtp://localhost"):
            yield

    @pytest.fixture
    def olga(self, database: Flask) -> Resident:
        return factories.operator(factor="")

    def test_every_page_leads_to_the_setting_up(self, client: PageClient, olga: Resident) -> None:
        client.sign_in(olga)
        for url in ("/admin/", "/admin/residents", "/admin/audit"):
            assert client.get(url, status=303).location == "/admin/second-factor"
        assert client.http.post("/admin/topics", data={"csrf_token": client.csrf_token()}).status_code == 303
        assert not Audit.select().exists()

    def test_an_authenticator_opens_the_console(self, client: PageClient, olga: Resident) -> None:
        page = client.sign_in(olga).get("/admin/second-factor")
        client.get("/admin/second-factor/qr.png")
        assert "Код не подошёл" in client.post(page.url, {"totp": "000000"}, status=422)
        done = client.post(page.url, {"totp": code_of(page)}, status=200)
        assert len(re.findall(r'<code class="keep">', done.text)) == 10 and "/admin/" in done.tree.links
        assert Resident.get_by_id(olga.id).factor == "totp" and Device.select().count() == 1
        assert (Audit.get().action, Audit.get().after) == ("factor-on", '{"factor": "totp"}')
        client.get("/admin/")
        assert client.get(page.url, status=303).location == "/admin/"
        client.get("/admin/second-factor/qr.png", status=404)
        assert client.http.post(page.url, data={"csrf_token": client.csrf_token(), "totp": "1"}).location == "/admin/"

    def test_codes_by_letter_open_it_too(self, client: PageClient, olga: Resident) -> None:
        assert "Или код письмом" in client.sign_in(olga).get("/admin/second-factor")
        assert client.post("/admin/second-factor/codes").location == "/admin/"
        assert Resident.get_by_id(olga.id).factor == "code"
        assert "Второй шаг подключён" in client.get("/admin/")
        assert Audit.get().action == "factor-on" and Device.select().count() == 1

    def test_codes_that_go_nowhere_are_refused(self, client: PageClient, database: Flask) -> None:
        client.sign_in(factories.operator(factor="code", email_confirmed_at=None))
        assert client.get("/admin/", status=303).location == "/admin/second-factor"
        assert "Или код" not in client.get("/admin/second-factor")
        page = client.post("/admin/second-factor/codes", status=422)
        assert "Сначала подтвердите телефон или e-mail" in page

    def test_it_is_not_switched_off(self, client: PageClient, olga: Resident) -> None:
        from services import passwords

        olga.factor, olga.password_hash = "code", passwords.hashed("Dlinnyj-2-parol")
        olga.save()
        form = {"turn": "off", "password": "Dlinnyj-2-parol"}
        for htmx in (False, True):
            page = client.sign_in(olga).post("/profile/factor", form, status=422, htmx=htmx)
            assert "только со вторым шагом" in page
        assert Resident.get_by_id(olga.id).factor == "code"

    def test_a_reset_one_is_set_up_anew(self, client: PageClient, olga: Resident) -> None:
        from services import residents

        Resident.update(factor="totp").where(Resident.id == olga.id).execute()
        client.sign_in(olga).get("/admin/")
        boss = factories.operator(role="administrator")
        residents.reset_factor(Resident.get_by_id(olga.id), "Потерян телефон", boss, clock.now())
        assert client.sign_in(olga).get("/admin/", status=303).location == "/admin/second-factor"

    def test_a_resident_finds_no_such_page(self, client: PageClient, database: Flask) -> None:
        client.sign_in(factories.resident())
        client.get("/admin/second-factor", status=404)
        client.post("/admin/second-factor/codes", status=404)


def test_the_demo_is_free_of_it(client: PageClient, database: Flask) -> None:
    client.sign_in(factories.operator(factor="")).get("/admin/")
