#!/usr/bin/env python3
"""Recomputes the accuracy of models on the MNIST test images, exactly, from their files alone.

Needs only numpy and shares no code with the Rust reader (train.py borrows it to read back what it wrote): it reads
manifest.json and weights.json as ../FORMAT.md describes them (version 2), checks the weights' SHA-256, shapes and
ranges, and evaluates the network in integers. The accuracy is compared with the line "Test accuracy: N / M" of the
README.md in the model's folder, and every lead with the manifest's `lead_bits`.

Exit code: 0 every claim holds, 1 one does not, 2 a file is missing or wrong.
"""
import argparse
import gzip
import hashlib
import json
import re
import sys
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
MODELS = ["mnist-tiny", "mnist-best", "mnist-private", "mnist-square"]
LIMB = 24  # bits of a slice of a large number: slice times weight, summed, stays exact in a float64


class FileError(Exception):
    """A file is not what it has to be."""


@dataclass
class Node:
    """One layer: `shape` is its output's (channels, height, width); inputs are numbers of nodes, -1 the input."""

    name: str
    op: str
    inputs: list
    shape: tuple
    scale: Fraction
    spec: dict
    weights: np.ndarray = None  # [outputs, inputs of one window], int64
    biases: list = field(default_factory=list)  # Python ints


@dataclass
class Model:
    """A model's integers, as read from its two files."""

    name: str
    input: dict
    table: np.ndarray  # 256 integers: what a raw byte becomes
    nodes: list
    lead_bits: int


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


# --- reading ---------------------------------------------------------------------------------------------------


def sides(spec, shape):
    """The output's height and width of a layer with windows."""
    top, left, bottom, right = spec.get("padding", [0, 0, 0, 0])
    free = [shape[1] + top + bottom - spec["kernel"][0], shape[2] + left + right - spec["kernel"][1]]
    for room, step in zip(free, spec["stride"]):
        exact = spec.get("drop_remainder", False) or room % step == 0
        require(room >= 0 and exact, f"layer {spec['name']}: the windows do not tile the input")
    return [room // step + 1 for room, step in zip(free, spec["stride"])]


def read_node(spec, earlier, source, stored):
    """Checks one layer against the ones before it and returns it; `stored` yields the weights file's entries."""
    where, op = f"layer {spec['name']}", spec["op"]
    names = {"input": -1} | {node.name: i for i, node in enumerate(earlier)}
    require(spec["name"] not in names, f"{where}: the name is taken")
    inputs = [names[name] for name in spec.get("inputs", [earlier[-1].name if earlier else "input"])]
    shapes, scales = zip(*(source if i < 0 else (earlier[i].shape, earlier[i].scale) for i in inputs))
    shape, scale = shapes[0], scales[0]
    require(len(inputs) == (2 if op in ("product", "add") else 1), f"{where}: wrong number of inputs")
    require(len(set(shapes)) == 1, f"{where}: its inputs differ in shape")
    if op in ("conv2d", "dense"):
        if op == "conv2d":
            outputs, groups = spec["out_channels"], spec.get("groups", 1)
            require(shape[0] % groups == 0 and outputs % groups == 0, f"{where}: {groups} groups do not fit")
            width = shape[0] // groups * spec["kernel"][0] * spec["kernel"][1]
            shape = (outputs, *sides(spec, shape))
        else:
            outputs, width = spec["outputs"], int(np.prod(shape))
            shape = (outputs, 1, 1)
        entry = next(stored)
        require(entry["name"] == spec["name"], f"{where}: the weights file has {entry['name']} in its place")
        weights, biases = np.array(entry["weights"], dtype=np.int64), [int(b) for b in entry["biases"]]
        require(weights.shape == (outputs, width), f"{where}: weights {weights.shape}, expected {(outputs, width)}")
        require(len(biases) == outputs, f"{where}: {len(biases)} biases, expected {outputs}")
        for what, values in (("weight", weights.ravel().tolist()), ("bias", biases)):
            limit = 2 ** (spec[f"{what}_bits"] - 1)
            require(-limit <= min(values) and max(values) < limit, f"{where}: {what} out of range")
        require(spec["visibility"] in ("public", "committed"), f"{where}: visibility")
        scale *= Fraction(spec["weight_scale"])
        return Node(spec["name"], op, inputs, shape, scale, spec, weights, biases)
    if op == "product":
        scale *= scales[1]
    elif op == "square":
        scale *= scale
    elif op == "add":
        require(scales[0] == scales[1], f"{where}: its inputs differ in scale")
    elif op == "flatten":
        shape = (int(np.prod(shape)), 1, 1)
    elif op in ("sum_pool", "max_pool", "avg_pool"):
        shape = (shape[0], *sides(spec, shape))
    elif op == "rescale":
        require(spec["divisor"] >= 2, f"{where}: divisor below 2")
        scale /= spec["divisor"]
    else:
        require(op == "relu", f"{where}: unknown op {op}")
    return Node(spec["name"], op, inputs, shape, scale, spec)


def read_model(folder):
    """Reads and checks a model folder."""
    folder = Path(folder)
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
        raw = (folder / manifest["weights"]["file"]).read_bytes()
        require(manifest["format"] == "provelock-model" and manifest["version"] == 2, "unknown model format")
        require(hashlib.sha256(raw).hexdigest() == manifest["weights"]["sha256"], "the weights' SHA-256 differs")
        stored = json.loads(raw)
        require(stored["format"] == "provelock-weights" and stored["version"] == 2, "unknown weights format")
        entry, nodes, parts = manifest["input"], [], iter(stored["layers"])
        for spec in manifest["layers"]:
            nodes.append(read_node(spec, nodes, (tuple(entry["shape"]), Fraction(entry["scale"])), parts))
        require(next(parts, None) is None, "the weights file has a layer too many")
        require(nodes[-1].shape == (len(manifest["classes"]), 1, 1), "the last layer has not one output per class")
        image = entry["image"]
        require(entry["shape"] == [1, image["crop"], image["crop"]], "input.shape is not the cropped image's")
        require(("bits" in image) != ("table" in image), "input.image: one of bits and table, please")
        table = np.array(image["table"] if "table" in image else np.arange(256) >> (8 - image["bits"]))
        require(table.shape == (256,) and table.min() >= entry["min"] and table.max() <= entry["max"],
                "input.image: a byte becomes an integer out of range")
        return Model(manifest["name"], entry, table, nodes, manifest["output"].get("lead_bits"))
    except (OSError, ValueError, KeyError) as error:
        raise FileError(f"{folder}: {error!r}") from error


# --- evaluating ------------------------------------------------------------------------------------------------


def largest(x):
    """The largest absolute value of an integer array, as a Python int."""
    return max(int(x.max()), -int(x.min()))


def fitting(x):
    """An object array as int64 if all its values fit."""
    return x.astype(np.int64) if x.dtype == object and largest(x) < 2**62 else x


def multiply(x, weights):
    """x [..., n] times the transpose of weights [m, n], exactly, whatever the size of x's integers."""
    reach = int(abs(weights).sum(1).max())
    matrix = weights.T.astype(np.float64)
    require(reach << LIMB < 2**53, "weights too large for this checker")
    if largest(x) * reach < 2**53:  # every partial sum is an integer that a float64 holds exactly
        return (x.astype(np.float64) @ matrix).astype(np.int64)
    total, shift = 0, 0
    while True:  # x = low slice + 2^LIMB * rest; >> rounds down, so low slices are never negative
        done = largest(x) < 2**LIMB
        part = x if done else x & (2**LIMB - 1)
        total = total + ((part.astype(np.float64) @ matrix).astype(np.int64).astype(object) << shift)
        if done:
            return fitting(total)
        x, shift = x >> LIMB, shift + LIMB


def windows(spec, x):
    """The windows of x [N, C, H, W]: a view [N, C, rows, columns, kernel, kernel]."""
    (top, left, bottom, right), (down, across) = spec.get("padding", [0, 0, 0, 0]), spec["stride"]
    x = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    return np.lib.stride_tricks.sliding_window_view(x, spec["kernel"], axis=(2, 3))[:, :, ::down, ::across]


def linear(node, x, times):
    """Sum of weights times values, without biases; `times(rows, weights)` multiplies."""
    if node.op == "dense":
        return times(x.reshape(len(x), -1), node.weights).reshape(len(x), *node.shape)
    view, groups = windows(node.spec, x), node.spec.get("groups", 1)
    parts = []
    for one, weights in zip(np.split(view, groups, axis=1), np.split(node.weights, groups)):
        rows = one.transpose(0, 2, 3, 1, 4, 5).reshape(*one.shape[:1], *one.shape[2:4], -1)
        parts.append(times(rows, weights).transpose(0, 3, 1, 2))
    return np.concatenate(parts, axis=1)


def biases(node):
    """The biases, shaped to be added to [N, C, H, W]."""
    values = np.array(node.biases, dtype=object)
    return fitting(values).reshape(-1, 1, 1)


def wide(x, bound):
    """x in a type in which a result of absolute value at most `bound` is exact."""
    return x if bound < 2**62 else x.astype(object)


def step(node, x, y=None):
    """One layer other than conv2d and dense, exactly."""
    spec = node.spec
    if node.op in ("product", "square"):
        y = x if y is None else y
        bound = largest(x) * largest(y)
        return fitting(wide(x, bound) * wide(y, bound))
    if node.op == "add":
        return fitting(wide(x, largest(x) + largest(y)) + y)
    if node.op == "flatten":
        return x.reshape(len(x), -1, 1, 1)
    if node.op == "max_pool":
        return windows(spec, x).max(axis=(4, 5))
    if node.op in ("sum_pool", "avg_pool"):
        n = spec["kernel"][0] * spec["kernel"][1]
        total = windows(spec, wide(x, n * largest(x))).sum(axis=(4, 5))
        return total if node.op == "sum_pool" else (total + n // 2) // n
    if node.op == "rescale":
        return (x + spec["divisor"] // 2) // spec["divisor"]
    x = np.maximum(x, 0)
    return np.minimum(x, int(spec["max"])) if "max" in spec else x


def pixels(model, images):
    """Raw images [N, 28, 28] as the tensors the network reads: [N, 1, crop, crop]."""
    side, crop = model.input["image"]["side"], model.input["image"]["crop"]
    require(images.shape[1:] == (side, side), f"images of {images.shape[1:]}, expected {side}x{side}")
    cut = (side - crop) // 2
    return model.table[images[:, None, cut : cut + crop, cut : cut + crop]]


def logits(model, images):
    """Evaluates raw images [N, 28, 28] exactly: [N, classes] integers."""
    parts = []
    for start in range(0, len(images), 500):
        x = pixels(model, images[start : start + 500])
        values = []
        for node in model.nodes:
            given = [x if i < 0 else values[i] for i in node.inputs]
            if node.weights is None:
                values.append(step(node, *given))
            else:
                total = linear(node, given[0], multiply)
                bias = biases(node)
                values.append(fitting(wide(total, largest(total) + largest(bias)) + bias))
        parts.append(values[-1].reshape(len(x), -1).astype(object))
    return fitting(np.concatenate(parts))


def bounds(model):
    """Intervals (low, high) of every layer over every admissible input, for these weights, in Python ints."""
    shape = (1, *model.input["shape"])
    source = np.full(shape, model.input["min"], object), np.full(shape, model.input["max"], object)
    found = []
    for node in model.nodes:
        given = [source if i < 0 else found[i] for i in node.inputs]
        low, high = given[0]
        if node.weights is not None:
            def extreme(down, up):
                plus, minus = np.maximum(node.weights, 0).astype(object), np.minimum(node.weights, 0).astype(object)
                both = np.concatenate([plus, minus], axis=1)
                if node.op == "dense":
                    rows = np.concatenate([up.reshape(1, -1), down.reshape(1, -1)], axis=1)
                    return (rows @ both.T).reshape(1, *node.shape) + np.array(node.biases, object).reshape(-1, 1, 1)
                first = linear(node_with(node, plus), up, lambda rows, w: rows @ w.T)
                return (first + linear(node_with(node, minus), down, lambda rows, w: rows @ w.T)
                        + np.array(node.biases, object).reshape(-1, 1, 1))
            found.append((extreme(high, low), extreme(low, high)))
        elif node.op == "product":
            corners = np.stack([a * b for a in given[0] for b in given[1]])
            found.append((corners.min(0), corners.max(0)))
        elif node.op == "square":
            nearest = np.where((low <= 0) & (high >= 0), 0, np.minimum(abs(low), abs(high)))
            found.append((nearest**2, np.maximum(abs(low), abs(high)) ** 2))
        else:  # monotone
            found.append(tuple(step(node, *ends) for ends in zip(*given)))
    return found


def node_with(node, weights):
    """The same layer with other weights."""
    return Node(node.name, node.op, node.inputs, node.shape, node.scale, node.spec, weights, node.biases)


def leads(out):
    """The winner (lowest index on ties) of each row and its largest lead over a rival."""
    return out.argmax(1), out.max(1) - out.min(1)


def report(model, images, labels):
    """The figures that the README quotes."""
    out = logits(model, images)
    winner, lead = leads(out)
    low, high = bounds(model)[-1]
    products = sum(int(np.prod(n.shape)) for n in model.nodes if n.op in ("product", "square"))
    input_bits = int(np.prod(model.input["shape"])) * (model.input["max"] - model.input["min"]).bit_length()
    worst = int(high.max() - low.min()).bit_length()
    width = model.lead_bits or worst
    right = winner == labels
    found = {
        "correct": int(right.sum()),
        "images": len(labels),
        "weights": sum(n.weights.size for n in model.nodes if n.weights is not None),
        "input_bits": input_bits,
        "products": products,
        "lead_bits": width,
        "lead_bits_data": int(lead.max()).bit_length(),
        "lead_bits_correct": int(lead[right].max()).bit_length(),
        "lead_bits_worst": worst,
        "beyond_lead_bits": int((lead >= 2**width).sum()),
        "ties_for_first": int(((out == out.max(1, keepdims=True)).sum(1) > 1).sum()),
    }
    if all(n.op in ("conv2d", "dense", "product", "square", "add", "flatten", "sum_pool") for n in model.nodes):
        found["constraints"] = input_bits + products + 9 * width + 19
    return found


def claimed(folder):
    """The claim in the model's README: (correct, images)."""
    path = Path(folder) / "README.md"
    match = re.search(r"Test accuracy: \**(\d+) / (\d+)", path.read_text() if path.exists() else "")
    require(match, f"{path}: no line 'Test accuracy: N / M'")
    return int(match[1]), int(match[2])


def check(folder, images, labels):
    """Prints a model's figures; returns whether its claims hold."""
    found, claim = report(read_model(folder), images, labels), claimed(folder)
    print(f"{folder.name}: {found['correct']} / {found['images']} correct")
    print("  " + ", ".join(f"{key} {value}" for key, value in list(found.items())[2:]))
    holds = (found["correct"], found["images"]) == claim and found["beyond_lead_bits"] == 0
    print(f"  README claims {claim[0]} / {claim[1]}: {'holds' if holds else 'DOES NOT HOLD'}")
    return holds


def main():
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", type=Path, help="model folders (default: the four bundled ones)",
                        default=[HERE.parent / name for name in MODELS])
    parser.add_argument("--data", type=Path, default=HERE.parent / "data" / "mnist",
                        help="folder with the two t10k-*.gz files (default: %(default)s)")
    args = parser.parse_args()
    try:
        images = read_idx(args.data / "t10k-images-idx3-ubyte.gz")
        labels = read_idx(args.data / "t10k-labels-idx1-ubyte.gz")
        require(len(images) == len(labels), f"{args.data}: {len(images)} images, {len(labels)} labels")
        return 0 if all([check(folder, images, labels) for folder in args.models]) else 1
    except FileError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
