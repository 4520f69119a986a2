"""Settings: everything that is wrong is named at once, and nothing else reads the environment."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import config

KEYS = {"ABONENT_SECRET_KEY": "s" * 32, "ABONENT_DATA_KEY": "d" * 32}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder without a portal.toml."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_two_keys_are_enough_to_start() -> None:
    settings = config.load(KEYS)
    assert settings.preset.name == "default"
    assert settings.database_url == "sqlite:///var/abonent.sqlite3"
    assert not settings.demo


def test_links_have_a_key_of_their_own_that_changes_without_the_sessions() -> None:
    derived = config.load(KEYS).reading_key
    assert len(derived) == 64 and derived != KEYS["ABONENT_SECRET_KEY"]
    assert config.load({**KEYS, "ABONENT_LINK_KEY": "l" * 32}).reading_key == "l" * 32
    with pytest.raises(config.SettingsError, match="ABONENT_LINK_KEY: нужен ключ не короче 32 знаков"):
        config.load({**KEYS, "ABONENT_LINK_KEY": "short"})


def test_all_faults_are_named_at_once(elsewhere: Path) -> None:
    (elsewhere / "portal.toml").write_text(
        'colour = "red"\ntimezone = "Moscow/Kremlin"\nswitches = {captcha = {registration = "maybe"}}\n'
        'words = {"no.such" = "слово"}\n',
        encoding="utf-8",
    )
    with pytest.raises(config.SettingsError) as fault:
        config.load(
            {
                "ABONENT_SECRET_KEY": "short",
                "ABONENT_DATABASE_URL": "mysql://x/y",
                "ABONENT_MAIL_URL": "http://mail",
                "ABONENT_TRUSTED_PROXIES": "10.0.0.0/8, elsewhere",
                "ABONENT_SECRETKEY": "a slip of the pen",
            }
        )
    named = str(fault.value)
    for expected in (
        "ABONENT_SECRET_KEY", "ABONENT_DATA_KEY", "ABONENT_DATABASE_URL", "ABONENT_MAIL_URL", "«elsewhere»",
        "ABONENT_SECRETKEY", "«colour»", "«Moscow/Kremlin»", "«registration = maybe»", "«no.such»",
    ):  # fmt: skip
        assert expected in named, f"not named: {expected}\n{named}"


def test_a_secret_may_lie_in_a_file(elsewhere: Path) -> None:
    (elsewhere / "key").write_text("k" * 40 + "\n", encoding="utf-8")
    settings = config.load({"ABONENT_SECRET_KEY_FILE": "key", "ABONENT_DATA_KEY": "d" * 32})
    assert settings.secret_key == "k" * 40


def test_a_file_that_cannot_be_read_is_named() -> None:
    with pytest.raises(config.SettingsError, match="ABONENT_SECRET_KEY_FILE"):
        config.load({"ABONENT_SECRET_KEY_FILE": "nowhere", "ABONENT_DATA_KEY": "d" * 32})


def test_a_named_portal_file_must_exist() -> None:
    with pytest.raises(config.SettingsError, match="absent.toml"):
        config.load({**KEYS, "ABONENT_CONFIG": "absent.toml"})


def test_the_portal_file_sets_name_zone_and_preset(elsewhere: Path) -> None:
    (elsewhere / "portal.toml").write_text(
        'name = "Омскводоканал"\ntimezone = "Asia/Omsk"\n[switches]\nremember = false\n', encoding="utf-8"
    )
    settings = config.load(KEYS)
    assert (settings.name, settings.timezone, settings.preset.remember) == ("Омскводоканал", "Asia/Omsk", False)


def test_a_missing_channel_warns_and_demo_mode_counts_as_one() -> None:
    assert any("ABONENT_MAIL_URL" in warning for warning in config.load(KEYS).warnings)
    assert config.load({**KEYS, "ABONENT_DEMO": "1"}).warnings == ()


def test_https_makes_the_cookies_secure() -> None:
    assert config.load({**KEYS, "ABONENT_BASE_URL": "https://lk.example.org/"}).is_secure
    assert config.load({**KEYS, "ABONENT_BASE_URL": "https://lk.example.org/"}).base_url == "https://lk.example.org"
    assert not config.load(KEYS).is_secure


SBER = """
[gateways.sber]
url = "https://securepayments.sberbank.ru/payment/rest/"

[gateways.voda-2]
engine = "sber"
url = "https://ecommerce.sberbank.ru/ecomm/gw/partner/api/v1/"
style = "json"
"""
SECRETS = {
    "ABONENT_GATEWAY_SBER_USER": "voda-api",
    "ABONENT_GATEWAY_SBER_PASSWORD": "p",
    "ABONENT_GATEWAY_VODA_2_TOKEN_FILE": "token",
}


def test_a_gateway_takes_its_secrets_from_the_environment(tmp_path: Path) -> None:
    (tmp_path / "portal.toml").write_text(SBER, encoding="utf-8")
    (tmp_path / "token").write_text("t0k3n\n", encoding="utf-8")
    first, second = config.load({**KEYS, **SECRETS}).gateways
    assert (first.name, first.engine, first.values["user"], first.values["style"]) == (
        "sber",
        "sber",
        "voda-api",
        "form",
    )
    assert (second.name, second.engine, second.values["token"]) == ("voda-2", "sber", "t0k3n")
    assert "t0k3n" not in repr(config.load({**KEYS, **SECRETS}))


def test_wrong_gateways_are_named_all_at_once(tmp_path: Path) -> None:
    table = """
        [gateways.sber]
        url = "http://bank.example"
        password = "in the open"
        style = 5
        colour = "red"
        [gateways.ucs]
        [gateways.Voda]
        engine = "sber"
        [gateways.testbank]
        engine = "sber"
    """
    (tmp_path / "portal.toml").write_text(table, encoding="utf-8")
    with pytest.raises(config.SettingsError) as fault:
        config.load({**KEYS, "ABONENT_GATEWAY_SBER_USR": "x", "ABONENT_GATEWAY_UCS_TOKEN_FILE": "nowhere"})
    told = "\n".join(fault.value.problems)
    for word in (
        "gateways.sber: url", "«password» — секрет", "style не подходит", "ключа «colour» нет", "user и password",
        "gateways.ucs", "gateways.Voda", "gateways.testbank", "ABONENT_GATEWAY_SBER_USR: такой настройки нет",
        "nowhere не читается",
    ):  # fmt: skip
        assert word in told, word
    assert "in the open" not in told
    (tmp_path / "portal.toml").write_text("gateways = 5", encoding="utf-8")
    with pytest.raises(config.SettingsError, match="gateways"):
        config.load(KEYS)


def test_no_key_of_the_portal_stands_in_a_repr() -> None:
    names = ("SECRET_KEY", "DATA_KEY", "LINK_KEY", "BACKUP_KEY", "METRICS_TOKEN")
    secret = {f"ABONENT_{name}": f"a-secret-{name}".ljust(40, "-") for name in names}
    loaded = config.load({**KEYS, **secret})
    words = {
        "database_url": "postgresql://abonent:a-secret-@db/abonent", "mail_url": "smtp://user:a-secret-@mail",
        "sms_url": "smsc://user:a-secret-@smsc.ru", "telegram_token": "1:a-secret-", "max_token": "a-secret-",
        "testbank_secret": "a-secret-",
    }  # fmt: skip
    assert "a-secret-" not in repr(replace(loaded, **words))
