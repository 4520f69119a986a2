"""A registry of the bank in the console, from the file to the resident's history; with scripts and without."""

from __future__ import annotations

from itertools import count

import pytest

from tests.banks import short_line
from tests.browser.conftest import SCREENS, Opener
from tests.browser.portal import Portal
from tests.browser.test_main_job import press
from tests.browser.test_pages import walk

WAYS = [(360, True), (1280, False)]
TURNS = count(1)


@pytest.mark.parametrize(("width", "scripts"), WAYS, ids=["phone", "desk no script"])
def test_a_registry_from_the_file_to_the_history(
    open_page: Opener, portal: Portal, administrator: dict[str, object], anna: dict[str, object], width: int,
    scripts: bool,
) -> None:  # fmt: skip
    turn = next(TURNS)
    known = portal.rows(
        "SELECT account.number, supplier.code FROM account JOIN link ON link.account_id = account.id "
        "JOIN resident ON resident.id = link.resident_id JOIN supplier ON supplier.id = account.supplier_id "
        "WHERE resident.email = 'anna@example.org' ORDER BY account.id"
    )[0]
    text = short_line(f"{turn}1", known["number"], f"{turn}23,45", day="20-11-2026")
    text += short_line(f"{turn}2", "0000999", "77,00") + short_line(f"{turn}2", "0000999", "77,00")
    text += "обрыв\r\n=4;1000,00;1000,00;0,00;77;21-11-2026\r\n"
    page = open_page(width, scripts, storage_state=administrator)
    page.goto("/admin/registries")
    page.set_input_files(
        "[name=file]", {"name": f"реестр {turn}.txt", "mimeType": "text/plain", "buffer": text.encode("cp1251")}
    )
    page.select_option("#supplier", known["code"])
    press(page, "Загрузить")
    page.wait_for_url("**/admin/registries/*")
    location = page.url.removeprefix(portal.url)
    page.get_by_text("Контрольная строка не").first.wait_for()
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"registry-preview-{width}.png", full_page=True)
    press(page, "Провести реестр")
    page.locator("#errors").wait_for()
    page.check("[name=confirm]")
    press(page, "Провести реестр")
    page.get_by_text("Проведено, ещё не учтено").first.wait_for()
    page.goto("/admin/registries/unknown")
    page.locator("main").get_by_role("link", name="Разобрать").last.click()
    page.wait_for_url("**/unknown/*")
    queue = page.url.removeprefix(portal.url)
    addresses = ["/admin/registries", location, "/admin/registries/unknown", queue, "/admin/reconciliation"]
    assert not walk(page, addresses, width)
    page.goto(queue)
    page.fill("[name=reason]", "Вернули банку")
    press(page, "Отклонить")
    page.wait_for_url("**/registries/unknown")
    resident = open_page(width, scripts, storage_state=anna)
    resident.goto("/history?kind=payments")
    assert f"{turn}23,45" in resident.locator("main").inner_text()
