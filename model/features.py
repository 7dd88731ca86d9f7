"""Class activation maps and embeddings, from the last feature map of the network."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]


class ClassWeights(NamedTuple):
    """The weights of the last layer, as they are stored."""

    stored: npt.NDArray[np.generic]
    """[classes, channels], int8 or float."""
    scales: FloatArray
    """float32 [1] or [classes]: what stored weights are multiplied by."""

    def of(self, index: int) -> FloatArray:
        """The weights of a class, float32 [channels]."""
        scale = self.scales[index % len(self.scales)]
        return np.asarray(self.stored[index].astype(np.float32) * scale, np.float32)


class Features(NamedTuple):
    """The last feature map of a picture."""

    map: FloatArray
    """float32 [rows, columns, channels]."""
    class_weights: ClassWeights

    def heat(self, index: int) -> FloatArray:
        """The class activation map, float32 [rows, columns]: what each place adds to the logit.

        Its sum is the logit without its bias. Source: Zhou et al., "Learning Deep Features for
        Discriminative Localization", arXiv:1512.04150, equation 2.
        """
        rows, columns, _ = self.map.shape
        return self.map @ self.class_weights.of(index) / np.float32(rows * columns)

    def embedding(self) -> FloatArray:
        """The mean of the map over all places, of unit length: float32 [channels].

        The inner product of two embeddings is the cosine of their angle: 1 if the pictures are
        alike to the network. Those of different networks must not be compared.
        """
        mean = self.map.mean(axis=(0, 1))
        length = np.linalg.norm(mean)
        return np.asarray(mean / length if length else mean, np.float32)
