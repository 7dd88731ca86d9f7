"""One engine in a process of its own, so that what it loads can be told from the rest.

    python -m bench.runtimes ENGINE THREADS OUTPUT

Classifies all views once, writes the logits to OUTPUT, then serves `bench.worker`'s lines;
a step is one inference. Needs NumPy and the engine, nothing else: each engine has an
environment of its own.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from bench.worker import serve

FOLDER = Path("build/bench/networks")
INT8_TFLITE = Path("model/resnet50/resnet50_int8.tflite")
FLOAT_TFLITE = FOLDER / "float32.tflite"
FLOAT_ONNX = FOLDER / "float32.onnx"
INT8_ONNX = FOLDER / "int8.onnx"
SYMMETRIC_ONNX = FOLDER / "int8-symmetric.onnx"
"""OpenVINO has no convolution for activations whose zero is not at 0."""
FLOAT_TORCH = FOLDER / "float32.pt"
PIXELS = FOLDER / "pixels.npy"
"""The views: uint8 [n, 224, 224, 3]."""

#: From one view, [1, 224, 224, 3], to its logits.
Infer = Callable[[np.ndarray], np.ndarray]


def tflite(module: str, path: Path, threads: int) -> Infer:
    """LiteRT, or the same interpreter under its former name."""
    interpreter = _imported(module).Interpreter(str(path), num_threads=threads)
    interpreter.allocate_tensors()
    taken, given = interpreter.get_input_details()[0], interpreter.get_output_details()[0]

    def infer(view: np.ndarray) -> np.ndarray:
        pixels = view.astype(np.float32) if taken["dtype"] == np.float32 else signed(view)
        interpreter.set_tensor(taken["index"], pixels)
        interpreter.invoke()
        return interpreter.get_tensor(given["index"])[0]

    return infer


def onnx(path: Path, threads: int) -> Infer:
    runtime = _imported("onnxruntime")
    settings = runtime.SessionOptions()
    settings.intra_op_num_threads = threads
    session = runtime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
    return lambda view: session.run(None, {"pixels": planes(view)})[0][0]


def openvino(path: Path, threads: int) -> Infer:
    settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
    compiled = _imported("openvino").Core().compile_model(path, "CPU", settings)
    return lambda view: compiled(planes(view))[0][0]


def pytorch(path: Path, threads: int) -> Infer:
    torch = _imported("torch")
    torch.set_num_threads(threads)
    network = torch.jit.optimize_for_inference(torch.jit.load(path))

    def infer(view: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return network(torch.from_numpy(planes(view)))[0].numpy()

    return infer


def signed(view: np.ndarray) -> np.ndarray:
    """Pixels as the int8 network takes them: minus 128."""
    return (view ^ 0x80).view(np.int8)


def planes(view: np.ndarray) -> np.ndarray:
    """Pixels as PyTorch orders them, in float32: [1, 3, 224, 224]."""
    return np.ascontiguousarray(view.transpose(0, 3, 1, 2), np.float32)


#: How each engine is made for a number of threads.
ENGINES: dict[str, Callable[[int], Infer]] = {
    "LiteRT int8": lambda n: tflite("ai_edge_litert.interpreter", INT8_TFLITE, n),
    "LiteRT float32": lambda n: tflite("ai_edge_litert.interpreter", FLOAT_TFLITE, n),
    "tflite-runtime int8": lambda n: tflite("tflite_runtime.interpreter", INT8_TFLITE, n),
    "ONNX Runtime int8": lambda n: onnx(INT8_ONNX, n),
    "ONNX Runtime float32": lambda n: onnx(FLOAT_ONNX, n),
    "OpenVINO int8": lambda n: openvino(SYMMETRIC_ONNX, n),
    "PyTorch float32": lambda n: pytorch(FLOAT_TORCH, n),
}


def main() -> None:
    name, threads, output = sys.argv[1:]
    views = np.load(PIXELS)[:, np.newaxis]
    memory, start = _megabytes(), time.perf_counter()
    infer = ENGINES[name](int(threads))
    infer(views[0])
    about = {
        "load_ms": (time.perf_counter() - start) * 1000,
        "memory_mb": _megabytes() - memory,
    }
    np.save(output, np.stack([infer(view) for view in views]))
    turns = cycle(views)
    serve(about, lambda: infer(next(turns)))


def _imported(module: str) -> Any:
    """Each process imports one engine; the others are not in its environment."""
    __import__(module)
    return sys.modules[module]


def _megabytes() -> float:
    """The most memory that this process has had so far."""
    # Not from getrusage, which counts what the process was before it became this program.
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6


if __name__ == "__main__":
    main()
