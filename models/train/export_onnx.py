#!/usr/bin/env python3
"""Trains a small ordinary MNIST network in PyTorch and exports it to ONNX: an example for the importer.

conv, batch-norm, ReLU, max-pool, conv, batch-norm, ReLU, average-pool, flatten, dense; floats throughout. Nothing
here knows about proofs: `provelock model import` quantises the exported file. The input is one grey image,
[1, 1, 28, 28], as byte / 255.
"""
import argparse
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from check import HERE, read_idx


def network():
    """The layers."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 5), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.AvgPool2d(2),
        nn.Flatten(), nn.Linear(16 * 5 * 5, 10))


def load(folder, prefix):
    """Images as floats [N, 1, 28, 28] in 0..1, and labels."""
    images = torch.from_numpy(read_idx(folder / f"{prefix}-images-idx3-ubyte.gz").copy())
    labels = torch.from_numpy(read_idx(folder / f"{prefix}-labels-idx1-ubyte.gz").copy())
    return images[:, None].float() / 255, labels.long()


def train(net, images, labels, epochs):
    """Plain Adam with a rate that falls to zero; images move by up to two pixels."""
    padded = F.pad(images, (2, 2, 2, 2))
    steps = epochs * (len(images) // 128)
    optimizer = torch.optim.AdamW(net.parameters(), lr=4e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 8e-3, steps)
    for _ in range(epochs):
        for pick in torch.randperm(len(images)).split(128)[: len(images) // 128]:
            top, left = torch.randint(5, (2,)).tolist()
            loss = F.cross_entropy(net(padded[pick, :, top : top + 28, left : left + 28]), labels[pick])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()


def main():
    """Runs the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with the MNIST training files (*.gz)")
    parser.add_argument("--test", type=Path, default=HERE.parent / "data" / "mnist",
                        help="folder with the MNIST test files (default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="ONNX file to write")
    parser.add_argument("--epochs", type=int, default=5)
    args = parser.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(1)
    net = network()
    train(net, *load(args.data, "train"), args.epochs)
    net.eval()
    # dynamo=False: the exporter that needs no further package. PRESERVE keeps the batch normalisation as a node of
    # its own (in inference mode, as net.eval() says), so that the importer folds it.
    torch.onnx.export(net, torch.zeros(1, 1, 28, 28), args.out, dynamo=False, opset_version=13,
                      input_names=["image"], output_names=["logits"],
                      training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)
    images, labels = load(args.test, "t10k")
    with torch.no_grad():
        correct = (net(images).argmax(1) == labels).sum().item()
    print(f"{args.out}: {correct} of {len(labels)} test images, in floats")


if __name__ == "__main__":
    main()
