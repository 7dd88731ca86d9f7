"""An image classifier as in LitServe's documentation: python lit.py PORT"""

import sys

import litserve
from fastapi import Request
from network import Network
from PIL import Image


class Classify(litserve.LitAPI):
    def setup(self, device: str) -> None:  # noqa: ARG002 - there is only the CPU
        self.network = Network()

    def decode_request(self, request: Request) -> Image.Image:
        return Image.open(request["image"].file)

    def predict(self, image: Image.Image) -> list[dict]:
        return self.network.classify(image)

    def encode_response(self, output: list[dict]) -> dict:
        return {"labels": output}


if __name__ == "__main__":
    server = litserve.LitServer(Classify(), accelerator="cpu")
    server.run(port=int(sys.argv[1]), generate_client_file=False)
