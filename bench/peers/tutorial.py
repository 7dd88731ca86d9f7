"""The function of a typical tutorial: functions-framework, tflite-runtime, a full decode.

Unlike in tutorials, there is a lock: without it, concurrent requests fail.
"""

import base64
import io
import threading

import functions_framework
import numpy as np
from PIL import Image
from tflite_runtime.interpreter import Interpreter

interpreter = Interpreter("model/resnet50/resnet50_int8.tflite")
interpreter.allocate_tensors()
input_index = interpreter.get_input_details()[0]["index"]
output_index = interpreter.get_output_details()[0]["index"]
lock = threading.Lock()

with open("model/resnet50/labels.tsv", encoding="utf-8") as file:  # noqa: PTH123 - as in tutorials
    labels = [line.split("\t")[2].strip() for line in file][1:]


@functions_framework.http
def classify(request):  # noqa: ANN001, ANN201 - as in tutorials
    body = request.get_data()
    data = base64.b64decode(request.get_json()["image"]) if request.is_json else body
    image = Image.open(io.BytesIO(data)).convert("RGB").resize((224, 224))
    pixels = (np.asarray(image).astype(np.int16) - 128).astype(np.int8)
    with lock:
        interpreter.set_tensor(input_index, pixels[np.newaxis])
        interpreter.invoke()
        logits = interpreter.get_tensor(output_index)[0]
    scores = np.exp(logits - logits.max())
    scores /= scores.sum()
    best = np.argsort(scores)[::-1][:5]
    return {"labels": [{"label": labels[i], "score": float(scores[i])} for i in best]}
