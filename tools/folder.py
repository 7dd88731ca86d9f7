"""Write a model's folder: TFLite file, card, labels, licence."""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import shutil

from model import Change, Licence, ModelCard, write_card
from tools.original import Original, OutputKind
from tools.shipped import Shipped

_NATURE = {
    "int8": "quantized to int8 after training (last layer with float32 output)",
    "float16": "weights rounded to float16",
    "float32": "converted",
}


def write_folder(  # noqa: PLR0913 - all that is known of the model
    options: argparse.Namespace,
    original: Original,
    shipped: Shipped | None,
    *,
    kind: OutputKind,
    content: bytes,
    classes: int,
) -> None:
    """Write the folder that the options name; what is in it already is replaced."""
    name = options.name or original.name
    done = _NATURE[options.type]
    card = ModelCard(
        name=name,
        version=options.version,
        architecture=f"{original.architecture}, {options.type}",
        file=f"{name}_{options.type}.tflite",
        sha256=hashlib.sha256(content).hexdigest(),
        labels=options.labels.name,
        classes=classes,
        input=original.input,
        output=kind,
        licence=shipped.licence
        if shipped
        else Licence(name=options.licence, commercial_use=options.commercial_use),
        source=shipped.source if shipped else None,
        changes=[
            Change(
                date=dt.datetime.now(dt.UTC).date().isoformat(),
                nature=f"{shipped.nature + '; ' if shipped else ''}{done}; stored as TFLite",
            )
        ],
    )
    options.to.mkdir(parents=True, exist_ok=True)
    (options.to / card.file).write_bytes(content)
    if options.labels.resolve() != (options.to / card.labels).resolve():
        shutil.copy(options.labels, options.to / card.labels)
    write_card(options.to, card)
