"""Check a model before it is uploaded, and print what deploy.sh needs from its card.

read_card.py FOLDER

Prints a line each: the name of its licence if that forbids commercial use, or nothing; the label
of the example photo as JSON, or nothing; the path of the photo; the model's name as JSON. Runs on
the Python of gcloud, so only the standard library is used.
"""

import hashlib
import json
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PHOTO = "tests/data/chelsea.jpg"


def read_card(folder: Path) -> list[str]:
    """The lines to print. Exits with a message if the model is missing or damaged."""
    try:
        card = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        file = folder / card["file"]
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        if digest != card["sha256"].lower():
            sys.exit(f"the model {file} is damaged: its sha256 is not that in model.json")
        licence, example = card["licence"], card.get("example", {})
        photo = ROOT / example.get("photo", PHOTO)
        if not photo.is_file():
            sys.exit(f"the example photo {photo} is missing")
        label = as_json(example["label"]) if example else ""
        return [
            "" if licence["commercial_use"] else licence["name"],
            label,
            str(photo),
            as_json(card["name"]),
        ]
    except OSError as error:
        sys.exit(f"the model is incomplete: {error.filename} cannot be read: {error.strerror}")
    except (KeyError, ValueError) as error:
        sys.exit(f"{folder / 'model.json'} is not a model card: {error!r}")


def as_json(text: str) -> str:
    """A string as the function writes it."""
    return json.dumps(text, ensure_ascii=False)


if __name__ == "__main__":
    sys.stdout.write("".join(f"{line}\n" for line in read_card(Path(sys.argv[1]))))
