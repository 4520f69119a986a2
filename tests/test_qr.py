"""Payment QR code: the string of ГОСТ Р 56042-2014 byte for byte, its picture, the tolerant reader, requisites."""

import hashlib
from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from documents import requisites
from documents.payment_code import LIMITS, MANDATORY, PaymentCode, parse, payload, png

VODOKANAL = PaymentCode(
    name='ООО "Водоканал Пример"',
    personal_acc="40702810138250123017",
    bank_name="ПАО СБЕРБАНК",
    bic="044525225",
    corresp_acc="30101810400000000225",
    payee_inn="7707083893",
    kpp="770701001",
    sum_kopecks=148533,
    purpose="Оплата услуг водоснабжения ЛС 0012345678",
    pers_acc="0012345678",
    period=date(2026, 10, 1),
    last_name="Иванов",
    first_name="Иван",
    middle_name="Иванович",
    payer_address="г. Рязань, ул. Ленина, д. 10, кв. 15",
)


def mandatory_block(data: bytes) -> bytes:
    pairs = data[8:].split(b"|")
    return b"|".join(pair for pair in pairs if pair.split(b"=")[0].decode() in MANDATORY)


def test_string_in_utf8_is_the_known_one():
    data = payload(VODOKANAL)
    assert len(data) == 471
    assert hashlib.sha256(data).hexdigest() == "93eab9d46b472d2402b329cfc8d18e5b89a78772e204db8db5130e388361276c"
    assert len(mandatory_block(data)) == 157


def test_string_in_windows_1251_is_the_known_one():
    data = payload(VODOKANAL, charset="1")
    assert len(data) == 380
    assert hashlib.sha256(data).hexdigest() == "4975a3351b6b7a0c17283600476fd0b4b31bab9feb01cf119422d111d1da7d37"
    assert data[:18].hex(" ") == "53 54 30 30 30 31 31 7c 4e 61 6d 65 3d ce ce ce 20 22"
    assert len(mandatory_block(data)) == 128


def test_koi8_string_reads_back():
    data = payload(VODOKANAL, charset="3")
    assert data.startswith(b"ST00013|")
    assert parse(data) == parse(payload(VODOKANAL))


def test_empty_values_and_a_sum_of_nothing_are_left_out():
    for kopecks in (0, -31240):
        read = parse(payload(replace(VODOKANAL, sum_kopecks=kopecks, kpp="", last_name=" ", middle_name="")))
        assert not {"Sum", "KPP", "LastName", "MiddleName"} & read.keys()


def test_treasury_account_that_begins_with_zero_makes_a_code():
    code = replace(VODOKANAL, personal_acc="03100643000000013400", bic="012520101", corresp_acc="")
    assert parse(payload(code))["PersonalAcc"] == "03100643000000013400"


def test_bank_without_a_correspondent_account_is_written_as_zero():
    assert parse(payload(replace(VODOKANAL, corresp_acc="")))["CorrespAcc"] == "0"


def test_separator_and_line_ends_inside_values_become_blanks():
    read = parse(payload(replace(VODOKANAL, name="ООО|Вода\r\n «Чистая»", purpose="ЛС=1|2")))
    assert read["Name"] == "ООО Вода «Чистая»"
    assert read["Purpose"] == "ЛС=1 2"


@pytest.mark.parametrize("charset", ["1", "2", "3"])
def test_long_name_is_cut_so_that_the_mandatory_block_has_300_bytes(charset):
    data = payload(replace(VODOKANAL, name="Ж" * 400, bank_name="Щ" * 400), charset)
    assert len(mandatory_block(data)) <= 300
    read = parse(data)
    assert len(read["BankName"]) == 45
    assert set(read["Name"]) == {"Ж"}


@pytest.mark.parametrize(
    "change",
    [
        {"personal_acc": "4070281013825012301"},
        {"personal_acc": "407028101382501230177"},
        {"bic": "04452522"},
        {"corresp_acc": "301"},
        {"name": " "},
        {"bank_name": ""},
    ],
)
def test_misshapen_requisites_make_no_code(change):
    code = replace(VODOKANAL, **change)
    assert not code.is_complete
    with pytest.raises(ValueError):
        payload(code)


def test_reader_takes_any_separator_and_any_case():
    data = "ST00012#name=А|Б#PERSACC=0042#Purpose=x=y#sum=100#odd#=1#LastName=Null#KPP=#Мой=1#".encode()
    assert parse(data) == {"Name": "А|Б", "PersAcc": "0042", "Purpose": "x=y", "Sum": "100", "Мой": "1"}


def test_reader_believes_the_bytes_rather_than_the_charset_digit():
    assert parse("ST00011|Name=Вода".encode())["Name"] == "Вода"
    assert parse("ST00012|Name=Вода".encode("cp1251"))["Name"] == "Вода"


@pytest.mark.parametrize("data", [b"", b"ST00012", b"ST00014|Name=x", b"ST00012a", b"ST00012=Name", b"https://x"])
def test_other_bytes_are_no_payment_code(data):
    with pytest.raises(ValueError):
        parse(data)


@given(st.binary(max_size=300))
def test_reader_never_fails_otherwise(tail):
    read = parse(b"ST00012|" + tail)
    assert all(value and value == value.strip() for value in read.values())


def texts(key: str) -> st.SearchStrategy[str]:
    letters = st.characters(codec="utf-8", exclude_characters="|", exclude_categories=("C", "Z"))
    return st.text(letters, max_size=LIMITS[key]).filter(lambda text: text.lower() != "null")


@given(
    purpose=texts("Purpose"),
    pers_acc=texts("PersAcc"),
    last_name=texts("LastName"),
    payer_address=texts("PayerAddress"),
    sum_kopecks=st.integers(min_value=1, max_value=10**15),
    period=st.dates(),
)
def test_what_is_written_reads_back(purpose, pers_acc, last_name, payer_address, sum_kopecks, period):
    code = replace(
        VODOKANAL,
        purpose=purpose,
        pers_acc=pers_acc,
        last_name=last_name,
        payer_address=payer_address,
        sum_kopecks=sum_kopecks,
        period=period,
    )
    read = parse(payload(code))
    given_ = {"Purpose": purpose, "PersAcc": pers_acc, "LastName": last_name, "PayerAddress": payer_address}
    assert {key: read.get(key, "") for key in given_} == given_
    assert read["Sum"] == str(sum_kopecks)
    assert read["PaymPeriod"] == period.strftime("%m%Y")


@pytest.mark.parametrize("charset", ["1", "2"])
def test_picture_is_a_one_bit_png_that_decodes_to_the_same_bytes(charset):
    data = payload(VODOKANAL, charset)
    image = Image.open(BytesIO(png(data)))
    assert (image.format, image.mode) == ("PNG", "1")
    (found,) = zxingcpp.read_barcodes(image)
    assert found.bytes == data
    assert found.ec_level == "M"
    assert found.symbology_identifier == "]Q1"  # no ECI header: many bank apps do not understand it


def test_picture_has_a_quiet_zone_of_four_modules():
    image = Image.open(BytesIO(png(payload(VODOKANAL), scale=1)))
    assert image.size == (93, 93)  # version 17: 85 modules
    left, top, right, bottom = Image.eval(image.convert("L"), lambda tone: 255 - tone).getbbox()
    assert (left, top, right, bottom) == (4, 4, 89, 89)


def test_check_digits_of_taxpayers():
    assert requisites.is_inn("7707083893")
    assert requisites.is_inn("500100732259")
    for wrong in ("7707083894", "500100732258", "500100732249", "770708389", "", "77070838٩3", "7707083893 "):
        assert not requisites.is_inn(wrong)


def test_account_key_fits_its_bank_only():
    assert requisites.is_account("40702810138250123017", "044525225")
    assert requisites.is_account("40702810200000012345", "044525225")
    assert requisites.is_correspondent("30101810400000000225", "044525225")
    assert not requisites.is_account("40702810138250123018", "044525225")
    assert not requisites.is_account("40702810138250123017", "044525226")
    assert not requisites.is_correspondent("30101810400000000226", "044525225")
    assert not requisites.is_account("4070281013825012301", "044525225")
    assert not requisites.is_account("40702810138250123017", "04452522")


def test_treasury_accounts_carry_no_key():
    assert requisites.is_account("03100643000000013400", "012520101")
    assert not requisites.is_account("03100643000000013400", "044525226")
    assert requisites.is_correspondent("40102810145370000026", "012520101")


def test_registration_numbers_and_shapes():
    assert requisites.is_ogrn("1027700132195")
    assert not requisites.is_ogrn("1027700132196")
    assert requisites.is_ogrn("304500116000157")
    assert not requisites.is_ogrn("304500116000158")
    assert not requisites.is_ogrn("102770013219")
    assert requisites.is_kpp("770701001")
    assert requisites.is_kpp("7707AB001")
    assert not requisites.is_kpp("77070100")
    assert requisites.is_bic("044525225")
    assert not requisites.is_bic("44525225")
