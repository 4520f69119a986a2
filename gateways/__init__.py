"""The outside world: banks that take payments, mail. A leaf: dataclass in, answer out, nothing of ours imported."""
