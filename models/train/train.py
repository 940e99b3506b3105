#!/usr/bin/env python3
"""Trains the bundled MNIST networks and writes them as integers (../FORMAT.md).

`train.py PRESET` trains one of the networks in PRESETS. Stages: (1) float training with batch normalisation before
every product or square, once per member of the network; (2) folding the normalisation into weights and biases, and
stacking the members side by side as groups of one network; (3) fine-tuning with rounded weights (straight-through);
(4) writing the integers and measuring the written files exactly.

The 60,000 training images are split once, by a fixed seed, into 55,000 for training and 5,000 for validation;
`--all` trains on all of them, once a recipe is fixed. The test images are never opened here: check.py does that,
with the finished model.
"""
import argparse
import ast
import copy
import dataclasses
import hashlib
import json
import math
import os
import platform
import shlex
import sys
import time
from dataclasses import dataclass
from fractions import Fraction
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
SPLIT_SEED, N_VALIDATION, BATCH, FIXED_BIAS_BITS = 20261120, 5000, 256, 20


@dataclass(frozen=True)
class Preset:
    """A network and how it is trained."""

    crop: int  # side of the central square that the network reads
    bits: int  # bits of a pixel: x >> (8 - bits), or, with `thresholds`, how many of them a byte reaches
    stages: tuple  # ("conv", kernel, stride, units) or ("dense", units); each ends in products or squares
    weight_bits: tuple  # of each stage, then of the head
    thresholds: tuple = ()
    pool: int = 1  # side of the blocks of pixels that are summed first
    unit: str = "product"  # or "square"
    head: str = "trained"  # or "fixed": class c is the sum of its own products
    members: int = 1  # networks trained one by one and joined as groups; the head adds up their logits
    visibility: str = "public"  # of the stages; the head is public
    epochs: int = 40
    tune_epochs: int = 8
    rate: float = 4e-3
    tune_rate: float = 1e-3
    decay: float = 0.02  # weight decay in float training
    smoothing: float = 0.0  # label smoothing
    average: float = 0.998  # moving average of the states
    distorted: float = 0.6  # distorted share of the images
    stepwise: bool = False  # fine-tune once per linear map and fix one each time
    narrow: float = 0.0  # weight of the penalty on leads beyond `narrow_at` nats, in fine-tuning
    narrow_at: float = 16.0
    distil: float = 0.5  # share of the float network's answers in the loss of the fine-tuning
    strength: float = 1.0  # of the distortions
    copies: int = 16  # distorted copies of every image


CONV_3 = ("conv", 8, 4, 32), ("conv", 3, 1, 32), ("dense", 64)
PRESETS = {
    "mnist-private": Preset(crop=20, bits=3, pool=2, stages=(("dense", 100),), weight_bits=(3, 2), head="fixed",
                            visibility="committed", tune_epochs=20, distorted=0.4, narrow=0.0005, narrow_at=14.0),
    "mnist-tiny": Preset(crop=20, bits=1, stages=(("conv", 8, 4, 16), ("dense", 48)), weight_bits=(3, 3, 4),
                         epochs=60, tune_epochs=16, stepwise=True, distil=0.6, narrow=0.004, copies=8),
    "mnist-best": Preset(crop=24, bits=3, stages=CONV_3, members=3, weight_bits=(5, 5, 5, 5), epochs=36,
                         tune_epochs=4, tune_rate=8e-4, stepwise=True, distorted=0.75, narrow=0.0003, narrow_at=14.0,
                         strength=1.4, copies=12),
    "mnist-square": Preset(crop=20, bits=2, stages=(("conv", 8, 4, 20), ("dense", 64)), weight_bits=(4, 4, 5),
                           unit="square", epochs=60, tune_epochs=10, tune_rate=6e-4, smoothing=0.03, distil=0.0),
    # Float networks that others learn from (--write-answers, --answers).
    "teacher-a": Preset(crop=24, bits=2, thresholds=(43, 128, 213), members=4, weight_bits=(4, 4, 4, 5),
                        stages=(("conv", 8, 4, 32), ("conv", 3, 1, 16), ("dense", 48)), tune_rate=8e-4),
    "teacher-b": Preset(crop=24, bits=3, stages=CONV_3, members=3, weight_bits=(4, 4, 4, 5), epochs=32,
                        tune_rate=8e-4, distorted=0.9),
}


# --- data ------------------------------------------------------------------------------------------------------


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


def distort(x, strength, generator):
    """Rotates, shears, scales, shifts and bends a batch of images [N, 1, 28, 28], each its own way.

    `strength` 1 means up to 12 degrees, 10 % in scale, 1.8 pixels in place and about 0.9 pixels of bending."""
    n = len(x)

    def uniform(reach):
        return (torch.rand(n, generator=generator) * 2 - 1) * reach * strength

    angle, shear, sx, sy = uniform(math.radians(12)), uniform(0.12), 1 + uniform(0.1), 1 + uniform(0.1)
    cos, sin = angle.cos(), angle.sin()
    rows = [torch.stack([cos * sx, shear - sin * sy, uniform(1.8 / 14)], 1),
            torch.stack([sin * sx, cos * sy, uniform(1.8 / 14)], 1)]
    grid = F.affine_grid(torch.stack(rows, 1), x.shape, align_corners=False)
    bend = F.interpolate(torch.randn(n, 2, 6, 6, generator=generator) * (0.9 * strength / 14), size=(28, 28),
                         mode="bicubic", align_corners=True)
    return F.grid_sample(x, grid + bend.permute(0, 2, 3, 1), align_corners=False)


def distorted_copies(images, n, strength, folder):
    """`n` distorted copies of all images, uint8 [n, N, 28, 28]; kept in a file of `folder` for the next run."""
    path = folder / f"distorted-{strength}-{n}.npy"
    if not path.exists():
        log(f"making {n} distorted copies of {len(images)} images: {path}")
        generator, temporary = torch.Generator().manual_seed(SPLIT_SEED), path.with_suffix(".tmp.npy")
        out = np.lib.format.open_memmap(temporary, "w+", np.uint8, (n, *images.shape))
        for copies in out:
            for i in range(0, len(images), 1000):
                x = torch.tensor(images[i : i + 1000], dtype=torch.float)[:, None]
                x = distort(x, strength, generator)[:, 0]
                copies[i : i + 1000] = x.round().clamp(0, 255).byte().numpy()
        out.flush()
        temporary.replace(path)
    return np.load(path, mmap_mode="r")


def table(preset):
    """What each raw byte becomes."""
    if preset.thresholds:
        return np.searchsorted(preset.thresholds, np.arange(256), side="right").astype(np.uint8)
    return (np.arange(256) >> (8 - preset.bits)).astype(np.uint8)


def pixels(images, preset):
    """Raw images uint8 [N, 28, 28] to what the first stage reads: integers, uint8 [N, side, side]."""
    cut = (28 - preset.crop) // 2
    x = table(preset)[images[:, cut : 28 - cut, cut : 28 - cut]]
    if preset.pool > 1:
        side = preset.crop // preset.pool
        x = x.reshape(-1, side, preset.pool, side, preset.pool).sum((2, 4), dtype=np.uint8)
    return x


def as_input(x):
    """Integers [N, side, side] as floats [N, 1, side, side]."""
    return torch.from_numpy(x).float()[:, None]


@torch.no_grad()
def mean_logits(members, images, copies, preset):
    """The members' mean logits of every copy and, last, of every plain image: float16 [copies + 1, N, 10]."""
    out = np.empty((len(copies) + 1, len(images), 10), np.float16)
    for source, target in zip([*copies, images], out):
        for i in range(0, len(images), 1000):
            x = as_input(pixels(source[i : i + 1000], preset))
            target[i : i + 1000] = (sum(member(x) for member in members) / len(members)).numpy()
    return out


class Batches:
    """Shuffled training batches of integers; a random share of the images is replaced by a distorted copy."""

    def __init__(self, images, labels, copies, chosen, preset, seed, given=None):
        self.images, self.labels, self.copies = images, torch.tensor(labels).long(), copies
        self.given = given  # logits to learn from, as `mean_logits` returns them
        self.chosen, self.preset, self.random = chosen, preset, np.random.RandomState(seed)

    def __len__(self):
        return len(self.chosen) // BATCH

    def __iter__(self):
        order = self.random.permutation(self.chosen)
        which = self.random.randint(len(self.copies), size=len(order))
        plain = self.random.rand(len(order)) >= self.preset.distorted
        for i in range(len(self)):
            part = slice(i * BATCH, (i + 1) * BATCH)
            raw = self.copies[which[part], order[part]]
            raw[plain[part]] = self.images[order[part][plain[part]]]
            target = None
            if self.given is not None:
                row = np.where(plain[part], len(self.copies), which[part])
                target = torch.from_numpy(self.given[row, order[part]].astype(np.float32))
            yield as_input(pixels(raw, self.preset)), self.labels[order[part]], target


# --- networks --------------------------------------------------------------------------------------------------


def geometry(preset):
    """(channels in, units, kernel, stride) of each stage: a dense stage is a kernel as large as the plane."""
    channels, side, out = 1, preset.crop // preset.pool, []
    for stage in preset.stages:
        kernel, stride = stage[1:3] if stage[0] == "conv" else (side, 1)
        if (side - kernel) % stride:
            raise SystemExit(f"error: kernel {kernel}, stride {stride} do not tile {side}x{side}")
        out.append((channels, stage[-1], kernel, stride))
        channels, side = stage[-1], (side - kernel) // stride + 1
    return out, channels * side**2


def fixed_head(n):
    """10 rows of 0 and 1: class c is the sum of every tenth product."""
    return (torch.arange(n) % 10 == torch.arange(10)[:, None]).float()


def apply(x, weights, bias, stride, groups=1):
    """The linear part of a stage."""
    if groups == 1 and weights.shape[-1] == x.shape[-1]:
        return F.linear(x.flatten(1), weights.flatten(1), bias)[..., None, None]
    if stride > 1 and weights.shape[-1] % stride == 0 and x.shape[-1] % stride == 0:  # the same sums, faster
        x, weights, stride = F.pixel_unshuffle(x, stride), F.pixel_unshuffle(weights, stride), 1
    return F.conv2d(x, weights, bias, stride, groups=groups)


class FloatNet(nn.Module):
    """One member: stages of products u * v (or squares), batch normalisation before each and on the logits."""

    def __init__(self, preset):
        super().__init__()
        self.preset, (self.shape, width) = preset, geometry(preset)
        self.top = float(preset.pool**2 * (2**preset.bits - 1))
        halves = 2 if preset.unit == "product" else 1
        self.weights, self.norms = nn.ParameterList(), nn.ModuleList()
        for channels, units, kernel, _ in self.shape:
            start = torch.empty(halves * units, channels, kernel, kernel)
            self.weights.append(nn.init.kaiming_uniform_(start, a=math.sqrt(5)))
            norm = nn.BatchNorm2d(halves * units)  # start nearly linear: u * (1 + v / 2), or (1 + 0.7 u)^2
            nn.init.constant_(norm.weight[-units:], 0.5 if halves == 2 else 0.7)
            nn.init.constant_(norm.bias[-units:], 1.0)
            self.norms.append(norm)
        if preset.head == "fixed":
            self.register_buffer("head", fixed_head(width))
        else:
            self.head = nn.Parameter(nn.init.kaiming_uniform_(torch.empty(10, width), a=math.sqrt(5)))
            self.head_norm = nn.BatchNorm1d(10)
            nn.init.constant_(self.head_norm.weight, 2.5)

    def forward(self, x):
        """Real-valued logits of integer pixels."""
        x = x / self.top
        for weights, norm, (_, _, _, stride) in zip(self.weights, self.norms, self.shape):
            x = act(norm(apply(x, weights, None, stride)), self.preset.unit)
        x = F.linear(x.flatten(1), self.head)
        return x if self.preset.head == "fixed" else self.head_norm(x)

    @torch.no_grad()
    def folded(self):
        """(weights, biases) of every linear map with the normalisation multiplied in; u and v are one map."""
        pairs = []
        for weights, norm in zip(self.weights, self.norms):
            gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            w, b = weights * gain.view(-1, 1, 1, 1), norm.bias - norm.running_mean * gain
            if self.preset.unit == "product":  # (a u) (v / a): make both of a size
                size = w.flatten(1).square().mean(1).sqrt().view(2, -1)
                a = torch.sqrt(size[1] / size[0])
                factor = torch.cat([a, 1 / a])
                w, b = w * factor.view(-1, 1, 1, 1), b * factor
            pairs.append((w.clone(), b.clone()))
        if self.preset.head == "fixed":
            return pairs + [(self.head.clone(), torch.zeros(10))]
        gain = self.head_norm.weight / torch.sqrt(self.head_norm.running_var + self.head_norm.eps)
        return pairs + [(self.head * gain[:, None], self.head_norm.bias - self.head_norm.running_mean * gain)]


def equalized(pairs, preset):
    """The same function with all units of a stage of a size: the next map's columns make up for the factors."""
    halves = 2 if preset.unit == "product" else 1
    last = len(pairs) - (2 if preset.head == "fixed" else 1)
    for i in range(last):
        (w, b), (following, after) = pairs[i], pairs[i + 1]
        size = w.flatten(1).square().mean(1).sqrt().view(halves, -1).log().mean(0)
        gain = (size.mean() - size).exp()
        both = gain.repeat(halves)
        columns = gain**-2
        following = following * (columns.view(1, -1, 1, 1) if following.dim() == 4 else columns)
        pairs[i], pairs[i + 1] = (w * both.view(-1, 1, 1, 1), b * both), (following, after)
    return pairs


def act(x, unit):
    """Products of the first half of the channels with the second, or squares."""
    if unit == "square":
        return x.square()
    u, v = x.chunk(2, 1)
    return u * v


def stacked(members, preset):
    """Folded members side by side: stages become groups, logits are averaged."""
    halves = 2 if preset.unit == "product" else 1
    out = []
    for i, parts in enumerate(zip(*members)):
        if i == len(members[0]) - 1:
            out.append((torch.cat([w for w, _ in parts], 1) / len(parts), sum(b for _, b in parts) / len(parts)))
        else:  # all u first, then all v
            pick = [torch.cat([t.chunk(halves)[h] for t in column]) for column in zip(*parts) for h in range(halves)]
            out.append((torch.cat(pick[:halves]), torch.cat(pick[halves:])))
    return out


class RoundedNet(nn.Module):
    """The folded network; the forward pass sees weights rounded to w / S, the gradient passes straight through."""

    def __init__(self, pairs, preset):
        super().__init__()
        self.preset, (self.shape, _) = preset, geometry(preset)
        fixed = preset.head == "fixed"
        self.weights = nn.ParameterList([w for w, _ in pairs])
        self.biases = nn.ParameterList([b for _, b in pairs])
        self.weights[-1].requires_grad_(not fixed)
        self.biases[-1].requires_grad_(not fixed)
        self.limits = [2 ** (bits - 1) - 1 for bits in preset.weight_bits]
        self.scales = [Fraction(1) if fixed and w is self.weights[-1] else best_scale(w.detach(), limit)
                       for w, limit in zip(self.weights, self.limits)]
        scale, self.bias_scales = Fraction((2**preset.bits - 1) * preset.pool**2), []
        for i, s in enumerate(self.scales):
            self.bias_scales.append(s * scale)
            scale = (s * scale) ** 2

    def rounded(self, i):
        """Layer i's weights as the integers that will be written, still as floats."""
        return (self.weights[i] * float(self.scales[i])).round().clamp(-self.limits[i], self.limits[i])

    @torch.no_grad()
    def fix(self, i):
        """Fixes layer i's weights to what they are rounded to."""
        self.weights[i].copy_(self.rounded(i) / float(self.scales[i]))
        self.weights[i].requires_grad_(False)

    def forward(self, x):
        """Real-valued logits of integer pixels by the rounded network."""
        x = x / float(self.preset.pool**2 * (2**self.preset.bits - 1))
        for i, (w, b) in enumerate(zip(self.weights, self.biases)):
            scale, limit = float(self.scales[i]), self.limits[i] / float(self.scales[i])
            inside = w.clamp(-limit, limit)
            w = inside + (self.rounded(i) / scale - inside).detach()
            if self.bias_scales[i] < 2**FIXED_BIAS_BITS:  # a larger scale rounds below a float's precision
                b = b + ((b * float(self.bias_scales[i])).round() / float(self.bias_scales[i]) - b).detach()
            if i == len(self.shape):
                return F.linear(x.flatten(1), w, b)
            groups = self.preset.members if i else 1
            if groups > 1:  # u and v of one group side by side
                u, v = (apply(x, half, bias, self.shape[i][3], groups)
                        for half, bias in zip(w.chunk(2), b.chunk(2)))
                x = u * v
            else:
                x = act(apply(x, w, b, self.shape[i][3]), self.preset.unit)


def best_scale(weights, limit):
    """The scale S, in eighths, whose rounding to w / S, clipped at the limit, has the least squared error."""
    low = max(1, int(8 * limit / weights.abs().max()))
    choices = [Fraction(k, 8) for k in np.unique(np.linspace(low, 3 * low + 2, 60).astype(int)).tolist()]
    error = {s: ((weights * float(s)).round().clamp(-limit, limit) / float(s) - weights).square().sum().item()
             for s in choices}
    return min(error, key=error.get)


# --- training --------------------------------------------------------------------------------------------------


def excess(logits, labels, at):
    """Mean squared excess of the label's leads over `at`."""
    lead = logits.gather(1, labels[:, None]) - logits
    return F.relu(lead.amax(1) - at).square().mean()


def fit(net, batches, validate, preset, epochs, rate, warm_up, decay, narrow=0.0, teacher=None):
    """Trains `net` in place with AdamW and a cosine rate; returns the moving average of its states."""
    trained = [p for p in net.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": [p for p in trained if p.dim() > 1], "weight_decay": decay},
         {"params": [p for p in trained if p.dim() == 1], "weight_decay": 0.0}],
        lr=rate, betas=(0.9, 0.98), foreach=True)
    total = epochs * len(batches)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda k: min(1, (k + 1) / warm_up) * (
        0.5 * (1 + math.cos(math.pi * k / total)) + 0.004))
    average = torch.optim.swa_utils.AveragedModel(
        net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(preset.average), use_buffers=True)
    started = time.time()
    for epoch in range(epochs):
        net.train()
        for x, y, target in batches:
            out = net(x)
            loss = F.cross_entropy(out, y, label_smoothing=preset.smoothing)
            if target is None and teacher:
                with torch.no_grad():
                    target = teacher(x)
            if target is not None:  # at temperature 2
                learnt = F.kl_div(F.log_softmax(out / 2, 1), F.softmax(target / 2, 1), reduction="batchmean") * 4
                loss = (1 - preset.distil) * loss + preset.distil * learnt
            if narrow:
                loss = loss + narrow * excess(out, y, preset.narrow_at)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(trained, 1.0, foreach=True)
            optimizer.step()
            schedule.step()
            average.update_parameters(net)
        if epoch % 10 == 9 or epoch == epochs - 1:
            log(f"  epoch {epoch + 1}/{epochs}, {time.time() - started:.0f} s: loss {loss.item():.3f}, "
                f"validation {validate(average)}")
    return average.module


# --- writing ---------------------------------------------------------------------------------------------------


def integer_layers(net, preset):
    """(name, rows, biases, scale) of each linear map: integers as Python ints, u and v apart."""
    layers = []
    for i, s in enumerate(net.scales):
        rows = net.rounded(i).detach().flatten(1).long().tolist()
        real = net.biases[i].detach().double().tolist()
        biases = [round(Fraction(b) * net.bias_scales[i]) for b in real]
        names = ["logits"] if i == len(net.shape) else [f"u{i + 1}", f"v{i + 1}"][: 1 + (preset.unit == "product")]
        n = len(rows) // len(names)
        layers += [(name, rows[k * n : k * n + n], biases[k * n : k * n + n], s) for k, name in enumerate(names)]
    return layers


def width(values):
    """The least number of bits, at least 2, of a signed integer that holds every value."""
    return max(2, 1 + max((v if v >= 0 else ~v).bit_length() for v in values))


def specs(layers, preset):
    """The manifest's layers."""
    shapes, _ = geometry(preset)
    out, source = [], "input"
    if preset.pool > 1:
        out.append({"name": "pooled", "op": "sum_pool", "inputs": ["input"], "kernel": [preset.pool] * 2,
                    "stride": [preset.pool] * 2})
        source = "pooled"
    for name, rows, biases, scale in layers:
        stage = int(name[1:]) - 1 if name != "logits" else len(shapes)
        spec = {"name": name, "op": "dense", "inputs": [source], "outputs": len(rows)}
        groups = preset.members if stage else 1
        if stage < len(shapes) and (preset.stages[stage][0] == "conv" or groups > 1):
            kernel, stride = shapes[stage][2:]
            spec = {"name": name, "op": "conv2d", "inputs": [source], "out_channels": len(rows),
                    "kernel": [kernel] * 2, "stride": [stride] * 2, "padding": [0] * 4, "groups": groups}
        out.append(spec | {"weight_bits": width([w for row in rows for w in row]), "bias_bits": width(biases),
                           "weight_scale": str(scale),
                           "visibility": "public" if name == "logits" else preset.visibility})
        if name.startswith("v"):
            source = f"h{stage + 1}"
            out.append({"name": source, "op": "product", "inputs": [f"u{stage + 1}", name]})
        elif name != "logits" and preset.unit == "square":
            source = f"h{stage + 1}"
            out.append({"name": source, "op": "square", "inputs": [name]})
    return out


def manifest_text(layers, digest, lead_bits, preset, args):
    """manifest.json, one layer per line."""
    top = 2**preset.bits - 1
    image = {"side": 28, "crop": preset.crop}
    image |= {"table": table(preset).tolist()} if preset.thresholds else {"bits": preset.bits}
    data = "all 60,000 training images" if args.all else "55,000 of the 60,000 training images, 5,000 for validation"
    fields = {
        "format": "provelock-model", "version": 2, "name": args.out.name,
        "task": "Handwritten digits 0 to 9, MNIST 28x28 grey images",
        "input": {"shape": [1, preset.crop, preset.crop], "min": 0, "max": top, "scale": str(top),
                  "visibility": "private", "image": image},
        "layers": specs(layers, preset),
        "output": {"kind": "class", "lead_bits": lead_bits},
        "classes": [str(d) for d in range(10)],
        "weights": {"file": "weights.json", "sha256": digest},
        "provenance": {
            "recipe": f"models/train/train.py {recipe(preset, args)} (torch {torch.__version__}, "
                      f"numpy {np.__version__})",
            "data": f"MNIST by Y. LeCun, C. Cortes, C. J. C. Burges (CC BY-SA 3.0): {data}",
            "licence": "MIT OR Apache-2.0"}}
    parts = []
    for key, value in fields.items():
        text = json.dumps(value)
        if key == "layers":
            text = "[\n    " + ",\n    ".join(json.dumps(layer) for layer in value) + "\n  ]"
        elif key == "provenance":
            text = json.dumps(value, indent=2).replace("\n", "\n  ")
        parts.append(f"  {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def weights_text(layers):
    """weights.json, one row of weights per line."""
    parts = []
    for name, rows, biases, _ in layers:
        text = ",\n".join("        " + json.dumps(row, separators=(",", ":")) for row in rows)
        parts.append(f'    {{\n      "name": "{name}",\n      "weights": [\n{text}\n      ],\n'
                     f'      "biases": {json.dumps([str(b) for b in biases])}\n    }}')
    head = '{\n  "format": "provelock-weights",\n  "version": 2,\n  "layers": [\n'
    return head + ",\n".join(parts) + "\n  ]\n}\n"


def recipe(preset, args):
    """The command line that gives this network, with every setting spelled out."""
    settings = [f"{key}={value if isinstance(value, bool) else json.dumps(value, separators=(',', ':'))}"
                for key, value in dataclasses.asdict(preset).items()]
    answers = ["--answers", *(path.name for path in args.answers)] if args.answers else []
    everything = ["--all"] if args.all else []
    return shlex.join([args.preset, *everything, "--seed", str(args.seed), "--spare", str(args.spare), *answers,
                       "--set", *settings])


def write(path, text):
    """Writes a file through a temporary one in the same folder."""
    temporary = path.with_suffix(".tmp")
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def write_model(net, images, preset, args):
    """Writes the model's two files; `lead_bits` is what the largest lead on any of `images` needs, and a spare."""
    layers = integer_layers(net, preset)
    args.out.mkdir(parents=True, exist_ok=True)
    text = weights_text(layers)
    write(args.out / "weights.json", text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    write(args.out / "manifest.json", manifest_text(layers, digest, 1, preset, args))
    _, lead = check.leads(check.logits(check.read_model(args.out), images))
    bits = int(lead.max()).bit_length()
    log(f"largest lead on {len(images)} training images: {int(lead.max()) / 2**bits:.3f} * 2^{bits}")
    write(args.out / "manifest.json", manifest_text(layers, digest, bits + args.spare, preset, args))


def log(message):
    """Prints at once, also into a pipe."""
    print(message, flush=True)


def train(args, preset):
    """All stages."""
    started = time.time()
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    images, labels = load_training_set(args.data)
    copies = distorted_copies(images, preset.copies, preset.strength, args.copies)
    for_training, for_validation = split(len(labels))
    chosen = np.arange(len(labels)) if args.all else for_training
    held_out = as_input(pixels(images[for_validation], preset))
    truth = torch.from_numpy(labels[for_validation]).long()

    @torch.no_grad()
    def validate(net):
        if isinstance(net, nn.Module):
            net = copy.deepcopy(net).eval()
        out = torch.cat([net(part) for part in held_out.split(1000)])
        return f"{(out.argmax(1) == truth).double().mean().item() * 100:.2f} % " \
               f"(loss {F.cross_entropy(out, truth).item():.4f})"

    log(f"{recipe(preset, args)}")
    given = [np.load(path)[[*range(preset.copies), -1]].astype(np.float32) for path in args.answers]
    given = sum(given) / len(given) if given else None
    members = []
    for member in range(preset.members):
        seed = args.seed * 100 + member
        torch.manual_seed(seed)
        net, kept = FloatNet(preset), args.floats and args.floats / f"{args.preset}-{seed}.pt"
        if kept and kept.exists():
            net.load_state_dict(torch.load(kept))
        else:
            batches = Batches(images, labels, copies, chosen, preset, seed, given)
            net = fit(net, batches, validate, preset, preset.epochs, preset.rate, 300, preset.decay)
            if kept:
                torch.save(net.state_dict(), kept)
        members.append(net.eval())

    if args.write_answers:
        np.save(args.write_answers, mean_logits(members, images, copies, preset))
        return

    def teacher(x):
        return sum(member(x) for member in members) / len(members)

    net = RoundedNet(stacked([equalized(member.folded(), preset) for member in members], preset), preset)
    log(f"float network: validation {validate(teacher)}")
    log(f"rounded to {preset.weight_bits} bits: validation {validate(net)}; fine-tuning")
    batches = Batches(images, labels, copies, chosen, preset, args.seed, given)
    for i in range(len(net.weights) if preset.stepwise else 1):  # the maps are fixed one after the other
        net = fit(net, batches, validate, preset, preset.tune_epochs, preset.tune_rate, 100, 0.0, preset.narrow,
                  teacher if preset.distil else None)
        net.fix(i)
    write_model(net, images, preset, args)
    result = check.report(check.read_model(args.out), images[for_validation], labels[for_validation])
    log(f"{args.out}: exact integers on the validation images: {json.dumps(result)}")
    log(f"{time.time() - started:.0f} s, python {platform.python_version()}, torch {torch.__version__}, "
        f"numpy {np.__version__}, {platform.machine()}")


def tuples(value):
    """Lists as tuples, inside and out."""
    return tuple(map(tuples, value)) if isinstance(value, (list, tuple)) else value


def main():
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    option = parser.add_argument
    option("preset", choices=PRESETS, help="network to train")
    option("--data", type=Path, required=True, help="folder with the MNIST training files (*.gz)")
    option("--out", type=Path, required=True, help="model folder to write; its name becomes the model's")
    option("--copies", type=Path, required=True,
           help="folder for the distorted copies of the training images, 47 MB a copy; made if they are not there")
    option("--floats", type=Path, help="folder that keeps the float members, so that a next run need not train them")
    option("--write-answers", type=Path, help="file for the float network's logits of all copies; stop then")
    option("--answers", type=Path, nargs="*", default=[], help="such files, whose mean is learnt from (`distil`)")
    option("--all", action="store_true", help="train on all 60,000 images: validation figures mean nothing then")
    option("--seed", type=int, default=1, help="random seed (default: %(default)s)")
    option("--spare", type=int, default=0, help="bits of lead beyond what the training images need")
    option("--threads", type=int, default=1, help="torch threads (default: %(default)s)")
    option("--set", nargs="*", default=[], metavar="KEY=VALUE", help="settings that differ from the preset's")
    args = parser.parse_args()
    changes = {key: tuples(ast.literal_eval(value)) for key, value in (item.split("=", 1) for item in args.set)}
    try:
        train(args, dataclasses.replace(PRESETS[args.preset], **changes))
    except check.FileError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
