"""ResNet-50 in Keras, from the folded weights of a torchvision checkpoint.

Source: He et al., "Deep Residual Learning for Image Recognition", arXiv:1512.03385, in
torchvision's v1.5 form: the stride of a down-sampling block sits on its 3x3 convolution.
Padding is explicit because Keras' "same" pads a strided convolution unevenly.
"""

from __future__ import annotations

from collections.abc import Mapping

import keras
import numpy as np

from tools.checkpoint import Layer

INPUT_SIZE = 224
STAGES = (3, 4, 6, 3)  # bottleneck blocks in layer1 to layer4; arXiv:1512.03385, table 1

# ImageNet statistics on pixels of 0 to 255: torchvision's, which it gives for 0 to 1.
PIXEL_MEAN = np.array([0.485, 0.456, 0.406], np.float32) * 255
PIXEL_STD = np.array([0.229, 0.224, 0.225], np.float32) * 255


def build(layers: Mapping[str, Layer]) -> keras.Model:
    """The network from pixels (float32 [n, 224, 224, 3] of 0 to 255) to logits [n, 1000].

    The pixel mean is subtracted inside, so that zero padding is the mean colour, as it was
    in training; the division by the deviation is folded into the first convolution.
    """
    pixels = keras.Input((INPUT_SIZE, INPUT_SIZE, 3), name="pixels")
    x = keras.layers.Rescaling(1.0, offset=list(-PIXEL_MEAN), name="subtract_mean")(pixels)
    first = layers["conv1"]
    x = _convolve(x, "conv1", Layer(first.kernel / PIXEL_STD[:, None], first.bias), stride=2)
    x = keras.layers.ReLU(name="relu")(x)
    # After a ReLU nothing is below zero, so padding with zeros cannot change a maximum.
    x = keras.layers.ZeroPadding2D(1, name="maxpool_pad")(x)
    x = keras.layers.MaxPooling2D(3, strides=2, name="maxpool")(x)
    for stage, blocks in enumerate(STAGES, start=1):
        for block in range(blocks):
            x = _bottleneck(x, f"layer{stage}.{block}", layers, downsample=block == 0)
    x = keras.layers.GlobalAveragePooling2D(name="avgpool")(x)
    logits = keras.layers.Dense(1000, name="fc")
    model = keras.Model(pixels, logits(x), name="resnet50")
    logits.set_weights([layers["fc"].kernel, layers["fc"].bias])
    return model


def _bottleneck(
    x: keras.KerasTensor, name: str, layers: Mapping[str, Layer], *, downsample: bool
) -> keras.KerasTensor:
    """1x1, 3x3 and 1x1 convolutions around a shortcut; the first of a stage shrinks."""
    stride = 2 if downsample and not name.startswith("layer1.") else 1
    shortcut = x
    if downsample:
        key = f"{name}.downsample.0"
        shortcut = _convolve(x, key, layers[key], stride=stride)
    for part, part_stride in (("conv1", 1), ("conv2", stride), ("conv3", 1)):
        key = f"{name}.{part}"
        x = _convolve(x, key, layers[key], stride=part_stride)
        if part != "conv3":
            x = keras.layers.ReLU(name=f"{key}.relu")(x)
    x = keras.layers.Add(name=f"{name}.add")([x, shortcut])
    return keras.layers.ReLU(name=f"{name}.relu")(x)


def _convolve(x: keras.KerasTensor, name: str, layer: Layer, *, stride: int) -> keras.KerasTensor:
    side, _, _, filters = layer.kernel.shape
    if side > 1:
        x = keras.layers.ZeroPadding2D(side // 2, name=f"{name}.pad")(x)
    convolution = keras.layers.Conv2D(filters, side, strides=stride, name=name)
    x = convolution(x)
    convolution.set_weights([layer.kernel, layer.bias])
    return x
