"""Make `tiny/`: a network of another shape than the one that ships, to test with.

Pixels as int8, scores as quantized probabilities: what Keras models converted for
microcontrollers look like. Three classes: how red, green and blue the picture is.

    python tests/data/make_tiny.py     (where tensorflow-cpu==2.21.0 and keras==3.15.1 are)
"""

import hashlib
import json
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

FOLDER = Path(__file__).parent / "tiny"
SIZE = 8


def main():
    pixels = keras.Input((SIZE, SIZE, 3))
    mean = keras.layers.GlobalAveragePooling2D()(pixels)
    dense = keras.layers.Dense(3, activation="softmax")
    network = keras.Model(pixels, dense(mean))
    dense.set_weights([np.eye(3) * 0.02, np.zeros(3)])

    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: (
        [np.full((1, SIZE, SIZE, 3), value, np.float32)] for value in (0, 64, 128, 255)
    )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    model = converter.convert()

    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "tiny.tflite").write_bytes(model)
    (FOLDER / "labels.tsv").write_text("index\twnid\tlabel\n0\t\tred\n1\t\tgreen\n2\t\tblue\n")
    (FOLDER / "model.json").write_text(json.dumps(_card(model), indent=2) + "\n")


def _card(model):
    return {
        "name": "tiny",
        "version": "1.0.0",
        "architecture": "mean colour and one dense layer",
        "file": "tiny.tflite",
        "sha256": hashlib.sha256(model).hexdigest(),
        "labels": "labels.tsv",
        "classes": 3,
        "input": {"size": SIZE, "resize": SIZE},
        "output": "probabilities",
        "licence": {"name": "public domain", "commercial_use": True},
    }


if __name__ == "__main__":
    main()
