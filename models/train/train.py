#!/usr/bin/env python3
"""Trains a small MNIST network with square activations and writes it as integers (../FORMAT.md).

Stages: (1) float training with batch normalisation before every square, (2) folding the normalisation into
weights and biases, (3) fine-tuning with rounded weights (straight-through), (4) writing the integers and
measuring the written files exactly on the validation images.

The 60,000 training images are split once, by a fixed seed, into 55,000 for training and 5,000 for validation.
The test images are never opened here: check.py does that, with the finished model.
"""
import argparse
import copy
import hashlib
import json
import math
import os
import platform
import shlex
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

import check

SHA256 = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
}
SPLIT_SEED, N_VALIDATION, BATCH = 20261120, 5000, 256


def load_training_set(folder):
    """The 60,000 training images and labels, after a check of both files' SHA-256."""
    for name, expected in SHA256.items():
        got = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        if got != expected:
            raise SystemExit(f"error: {folder / name}: SHA-256 {got}, expected {expected}")
    return [check.read_idx(folder / name) for name in SHA256]


def split(n):
    """Indices of the training and of the validation images; the same for every run."""
    order = np.random.RandomState(SPLIT_SEED).permutation(n)
    return np.sort(order[N_VALIDATION:]), np.sort(order[:N_VALIDATION])


def distort(x):
    """Rotates, shears, scales, shifts and bends a batch of images [N, 1, 28, 28], each its own way."""
    n = len(x)

    def uniform(reach):
        return (torch.rand(n) * 2 - 1) * reach

    angle, shear, sx, sy = uniform(math.radians(12)), uniform(0.12), 1 + uniform(0.1), 1 + uniform(0.1)
    cos, sin = angle.cos(), angle.sin()
    rows = [torch.stack([cos * sx, shear - sin * sy, uniform(1.8 / 14)], 1),
            torch.stack([sin * sx, cos * sy, uniform(1.8 / 14)], 1)]
    grid = F.affine_grid(torch.stack(rows, 1), x.shape, align_corners=False)
    bend = F.interpolate(torch.randn(n, 2, 6, 6) * (0.9 / 14), size=(28, 28), mode="bicubic", align_corners=True)
    return F.grid_sample(x, grid + bend.permute(0, 2, 3, 1), align_corners=False)


class Batches:
    """Shuffled training batches; a share of each is distorted anew every time."""

    def __init__(self, images, labels, args):
        self.images = torch.from_numpy(images).float()[:, None]
        self.labels = torch.from_numpy(labels).long()
        self.args = args

    def __len__(self):
        return len(self.labels) // BATCH

    def __iter__(self):
        order = torch.randperm(len(self.labels))
        for i in range(len(self)):
            pick = order[i * BATCH : (i + 1) * BATCH]
            x, n_distorted = self.images[pick], round(BATCH * self.args.distorted)
            x[:n_distorted] = distort(x[:n_distorted])
            yield pixels(x, self.args), self.labels[pick]


def pixels(x, args):
    """Raw bytes, as floats [N, 1, 28, 28], to the network's input: centre crop, top bits, scaled to 0..1."""
    cut = (28 - args.crop) // 2
    x = x[:, :, cut : 28 - cut, cut : 28 - cut]
    return (x.clamp(0, 255) / 2 ** (8 - args.bits)).floor() / (2**args.bits - 1)


class FloatNet(nn.Module):
    """conv, square, dense, square, dense; batch normalisation before each square and on the logits."""

    def __init__(self, args):
        super().__init__()
        side = (args.crop - args.kernel) // args.stride + 1
        self.linear = nn.ModuleList([
            nn.Conv2d(1, args.channels, args.kernel, args.stride, bias=False),
            nn.Linear(args.channels * side**2, args.hidden, bias=False),
            nn.Linear(args.hidden, 10, bias=False)])
        self.norm = nn.ModuleList([nn.BatchNorm2d(args.channels), nn.BatchNorm1d(args.hidden), nn.BatchNorm1d(10)])
        for norm in self.norm[:2]:  # start near (1 + 0.7 u)^2, which is nearly linear
            nn.init.constant_(norm.weight, 0.7)
            nn.init.constant_(norm.bias, 1.0)
        nn.init.constant_(self.norm[2].weight, 2.5)

    def forward(self, x):
        """Real-valued logits."""
        x = self.norm[0](self.linear[0](x)).square().flatten(1)
        x = self.norm[1](self.linear[1](x)).square()
        return self.norm[2](self.linear[2](x))

    @torch.no_grad()
    def folded(self):
        """(weights, biases) of each layer with the normalisation multiplied in."""
        pairs = []
        for linear, norm in zip(self.linear, self.norm):
            gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            weights = linear.weight * gain.view(-1, *[1] * (linear.weight.dim() - 1))
            pairs.append((weights.clone(), (norm.bias - norm.running_mean * gain).clone()))
        return pairs


class RoundedNet(nn.Module):
    """The folded network; the forward pass sees weights rounded to w / S, the gradient passes straight through."""

    def __init__(self, pairs, args):
        super().__init__()
        self.weights = nn.ParameterList([w for w, _ in pairs])
        self.biases = nn.ParameterList([b for _, b in pairs])
        self.stride = args.stride
        self.limits = [2 ** (bits - 1) - 1 for bits in args.weight_bits]
        self.scales = [best_scale(w.detach(), limit) for w, limit in zip(self.weights, self.limits)]

    def rounded(self, i):
        """Layer i's weights as the integers that will be written, still as floats."""
        return (self.weights[i] * self.scales[i]).round().clamp(-self.limits[i], self.limits[i])

    def forward(self, x):
        """Real-valued logits of the rounded network (biases are rounded only when written)."""
        for i, (w, b) in enumerate(zip(self.weights, self.biases)):
            inside = w.clamp(-self.limits[i] / self.scales[i], self.limits[i] / self.scales[i])
            w = inside + (self.rounded(i) / self.scales[i] - inside).detach()
            x = F.conv2d(x, w, b, self.stride).square().flatten(1) if i == 0 else F.linear(x, w, b)
            x = x.square() if i == 1 else x
        return x


def best_scale(weights, limit):
    """The integer scale S whose rounding to w / S, clipped at the limit, has the least squared error."""
    low = max(1, int(limit / weights.abs().max()))
    error = {s: ((weights * s).round().clamp(-limit, limit) / s - weights).square().sum().item()
             for s in range(low, 3 * low + 2)}
    return min(error, key=error.get)


def fit(net, batches, validate, args, rate, epochs, warm_up, decay):
    """Trains `net` in place with AdamW and a cosine rate; returns the moving average of its states."""
    matrices = [p for p in net.parameters() if p.dim() > 1]
    vectors = [p for p in net.parameters() if p.dim() == 1]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": decay}, {"params": vectors, "weight_decay": 0.0}],
        lr=rate, betas=(0.9, 0.98))
    total = epochs * len(batches)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda k: min(1, (k + 1) / warm_up) * (
        0.5 * (1 + math.cos(math.pi * k / total)) + 0.004))
    average = torch.optim.swa_utils.AveragedModel(
        net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(args.average), use_buffers=True)
    for epoch in range(epochs):
        net.train()
        for x, y in batches:
            loss = F.cross_entropy(net(x), y, label_smoothing=args.smoothing)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            average.update_parameters(net)
        if epoch % 5 == 4 or epoch == epochs - 1:
            log(f"  epoch {epoch + 1}/{epochs}: loss {loss.item():.3f}, validation {validate(average):.2f} %")
    return average.module


def integer_layers(net, args):
    """The integers of each layer with their scales, all as Python ints."""
    layers, scale = [], 2**args.bits - 1
    for i, s in enumerate(net.scales):
        rows = net.rounded(i).detach().flatten(1).long().tolist()
        biases = [round(b * s * scale) for b in net.biases[i].detach().double().tolist()]
        scale = s * scale if i == 2 else (s * scale) ** 2
        layers.append({"rows": rows, "biases": biases, "weight_scale": s, "output_scale": scale})
    return layers


def weights_text(names, layers):
    """weights.json, one row of weights per line."""
    parts = []
    for name, layer in zip(names, layers):
        rows = ",\n".join("        " + json.dumps(row, separators=(",", ":")) for row in layer["rows"])
        biases = json.dumps([str(b) for b in layer["biases"]])
        parts.append(f'    {{\n      "name": "{name}",\n      "weights": [\n{rows}\n      ],\n'
                     f'      "biases": {biases}\n    }}')
    head = '{\n  "format": "provelock-weights",\n  "version": 1,\n  "layers": [\n'
    return head + ",\n".join(parts) + "\n  ]\n}\n"


def manifest(layers, names, digest, args):
    """manifest.json as a dictionary."""
    shapes = [
        {"kind": "conv2d", "name": names[0], "in_channels": 1, "out_channels": args.channels,
         "kernel": args.kernel, "stride": args.stride},
        {"kind": "dense", "name": names[1], "inputs": len(layers[1]["rows"][0]), "outputs": args.hidden},
        {"kind": "dense", "name": names[2], "inputs": args.hidden, "outputs": 10}]
    for i, shape in enumerate(shapes):
        shape.update(weight_bits=args.weight_bits[i], weight_scale=layers[i]["weight_scale"],
                     output_scale=str(layers[i]["output_scale"]), activation="none" if i == 2 else "square")
    return {
        "format": "provelock-model", "version": 1, "name": args.out.name,
        "task": "Handwritten digits 0 to 9, MNIST 28x28 grey images",
        "input": {"shape": [1, 28, 28], "crop": args.crop, "bits": args.bits, "scale": 2**args.bits - 1},
        "layers": shapes, "classes": [str(d) for d in range(10)],
        "weights": {"file": "weights.json", "sha256": digest},
        "provenance": {
            "recipe": f"models/train/train.py {recipe(args)} (torch {torch.__version__}, numpy {np.__version__})",
            "data": "MNIST by Y. LeCun, C. Cortes, C. J. C. Burges (CC BY-SA 3.0): "
                    "55,000 of the 60,000 training images, 5,000 for validation",
            "licence": "MIT OR Apache-2.0"}}


def recipe(args):
    """The options that decide the result, spelled out."""
    skip = {"data", "out"}
    words = []
    for key, value in vars(args).items():
        if key not in skip:
            words += [f"--{key.replace('_', '-')}", *map(str, value if isinstance(value, list) else [value])]
    return shlex.join(words)


def write(path, text):
    """Writes a file through a temporary one in the same folder."""
    temporary = path.with_suffix(".tmp")
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def write_model(net, args):
    """Writes the model's two files."""
    layers, names = integer_layers(net, args), ["conv1", "dense1", "logits"]
    args.out.mkdir(parents=True, exist_ok=True)
    text = weights_text(names, layers)
    write(args.out / "weights.json", text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    write(args.out / "manifest.json", json.dumps(manifest(layers, names, digest, args), indent=2) + "\n")


def log(message):
    """Prints at once, also into a pipe."""
    print(message, flush=True)


def train(args):
    """All stages."""
    started = time.time()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    images, labels = load_training_set(args.data)
    for_training, for_validation = split(len(labels))
    batches = Batches(images[for_training], labels[for_training], args)
    held_out = pixels(torch.from_numpy(images[for_validation]).float()[:, None], args)
    answers = torch.from_numpy(labels[for_validation]).long()

    @torch.no_grad()
    def validate(net):
        return (copy.deepcopy(net).eval()(held_out).argmax(1) == answers).double().mean().item() * 100

    log(f"float training: {recipe(args)}")
    net = fit(FloatNet(args), batches, validate, args, args.rate, args.epochs, 300, args.decay)
    net = RoundedNet(net.folded(), args)
    log(f"rounded to {args.weight_bits} bits: validation {validate(net):.2f} %; fine-tuning")
    net = fit(net, batches, validate, args, args.tune_rate, args.tune_epochs, 100, 0.0)
    write_model(net, args)
    result = check.report(check.read_model(args.out), images[for_validation], labels[for_validation])
    result["seconds"] = round(time.time() - started)
    log(f"{args.out}: exact integers on the validation images: {json.dumps(result)}")
    log(f"python {platform.python_version()}, torch {torch.__version__}, numpy {np.__version__}, {platform.machine()}")


def main():
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    option = parser.add_argument
    option("--data", type=Path, required=True, help="folder with the MNIST training files (*.gz)")
    option("--out", type=Path, required=True, help="model folder to write; its name becomes the model's")
    option("--crop", type=int, default=20, help="side of the central square (default: %(default)s)")
    option("--bits", type=int, default=2, help="bits per pixel (default: %(default)s)")
    option("--kernel", type=int, default=8, help="convolution kernel (default: %(default)s)")
    option("--stride", type=int, default=4, help="convolution stride (default: %(default)s)")
    option("--channels", type=int, default=20, help="convolution channels (default: %(default)s)")
    option("--hidden", type=int, default=64, help="dense units (default: %(default)s)")
    option("--weight-bits", type=int, nargs=3, default=[4, 4, 5], help="per layer (default: 4 4 5)")
    option("--epochs", type=int, default=60, help="float epochs (default: %(default)s)")
    option("--tune-epochs", type=int, default=10, help="fine-tuning epochs (default: %(default)s)")
    option("--rate", type=float, default=4e-3, help="float learning rate (default: %(default)s)")
    option("--tune-rate", type=float, default=6e-4, help="fine-tuning learning rate (default: %(default)s)")
    option("--decay", type=float, default=0.02, help="weight decay in float training (default: %(default)s)")
    option("--smoothing", type=float, default=0.03, help="label smoothing (default: %(default)s)")
    option("--average", type=float, default=0.998, help="moving average of the states (default: %(default)s)")
    option("--distorted", type=float, default=0.6, help="distorted share of each batch (default: %(default)s)")
    option("--seed", type=int, default=1, help="random seed (default: %(default)s)")
    option("--threads", type=int, default=1, help="torch threads (default: %(default)s)")
    try:
        train(parser.parse_args())
    except check.FileError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
