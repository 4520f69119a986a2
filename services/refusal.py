"""How a service says no."""

from __future__ import annotations


class Refused(Exception):
    """A rule says no: the sentence is for the person, `field` is where it belongs on the form ("" = the whole)."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field
