"""Hostile pictures, each with the answers that are right.

bombs       small files that ask for much time or memory
cuts        files that end where they should not
lies        lengths, offsets and sizes that are not what they say
oddities    rare, and pictures all the same
"""

from __future__ import annotations

from tests.hostile import bombs, cuts, lies, oddities
from tests.hostile.cases import Case

BOMBS: list[Case] = bombs.cases()
OTHERS: list[Case] = [*cuts.cases(), *lies.cases(), *oddities.cases()]
