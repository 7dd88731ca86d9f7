"""What docs/models.md says of a model's folder is what is read."""

import json
import re
from pathlib import Path

import msgspec
import pytest

from model import Input, ModelCard

DOCS = Path(__file__).parent.parent / "docs"
GUIDE = (DOCS / "models.md").read_text()
CARD = re.search(r"```json\n(.*?)```", GUIDE, re.DOTALL)[1]
TABLE = GUIDE.partition("| field | meaning |")[2].partition("\n\n")[0]


def test_the_card_of_the_guide_is_valid():
    card = msgspec.json.decode(CARD, type=ModelCard)
    assert (card.input.height, card.input.width) == (240, 320)


def test_the_guide_describes_every_field():
    fields = {f"input.{field.encode_name}" for field in msgspec.structs.fields(Input)}
    fields |= {field.encode_name for field in msgspec.structs.fields(ModelCard)} - {"input"}
    described = set(re.findall(r"`([\w.]+)`", TABLE)) | set(json.loads(CARD))
    assert not {field for field in fields - described if field != "preprocessing"}


def test_the_guide_describes_no_other_field():
    names = set(re.findall(r"^\| (`.*?`) \|", TABLE, re.MULTILINE))
    fields = {f"input.{field.encode_name}" for field in msgspec.structs.fields(Input)}
    fields |= {field.encode_name for field in msgspec.structs.fields(ModelCard)}
    assert {name for cell in names for name in re.findall(r"`([\w.]+)`", cell)} <= fields


@pytest.mark.parametrize("link", re.findall(r"\]\((?!https?:)([^)#]+)\)", GUIDE))
def test_the_links_lead_somewhere(link):
    assert (DOCS / link).exists()
