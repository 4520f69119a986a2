"""The bank statement for 1С (1CClientBankExchange): what has come in to the utility's own bank accounts.

The payer's account with the utility is looked for in the purpose of the payment; where it is not, somebody decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from exchange.layout import Layout
from exchange.lines import Lines, Unreadable
from exchange.package import Source
from exchange.registry import Control, Flaw, Item, Operation, Owner, Remark, day_of, guess, marked_money

BEGINS = "1CClientBankExchange"
ACCOUNT = re.compile(
    r"(?:\bл\s?[/\\.]?\s?с\w?|\bлиц\w*\.?\s*сч[её]т\w*|\bлицевой)\W{0,5}(?:№\W{0,2})?([0-9A-Za-zА-Яа-я][0-9A-Za-zА-Яа-я/\\-]{2,19})",
    re.IGNORECASE,
)
MOST_KEYS = 200  # of one document
_DOCUMENT, _END, _BALANCE, _BALANCE_END = "СекцияДокумент", "КонецДокумента", "СекцияРасчСчет", "КонецРасчСчет"
_DATES = ("dd.mm.yyyy",)


def read_statement(source: Source, layout: Layout, encoding: str | None = None) -> Iterator[Item]:
    """Operations of the statement; its control figures are the sums «ВсегоПоступило» of the own accounts."""
    lines = Lines(source, encoding or guess(source, layout.encodings))
    try:
        yield from _Statement().items(lines)
    finally:
        lines.close()


class _Statement:
    """The sections of a statement as they come."""

    def __init__(self) -> None:
        self.own: set[str] = set()
        self.came: int | None = None
        self.section = ""
        self.begun_at = 0
        self.facts: dict[str, str] = {}
        self.flaw = ""

    def items(self, lines: Lines) -> Iterator[Item]:
        ended, last = False, 0
        for number, line in lines:
            last = number
            if isinstance(line, Unreadable):
                self.flaw = line.reason
                if not self.section:
                    yield Flaw(number, "", line.reason)
                continue
            text = line.lstrip("\ufeff").strip()
            if number == 1 and text != BEGINS:
                yield Flaw(number, text[:100], f"Файл не начинается с «{BEGINS}»: это не выписка для 1С.")
                return
            if text == "КонецФайла":
                ended = True
                break
            yield from self._line(number, text)
        if self.section:
            yield Flaw(self.begun_at, self.section, "Документ обрывается: нет его конца.")
        if not ended:
            yield Remark("Файл обрывается: в нём нет строки «КонецФайла». Пришлите выписку ещё раз.")
        for account in sorted(self.own - {""}):
            yield Owner(account)
        if self.came is not None:
            yield Control(last, paid=self.came)

    def _line(self, number: int, text: str) -> Iterator[Item]:
        key, mark, value = text.partition("=")
        if key in (_DOCUMENT, _BALANCE):
            if self.section:
                yield Flaw(self.begun_at, self.section, "Документ обрывается: нет его конца.")
            self.section, self.begun_at, self.facts, self.flaw = key, number, {}, ""
        elif text in (_END, _BALANCE_END):
            if self.section == _DOCUMENT:
                yield from self._document()
            elif self.section == _BALANCE:
                yield from self._balance()
            self.section = ""
        elif mark:
            value = value.strip()
            if self.section:
                if len(self.facts) < MOST_KEYS:
                    self.facts.setdefault(key, value)
            elif key == "РасчСчет":
                self.own.add(value)

    def _balance(self) -> Iterator[Item]:
        self.own.add(self.facts.get("РасчСчет", ""))
        came = self.facts.get("ВсегоПоступило", "")
        if came:
            try:
                self.came = (self.came or 0) + marked_money(came, "any")
            except ValueError:
                yield Flaw(self.begun_at, f"ВсегоПоступило={came[:40]}", "Сумма поступлений не читается.")

    def _document(self) -> Iterator[Item]:
        facts = self.facts
        if self.flaw:
            yield Flaw(self.begun_at, _shown(facts), self.flaw)
            return
        accounts = {facts.get("ПолучательСчет"), facts.get("ПолучательРасчСчет")} - {None, ""}
        if not facts.get("ДатаПоступило") or (self.own - {""} and not accounts & self.own):
            return
        try:
            yield self._operation(facts)
        except ValueError as fault:
            yield Flaw(self.begun_at, _shown(facts), str(fault))

    def _operation(self, facts: dict[str, str]) -> Operation:
        day = day_of(facts["ДатаПоступило"], _DATES)
        if day is None:
            raise ValueError("ДатаПоступило: это не дата дд.мм.гггг.")
        try:
            paid = marked_money(facts.get("Сумма", ""), "any")
        except ValueError as fault:
            raise ValueError(f"Сумма: {fault}") from fault
        payer_account = facts.get("ПлательщикСчет") or facts.get("ПлательщикРасчСчет", "")
        purpose = _whole(facts, "НазначениеПлатежа")
        return Operation(
            line=self.begun_at,
            account=account_in(purpose[:1000]) or _code(facts.get("Код", "")),
            paid=paid,
            # The number alone is the payer's own count: it comes again every year and with every payer.
            operation="/".join((facts.get("Номер", ""), facts.get("Дата", ""), payer_account))[:100],
            day=day,
            payer=_whole(facts, "Плательщик")[:200],
            purpose=purpose[:500],
        )


def account_in(purpose: str) -> str:
    """The number of the account that the purpose names («ЛС 0012», «л/с: 0012»), or ""."""
    found = next((one[1] for one in ACCOUNT.finditer(purpose) if any(sign.isdigit() for sign in one[1])), "")
    return found.rstrip("-/\\")


def _code(text: str) -> str:
    """«Код» (УИН) sometimes carries the account; a zero is none."""
    return text if 4 <= len(text) <= 30 and text.isalnum() and text.strip("0") else ""


def _whole(facts: dict[str, str], key: str) -> str:
    """A value that may stand under one key, or be cut into `key1`…`key6`."""
    parts = [facts.get(key, "")] if facts.get(key) else [facts.get(f"{key}{n}", "") for n in range(1, 7)]
    return " ".join(" ".join(parts).split())


def _shown(facts: dict[str, str]) -> str:
    return ", ".join(f"{key}: {facts[key]}" for key in ("Номер", "Дата", "Сумма") if facts.get(key))[:300]
