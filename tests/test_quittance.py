"""Quittance on paper: what a person reads and a phone scans on the pages of the PDF."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from documents import wording
from documents.page import BOTTOM, LEFT, POINT, RIGHT, Style, width, wrap
from documents.payment_code import PaymentCode, parse, payload
from documents.quittance import ChargeLine, MeterLine, Payee, Quittance, ReferenceLine, render, render_many

SUPPLIER = Payee(
    name="ООО «Берёзовая роща»",
    inn="7707083893",
    kpp="770701001",
    ogrn="1027700132195",
    account="40702810138250123017",
    bank="ПАО СБЕРБАНК",
    bic="044525225",
    corr_account="30101810400000000225",
    address="г. Светлоречье, ул. Мира, д. 5",
    phone="8 800 100-20-30",
    email="dom@roscha.example.org",
    site="roscha.example.org",
    hours="пн–пт 8:00–17:00",
)
CODE = PaymentCode(
    name=SUPPLIER.name,
    personal_acc=SUPPLIER.account,
    bank_name=SUPPLIER.bank,
    bic=SUPPLIER.bic,
    corresp_acc=SUPPLIER.corr_account,
    payee_inn=SUPPLIER.inn,
    kpp=SUPPLIER.kpp,
    sum_kopecks=148533,
    purpose="Оплата ЖКУ по ЛС 5500190347",
    pers_acc="5500190347",
    period=date(2026, 10, 1),
    last_name="Соколова",
    first_name="Анна",
    middle_name="Викторовна",
    payer_address="г. Светлоречье, ул. Лесная, д. 12, кв. 45",
)
LINK = "https://lk.example.org/r/AbCdEfGhIjKlMnOpQrStUvWxYz012345"
BILL = Quittance(
    number="136",
    period=date(2026, 10, 1),
    issued_on=date(2026, 10, 31),
    due_on=date(2026, 11, 15),
    supplier=SUPPLIER,
    account_number="5500190347",
    opening=0,
    charged=382487,
    recalculated=-12640,
    paid=221314,
    to_pay=148533,
    els="80РС000001",
    holder="Соколова Анна Викторовна",
    address="г. Светлоречье, ул. Лесная, д. 12, кв. 45",
    area="50,50",
    registered="2",
    meters=(
        MeterLine("Электроэнергия", "38002134", "День", "кВт*ч", "015 589", "015 737", "148", date(2032, 1, 2)),
        MeterLine("Холодная вода", "00120006", "", "м³", "321,006", "324,730", "3,724"),
    ),
    lines=(
        ChargeLine("Содержание жилья", 113120, 113120, unit="м²", volume="50,50", tariff="22,40"),
        ChargeLine("Холодная вода", 15365, 15365, unit="м³", volume="3,724", method="прибор", tariff="41,26"),
        ChargeLine("Обращение с ТКО", 25280, 12640, recalculated=-12640, unit="чел.", provider="«Чистый город»"),
    ),
    code=CODE,
    readings_url=LINK,
    note="Приём показаний с 15 по 25 число.",
)
LONG = "Содержание и текущий ремонт общего имущества собственников помещений в многоквартирном доме " * 4


def opened(data: bytes) -> pypdfium2.PdfDocument:
    return pypdfium2.PdfDocument(data)


def page_texts(data: bytes) -> list[str]:
    """Text of every page, blanks of all kinds made one."""
    return [re.sub(r"\s+", " ", page.get_textpage().get_text_range()) for page in opened(data)]


def text_of(bill: Quittance) -> str:
    return " ".join(page_texts(render(bill)))


def codes_of(data: bytes, dpi: int = 200) -> list[bytes]:
    """What a camera reads from the pages, upper codes first."""
    found = [code for page in opened(data) for code in zxingcpp.read_barcodes(page.render(scale=dpi / 72).to_pil())]
    return [code.bytes for code in sorted(found, key=lambda code: code.position.top_left.y)]


def test_bill_stands_on_one_page_with_all_that_is_on_it():
    (text,) = page_texts(render(BILL))
    for expected in (
        "Платёжный документ (счёт) № 136",
        "за октябрь 2026 года",
        "Соколова Анна Викторовна",
        "г. Светлоречье, ул. Лесная, д. 12, кв. 45",
        "Лицевой счёт 5500190347",
        "80РС000001",
        "50,50 м², зарегистрировано: 2",
        "ООО «Берёзовая роща»",
        "7707083893, 770701001, 1027700132195",
        "40702810138250123017",
        "ПАО СБЕРБАНК, 044525225",
        "К оплате 1 485,33 ₽ Оплатить до 15 ноября 2026",
        "2. Показания счётчиков",
        "38002134",
        "015 737",
        "02.01.2032",
        "3. Расчёт размера платы",
        "Содержание жилья",
        "«Чистый город»",
        "−126,40",
        "Приём показаний с 15 по 25 число.",
    ):
        assert expected in text


def test_sums_of_the_movement_and_of_the_lines_are_printed_as_given():
    text = text_of(BILL)
    assert "Долг на 1 октября 2026" in text
    for figure in ("3 824,87", "−2 213,14", "1 131,20"):
        assert figure in text
    assert "Итого 1 537,65 −126,40 1 411,25" in text


def test_phone_reads_the_bill_and_the_link_from_the_page():
    assert codes_of(render(BILL)) == [payload(CODE), LINK.encode()]
    read = parse(codes_of(render(BILL), dpi=150)[0])
    assert read["Sum"] == str(BILL.to_pay)
    assert read["PersAcc"] == BILL.account_number
    assert read["PaymPeriod"] == "102026"


def test_file_names_itself_and_its_language():
    data = render(BILL)
    assert opened(data).get_metadata_value("Title") == "Платёжный документ №\xa0136 за октябрь\xa02026\xa0года"
    assert b"/Lang (ru-RU)" in data
    assert b"/DisplayDocTitle true" in data


def test_file_is_light():
    assert len(render(BILL)) <= 45_000


def test_same_bill_gives_the_same_bytes_in_any_thread():
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(render, [BILL] * 16)) == {render(BILL)}


def test_sixty_lines_go_on_to_further_pages_under_the_same_head():
    lines = tuple(replace(BILL.lines[n % 3], service=f"Услуга № {n}") for n in range(60))
    first, *further = page_texts(render(replace(BILL, lines=lines)))
    whole = " ".join([first, *further])
    assert [f"Услуга № {n} " in whole for n in range(60)] == [True] * 60
    assert "Продолжение на листе 2" in first
    for number, text in enumerate(further, start=2):
        assert f"лицевой счёт 5500190347 Лист {number}" in text
        assert "Начислено Перерасчёт Итого" in text
    assert whole.count("Итого 30 753,00") == 1
    assert "Итого 30 753,00" in further[-1]
    assert "Продолжение на листе" not in further[-1]


@pytest.mark.parametrize("count", range(14, 26))
def test_total_never_stands_alone_on_a_page(count):
    *_, last = page_texts(render(replace(BILL, lines=BILL.lines[:1] * count, note="")))
    assert re.search(r"Содержание жилья м² 50,50 22,40 1 131,20 1 131,20 Итого [\d ]+,\d\d", last)


def pitch(count: int) -> float:
    """Points between the rows of a bill of one page."""
    return pitch_of(replace(BILL, lines=BILL.lines[:1] * count))


def pitch_of(bill: Quittance) -> float:
    (page,) = opened(render(bill))
    text = page.get_textpage()
    found = text.search("Содержание жилья")
    first, second = (text.get_charbox(found.get_next()[0])[1] for _ in range(2))
    return first - second


def test_rows_close_up_where_that_saves_a_page():
    assert pitch(15) < pitch(9)


def test_rows_close_up_to_keep_the_sections_below_on_the_page():
    reference = (ReferenceLine("Холодная вода", "м³", "4,5 на чел."),) * 3
    airy, close = (replace(BILL, lines=BILL.lines[:1] * count, reference=reference) for count in (7, 8))
    assert pitch_of(close) < pitch_of(airy)


def test_the_flat_at_the_end_of_a_long_address_is_not_cut_off():
    address = "Новосибирская область, Новосибирский район, рабочий посёлок Краснообск, микрорайон Западный-2, улица "
    assert "д. 127/4, корп. 3, кв. 1045" in text_of(
        replace(BILL, address=f"{address}Имени Пятидесятилетия Октябрьской Революции, д. 127/4, корп. 3, кв. 1045")
    )


def test_overpayment_is_said_in_words_and_carries_no_code():
    bill = replace(BILL, opening=-500000, to_pay=-31240, code=None, readings_url=None)
    text = text_of(bill)
    assert "Переплата 312,40 ₽ Платить не нужно: сумма учтётся в следующем счёте" in text
    assert "Переплата на 1 октября 2026" in text
    assert "Оплатить до" not in text
    assert "QR" not in text
    assert codes_of(render(bill)) == []


def test_nothing_to_pay_is_said():
    assert "К оплате 0,00 ₽ Платить не нужно: долга нет" in text_of(replace(BILL, to_pay=0, code=None))


def test_masked_bill_tells_neither_who_nor_where():
    data = render(replace(BILL, masked=True))
    text = " ".join(page_texts(data))
    for hidden in ("Соколова", "Анна", "Викторовна", "Лесная", "80РС000001", "50,50 м²", "38002134", "00120006"):
        assert hidden not in text
    assert "Имя и адрес скрыты" in text
    assert "5500190347" in text
    (code,) = codes_of(data)  # and none to send readings by
    read = parse(code)
    assert not {"LastName", "FirstName", "MiddleName", "PayerAddress"} & read.keys()
    assert (read["Sum"], read["PersAcc"]) == ("148533", "5500190347")
    assert all("Соколова" not in value for value in opened(data).get_metadata_dict().values())


def test_requisites_that_no_bank_would_take_print_without_a_code():
    bill = replace(BILL, code=replace(CODE, bic=""), readings_url=None)
    assert codes_of(render(bill)) == []
    assert "К оплате 1 485,33 ₽" in text_of(bill)


def test_sections_and_columns_without_data_are_left_out():
    text = text_of(replace(BILL, meters=(), readings_url=None, lines=BILL.lines[:1], note=""))
    assert "Показания счётчиков" not in text
    for column in ("Способ", "Перерасчёт ", "Льгота", "СОИ"):
        assert column not in text
    assert "3. Расчёт размера платы" not in text_of(replace(BILL, lines=()))


def test_norms_and_the_house_stand_in_the_fourth_section_and_reasons_in_the_sixth():
    line = replace(BILL.lines[2], recalculated_for=date(2026, 9, 1), reason="один человек отсутствовал 12 дней")
    water = ReferenceLine("Холодная вода", "м³", "4,5 на чел.", "324,730", "3 214,8", "3 100", "114,8")
    text = text_of(replace(BILL, lines=(*BILL.lines[:2], line), reference=(water,)))
    order = [text.index(title) for title in ("3. Расчёт", "4. Справочная информация", "6. Перерасчёты")]
    assert order == sorted(order)
    assert "Холодная вода м³ 4,5 на чел. 324,730 3 214,8 3 100 114,8" in text
    assert "Обращение с ТКО сентябрь 2026 −126,40 один человек отсутствовал 12 дней" in text
    assert "5." not in text[order[1] : order[2]]
    assert "отсутствовал" not in text_of(replace(BILL, lines=(line,), masked=True))


def test_sections_without_data_are_not_there():
    text = text_of(replace(BILL, lines=BILL.lines[:1]))
    assert "4. Справочная" not in text and "6. Перерасчёты" not in text


def test_readings_can_be_sent_by_a_bill_without_meters():
    assert codes_of(render(replace(BILL, meters=(), code=None))) == [LINK.encode()]


def test_the_least_a_bill_may_have_prints():
    bill = Quittance("1", date(2026, 1, 1), date(2026, 1, 31), None, Payee("Водоканал"), "42", 0, 0, 0, 0, 0)
    (text,) = page_texts(render(bill))
    assert "Водоканал" in text
    assert "за январь 2026 года" in text


def test_several_bills_start_on_pages_of_their_own_and_share_the_type():
    bills = [replace(BILL, number=str(number)) for number in (7, 8, 9)]
    data = render_many(bills)
    assert [f"№ {bill.number} " in text for bill, text in zip(bills, page_texts(data), strict=True)] == [True] * 3
    assert len(data) < 2 * len(render(BILL))
    assert opened(data).get_metadata_value("Title") == "Платёжные документы: 3"


def outside(data: bytes) -> list[str]:
    """Signs that leave the margins of the page."""
    left, right, foot = LEFT / POINT - 1, RIGHT / POINT + 1, 297 / POINT - (BOTTOM + 10) / POINT
    strays = []
    for page in opened(data):
        text = page.get_textpage()
        for n in range(text.count_chars()):
            x1, y1, x2, _ = text.get_charbox(n)
            if x1 < left or x2 > right or y1 < foot:
                strays.append(text.get_text_range(n, 1))
    return strays


def test_overlong_words_and_sums_stay_inside_the_margins():
    line = ChargeLine(
        LONG,
        charged=99999999999,
        total=-99999999999,
        recalculated=-12345678901,
        benefit=12345678901,
        unit="тыс. кВт*ч на человека",
        volume="123 456 789,123456",
        volume_common="12 345,678901",
        method="среднее",
        tariff="12 345,678901",
        provider="Ж" * 200,
    )
    supplier = replace(SUPPLIER, name=LONG, address="Щ" * 300, hours=LONG)
    bill = replace(
        BILL,
        number="КВ-0000123456/2026-10-ДОП-КОРРЕКТИРОВКА",
        holder="Константинопольский-" * 9,
        address=LONG,
        account_number="Ж" * 30,
        to_pay=99999999999999,
        supplier=supplier,
        lines=(line, *BILL.lines),
        note=LONG * 3,
    )
    data = render(bill)
    assert outside(data) == []
    text = "".join(page_texts(data)).replace(" ", "")
    assert LONG.replace(" ", "") in text
    assert "999 999 999,99".replace(" ", "") in text


def test_letters_of_the_peoples_of_russia_print_as_they_are():
    assert "Нәфисә Өмет-Җаңы Һибәтуллина" in text_of(replace(BILL, holder="Нәфисә Өмет-Җаңы Һибәтуллина"))


def test_signs_that_the_type_lacks_are_replaced_by_their_kin():
    text = text_of(replace(BILL, holder="И\u0306ван\u2003ﬁ\u200b①\x00", address="漢字 🏠"))
    assert "Иван fi1" in text


@settings(max_examples=25, deadline=None)
@given(
    name=st.text(max_size=200),
    service=st.text(max_size=200),
    tariff=st.text(max_size=60),
    to_pay=st.integers(min_value=-(10**14), max_value=10**14),
    lines=st.integers(min_value=0, max_value=40),
)
def test_no_text_breaks_the_page(name, service, tariff, to_pay, lines):
    line = ChargeLine(service, charged=to_pay, total=to_pay, tariff=tariff, unit=tariff, provider=name)
    meter = MeterLine(service, name, tariff)
    bill = replace(
        BILL, holder=name, number=tariff, to_pay=to_pay, lines=(line,) * lines, meters=(meter,), note=service
    )
    assert outside(render(bill)) == []


def test_wrapped_lines_fit_and_lose_nothing():
    style = Style(9)
    lines = wrap(LONG, style, 40)
    assert " ".join(lines) == LONG.strip()
    assert max(width(line, style) for line in lines) <= 40
    assert wrap("Ж" * 100, style, 40)[0] != "Ж" * 100
    assert wrap(LONG, style, 40, most=2)[1].endswith("…")
    assert wrap("", style, 40) == []
    assert wrap("кв.\xa012\xa034", style, 5) != []


@pytest.mark.parametrize(
    ("kopecks", "printed"),
    [(0, "0,00"), (5, "0,05"), (-5, "−0,05"), (123450, "1\xa0234,50"), (-100000000, "−1\xa0000\xa0000,00")],
)
def test_sums_in_print(kopecks, printed):
    assert wording.money(kopecks) == printed
    assert wording.rubles(kopecks) == f"{printed}\xa0₽"


def test_dates_in_print():
    assert wording.day(date(2026, 11, 5)) == "5\xa0ноября\xa02026"
    assert wording.short_day(date(2026, 11, 5)) == "05.11.2026"
    assert wording.month(date(2026, 5, 1)) == "май\xa02026\xa0года"
    assert wording.held("г. Рязань, ул. Мира, д. 5, офис 12") == "г.\xa0Рязань, ул.\xa0Мира, д.\xa05, офис\xa012"
