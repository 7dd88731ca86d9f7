"""An image classifier as in BentoML's documentation: bentoml serve bento:Classify"""

import bentoml
from network import Network
from PIL.Image import Image


@bentoml.service
class Classify:
    def __init__(self) -> None:
        self.network = Network()

    @bentoml.api
    def classify(self, image: Image) -> list[dict]:
        return self.network.classify(image)
