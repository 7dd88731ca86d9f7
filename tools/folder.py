"""Write a model's folder: TFLite file, card, labels, licence."""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import shutil
from typing import NamedTuple

from model import Change, Licence, ModelCard, MoreOutputs, write_card
from tools.original import Original, OutputKind
from tools.shipped import Shipped

_NATURE = {
    "int8": "quantized to int8 after training (last layer with float32 output)",
    "float16": "weights rounded to float16",
    "float32": "converted",
}


class Outputs(NamedTuple):
    """What the file gives."""

    kind: OutputKind
    more: MoreOutputs
    classes: int


def write_folder(
    options: argparse.Namespace,
    original: Original,
    shipped: Shipped | None,
    *,
    content: bytes,
    outputs: Outputs,
) -> None:
    """Write into the folder that the options name; what is in it already is replaced."""
    name = options.name or original.name
    done = _NATURE[options.type]
    card = ModelCard(
        name=name,
        version=options.version,
        architecture=f"{original.architecture}, {options.type}",
        file=f"{name}_{options.type}.tflite",
        sha256=hashlib.sha256(content).hexdigest(),
        labels=options.labels.name,
        classes=outputs.classes,
        input=original.input,
        output=outputs.kind,
        more_outputs=outputs.more,
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
    (options.to / card.file).write_bytes(content)
    if options.labels.resolve() != (options.to / card.labels).resolve():
        shutil.copy(options.labels, options.to / card.labels)
    write_card(options.to, card)
