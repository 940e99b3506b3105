#!/usr/bin/env python3
"""Recomputes a model's accuracy on the MNIST test images, exactly, from its files alone.

Needs only numpy and shares no code with the Rust reader (train.py borrows it to read back what it wrote): it reads manifest.json and
weights.json as ../FORMAT.md describes them, checks the weights' SHA-256, shapes, ranges and scales, and
evaluates the network in integers. The numbers are compared with the line
"Test accuracy: N / M" of the README.md in the model's folder.

Exit code: 0 the claim holds, 1 it does not, 2 a file is missing or wrong.
"""
import argparse
import gzip
import hashlib
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent


class FileError(Exception):
    """A file is not what it has to be."""


@dataclass
class Layer:
    """One linear map, as a matrix over flattened windows; `side` is the output's height and width."""

    name: str
    weights: np.ndarray  # [outputs, inputs of one window], Python ints
    biases: list  # Python ints
    kernel: int  # 0 for a dense layer
    stride: int
    side: int
    squared: bool


@dataclass
class Model:
    """A model's integers, as read from its two files."""

    name: str
    side: int
    crop: int
    bits: int
    layers: list


def require(condition, message):
    """Raises FileError unless `condition` holds."""
    if not condition:
        raise FileError(message)


def read_idx(path):
    """Reads a gzip-compressed IDX file of unsigned bytes."""
    try:
        data = gzip.decompress(Path(path).read_bytes())
    except OSError as error:
        raise FileError(f"{path}: {error}") from error
    require(len(data) >= 4 and data[:3] == b"\0\0\x08", f"{path}: not an IDX file of unsigned bytes")
    shape = [int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(data[3])]
    body = np.frombuffer(data, np.uint8, offset=4 + 4 * len(shape))
    require(body.size == np.prod(shape), f"{path}: {body.size} values for the shape {shape}")
    return body.reshape(shape)


def read_layer(spec, stored, shape, scale):
    """Checks one layer against the manifest; returns it with its output's shape and scale."""
    name, where = spec["name"], f"layer {spec['name']}"
    channels, side = shape
    if spec["kind"] == "conv2d":
        kernel, stride = spec["kernel"], spec["stride"]
        require(spec["in_channels"] == channels, f"{where}: in_channels is not {channels}")
        require((side - kernel) % stride == 0, f"{where}: the windows do not tile the input")
        outputs, width, side = spec["out_channels"], channels * kernel**2, (side - kernel) // stride + 1
    else:
        require(spec["kind"] == "dense", f"{where}: unknown kind {spec['kind']}")
        kernel, stride, outputs, width, side = 0, 0, spec["outputs"], channels * side**2, 1
        require(spec["inputs"] == width, f"{where}: inputs is not {width}")
    require(stored["name"] == name, f"{where}: the weights file has {stored['name']} in its place")
    weights = np.array(stored["weights"], dtype=object)
    require(weights.shape == (outputs, width), f"{where}: weights {weights.shape}, expected {(outputs, width)}")
    limit = 2 ** (spec["weight_bits"] - 1)
    require(weights.min() >= -limit and weights.max() < limit, f"{where}: weight out of range")
    require(len(stored["biases"]) == outputs, f"{where}: expected {outputs} biases")
    squared = spec["activation"] == "square"
    scale = (spec["weight_scale"] * scale) ** (2 if squared else 1)
    require(int(spec["output_scale"]) == scale, f"{where}: output_scale is not {scale}")
    layer = Layer(name, weights, [int(b) for b in stored["biases"]], kernel, stride, side, squared)
    return layer, (outputs, side), scale


def read_model(folder):
    """Reads and checks a model folder."""
    folder = Path(folder)
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
        raw = (folder / manifest["weights"]["file"]).read_bytes()
        require(manifest["format"] == "provelock-model" and manifest["version"] == 1, "unknown model format")
        require(hashlib.sha256(raw).hexdigest() == manifest["weights"]["sha256"], "the weights' SHA-256 differs")
        stored = json.loads(raw)
        require(stored["format"] == "provelock-weights" and stored["version"] == 1, "unknown weights format")
        require(len(stored["layers"]) == len(manifest["layers"]), "the two files differ in the number of layers")
        entry = manifest["input"]
        channels, side, _ = entry["shape"]
        shape, scale, layers = (channels, entry["crop"]), entry["scale"], []
        for spec, part in zip(manifest["layers"], stored["layers"]):
            layer, shape, scale = read_layer(spec, part, shape, scale)
            layers.append(layer)
        require(shape == (len(manifest["classes"]), 1), "the last layer has not one output per class")
        return Model(manifest["name"], side, entry["crop"], entry["bits"], layers)
    except (OSError, ValueError, KeyError) as error:
        raise FileError(f"{folder}: {error!r}") from error


def windows(layer, x):
    """Lays x [N, C, H, W] out as the rows that the layer's weights multiply: [N, positions, inputs]."""
    if not layer.kernel:
        return x.reshape(len(x), 1, -1)
    view = np.lib.stride_tricks.sliding_window_view(x, (layer.kernel, layer.kernel), axis=(2, 3))
    view = view[:, :, :: layer.stride, :: layer.stride].transpose(0, 2, 3, 1, 4, 5)
    return view.reshape(len(x), layer.side**2, -1)


def pixels(model, images):
    """Crops raw images [N, H, W] to the centre and keeps the top bits: [N, 1, crop, crop]."""
    cut = (model.side - model.crop) // 2
    return (images[:, cut : cut + model.crop, cut : cut + model.crop] >> (8 - model.bits))[:, None]


def bounds(model):
    """Interval bounds over every possible image, in exact integers.

    Returns (largest |accumulator| of any layer, largest |logit|, largest |difference of two logits|).
    """
    shape = (1, 1, model.crop, model.crop)
    low, high = np.zeros(shape, object), np.full(shape, 2**model.bits - 1, object)
    widest = 0
    for layer in model.layers:
        rows_low, rows_high = windows(layer, low)[0], windows(layer, high)[0]

        def interval(weights, biases):
            plus, minus, bias = np.maximum(weights, 0).T, np.minimum(weights, 0).T, np.array(biases, dtype=object)
            return rows_low @ plus + rows_high @ minus + bias, rows_high @ plus + rows_low @ minus + bias

        low, high = interval(layer.weights, layer.biases)
        reach = int(max(-low.min(), high.max()))
        widest = max(widest, reach)
        if layer.squared:
            nearest = np.where((low <= 0) & (high >= 0), 0, np.minimum(abs(low), abs(high)))
            farthest = np.maximum(abs(low), abs(high))
            low, high = (side.T.reshape(1, -1, layer.side, layer.side) ** 2 for side in (nearest, farthest))
    pairs = [(i, j) for i in range(len(layer.biases)) for j in range(len(layer.biases)) if i != j]
    gaps = layer.weights[[i for i, _ in pairs]] - layer.weights[[j for _, j in pairs]]
    _, top = interval(gaps, [layer.biases[i] - layer.biases[j] for i, j in pairs])
    return widest, reach, int(top.max())


def logits(model, images):
    """Evaluates raw images [N, H, W] exactly: [N, classes] integers."""
    dtype = np.int64 if bounds(model)[0] < 2**62 else object  # object: Python's unbounded integers
    parts = []
    for start in range(0, len(images), 1000):
        x = pixels(model, images[start : start + 1000]).astype(dtype)
        for layer in model.layers:
            acc = windows(layer, x) @ layer.weights.T.astype(dtype) + np.array(layer.biases, dtype=dtype)
            x = acc.transpose(0, 2, 1).reshape(len(x), -1, layer.side, layer.side)
            x = x * x if layer.squared else x
        parts.append(x.reshape(len(x), -1))
    return np.concatenate(parts)


def report(model, images, labels):
    """The figures that the README quotes."""
    out = logits(model, images)
    _, logit, gap = bounds(model)
    squares = [len(layer.biases) * layer.side**2 for layer in model.layers if layer.squared]
    input_bits, gap_bits = model.crop**2 * model.bits, gap.bit_length()
    return {
        "correct": int((out.argmax(1) == labels).sum()),  # argmax: the lowest index wins a tie
        "images": len(labels),
        "input_bits": input_bits,
        "squares": sum(squares),
        "logit_bits_data": int(abs(out).max()).bit_length(),
        "logit_bits_worst": logit.bit_length(),
        "gap_bits_data": int((out.max(1) - out.min(1)).max()).bit_length(),
        "gap_bits_worst": gap_bits,
        "ties_for_first": int(((out == out.max(1, keepdims=True)).sum(1) > 1).sum()),
        "constraints_estimate": input_bits + sum(squares) + 10 * (gap_bits + 2),
    }


def claimed(folder):
    """The claim in the model's README: (correct, images)."""
    path = Path(folder) / "README.md"
    match = re.search(r"Test accuracy: \**(\d+) / (\d+)", path.read_text() if path.exists() else "")
    require(match, f"{path}: no line 'Test accuracy: N / M'")
    return int(match[1]), int(match[2])


def main():
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", type=Path, default=HERE.parent / "mnist-square", help="model folder")
    parser.add_argument("--data", type=Path, default=HERE.parent / "data" / "mnist",
                        help="folder with the two t10k-*.gz files (default: %(default)s)")
    args = parser.parse_args()
    try:
        model = read_model(args.model)
        images = read_idx(args.data / "t10k-images-idx3-ubyte.gz")
        labels = read_idx(args.data / "t10k-labels-idx1-ubyte.gz")
        require(len(images) == len(labels), f"{args.data}: {len(images)} images, {len(labels)} labels")
        found, claim = report(model, images, labels), claimed(args.model)
    except FileError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for key, value in found.items():
        print(f"{key:22} {value}")
    holds = (found["correct"], found["images"]) == claim
    print(f"README claims {claim[0]} / {claim[1]}: {'holds' if holds else 'DOES NOT HOLD'}")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
