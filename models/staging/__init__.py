"""Where an import waits: rows of a package are staged outside the database, checked there, published in chunks.

`Stage` holds the rows, `references` what the database knows, `rules` what is refused, `publish` the chunks.
docs/decisions/0003-import.md says why.
"""

from models.staging.alone import Busy, alone
from models.staging.publish import MOST_ROWS, Counts, Publication
from models.staging.references import look_up
from models.staging.rules import apply_rules
from models.staging.store import Refusal, Stage

__all__ = ["MOST_ROWS", "Busy", "Counts", "Publication", "Refusal", "Stage", "alone", "apply_rules", "look_up"]
