"""Use-cases: a verb = a function = one transaction; rules are pure functions beside them."""
