#!/usr/bin/python3
"""Writes test/golden/fixtures: what PyTorch makes of small networks, which every engine must reproduce.

Run with any Python that has PyTorch (Debian: apt install python3-torch):

    python3 scripts/make-fixtures.py

The networks are written out here by hand, from the papers, with PyTorch's own operations in float64; only the names of
parameters are the project's. First weights, running statistics and pictures come from a formula (`numbers`) that the
test computes too, so that a fixture holds results only: NAME.json with the recipe and the losses, NAME.bin with the
tensors as little-endian float32, one behind the other in the order of "tensors".
"""

import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F

BATCH = 8
CLASSES = 10
STEPS = 10
LR = 0.05
# In ten steps no input of a ReLU may be this close to zero: float32 could put it on the other side, which changes its
# gradient by all of it. Seeds are tried until that holds.
KINK = 2e-6

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "test" / "golden" / "fixtures"

NETS = {
    "resnet8": dict(block="basic", order="post", shortcut="pad", widths=[16, 32, 64], size=[16, 16]),
    "plain8": dict(
        block="basic", order="post", shortcut="none", widths=[16, 32, 64], size=[16, 16], nesterov=True
    ),
    "preresnet8": dict(
        block="basic", order="pre", shortcut="pad", widths=[16, 32, 64], size=[16, 16], smoothing=0.1
    ),
    # Odd widths and sizes, projections, decay on weights only.
    "bottleneck11": dict(
        block="bottleneck", order="post", shortcut="project-on-change", widths=[3, 5, 9], size=[15, 13],
        smoothing=0.1, nesterov=True, decay_on="weights",
    ),
    "prebottleneck11": dict(
        block="bottleneck", order="pre", shortcut="project-on-change", widths=[3, 5, 9], size=[15, 13]
    ),
}


def numbers(key, count):
    """`count` numbers in [-1, 1), named by the text `key`: 32-bit integer arithmetic, then one exact division."""
    seed = 2166136261
    for letter in key:
        seed = ((seed ^ ord(letter)) * 16777619) & 0xFFFFFFFF
    x = (seed + np.arange(1, count + 1, dtype=np.uint64) * 0x9E3779B9) & 0xFFFFFFFF
    x = ((x ^ (x >> np.uint64(16))) * 0x21F0AAAD) & 0xFFFFFFFF
    x = ((x ^ (x >> np.uint64(15))) * 0x735A2D97) & 0xFFFFFFFF
    x = x ^ (x >> np.uint64(15))
    return x.astype(np.float64) / 2147483648 - 1


def tensor(values, shape):
    """Rounded to float32, as every engine gets them, then computed with in float64."""
    return torch.tensor(values.astype(np.float32).reshape(shape)).double()


class Net:
    """The network as functions over a dictionary of tensors, which is filled at the first forward pass."""

    def __init__(self, name, block, order, shortcut, widths, size, **_):
        self.name, self.block, self.order, self.shortcut, self.widths = name, block, order, shortcut, widths
        self.parameters, self.buffers = {}, {}
        self.training = True
        self.kinks = []

    def parameter(self, path, shape, center, reach):
        if path not in self.parameters:
            values = center + reach * numbers(f"{self.name}/{path}", int(np.prod(shape)))
            self.parameters[path] = tensor(values, shape).requires_grad_()
        return self.parameters[path]

    def buffer(self, path, width, center, reach):
        if path not in self.buffers:
            self.buffers[path] = tensor(center + reach * numbers(f"{self.name}/{path}", width), [width])
        return self.buffers[path]

    def conv(self, path, x, width, kernel, stride):
        shape = [width, x.shape[1], kernel, kernel]
        weight = self.parameter(f"{path}.weight", shape, 0, np.sqrt(6 / (shape[1] * kernel * kernel)))
        return F.conv2d(x, weight, stride=stride, padding=kernel // 2)

    def norm(self, path, x):
        width = x.shape[1]
        scale = self.parameter(f"{path}.scale", [width], 1, 0.25)
        shift = self.parameter(f"{path}.shift", [width], 0, 0.25)
        mean = self.buffer(f"{path}.mean", width, 0, 0.25)
        variance = self.buffer(f"{path}.variance", width, 1, 0.5)
        return F.batch_norm(x, mean, variance, scale, shift, self.training, momentum=0.1, eps=1e-5)

    def relu(self, x):
        self.kinks.append(x.detach().abs().min().item())
        return F.relu(x)

    def pad(self, x, width, stride):
        """Option A: subsample, zero channels on both sides."""
        before = (width - x.shape[1]) // 2
        x = x[:, :, ::stride, ::stride]
        return F.pad(x, (0, 0, 0, 0, before, width - x.shape[1] - before))

    def residual_block(self, path, x, width, stride, first):
        if self.block == "basic":
            layers = [(width, 3, stride), (width, 3, 1)]
        else:
            layers = [(width, 1, stride), (width, 3, 1), (4 * width, 1, 1)]
        output_width = layers[-1][0]
        changes = stride != 1 or x.shape[1] != output_width
        projects = self.shortcut == "project-on-change" and changes

        y, split = x, x
        for index, (layer_width, kernel, layer_stride) in enumerate(layers, start=1):
            if self.order == "pre":
                y = self.relu(self.norm(f"{path}.norm{index}", y))
                if index == 1 and (projects or first):
                    split = y
                y = self.conv(f"{path}.conv{index}", y, layer_width, kernel, layer_stride)
            else:
                y = self.norm(f"{path}.norm{index}", self.conv(f"{path}.conv{index}", y, layer_width, kernel, layer_stride))
                if index < len(layers):
                    y = self.relu(y)

        if projects:
            split = self.conv(f"{path}.shortcut.conv", split, output_width, 1, stride)
            if self.order == "post":
                split = self.norm(f"{path}.shortcut.norm", split)
        elif changes and self.shortcut == "pad":
            split = self.pad(split, output_width, stride)
        if self.shortcut != "none":
            y = y + split
        return self.relu(y) if self.order == "post" else y

    def __call__(self, x):
        x = self.conv("stem.conv", x, self.widths[0], 3, 1)
        if self.order == "post":
            x = self.relu(self.norm("stem.norm", x))
        for stage, width in enumerate(self.widths, start=1):
            x = self.residual_block(f"stage{stage}.block1", x, width, 1 if stage == 1 else 2, stage == 1)
        if self.order == "pre":
            x = self.relu(self.norm("head.norm", x))
        x = x.mean(dim=(2, 3))
        weight = self.parameter("head.classifier.weight", [CLASSES, x.shape[1]], 0, np.sqrt(6 / x.shape[1]))
        return F.linear(x, weight, self.parameter("head.classifier.bias", [CLASSES], 0, 0.25))


def pictures(name, step, size):
    shape = [BATCH, 3, *size]
    return tensor(np.sqrt(3) * numbers(f"{name}/pictures{step}", int(np.prod(shape))), shape)


def labels(name, step):
    return torch.tensor(((numbers(f"{name}/labels{step}", BATCH) + 1) * CLASSES / 2).astype(np.int64))


def groups(net, decay_on):
    """wd 1e-4 on all parameters, or on weights of convolutions and the classifier only."""
    decayed = [value for path, value in net.parameters.items() if decay_on == "all" or path.endswith(".weight")]
    others = [value for path, value in net.parameters.items() if decay_on != "all" and not path.endswith(".weight")]
    return [dict(params=decayed, weight_decay=1e-4), dict(params=others, weight_decay=0.0)]


def train(name, settings):
    """The network after ten steps, the tensors that are compared, and the losses."""
    size = settings["size"]
    net = Net(name, **settings)
    net.training = False
    with torch.no_grad():
        tensors = {"inferenceLogits": net(pictures(name, 0, size)).clone()}
    net.training = True
    net.kinks.clear()
    optimizer = torch.optim.SGD(
        groups(net, settings.get("decay_on", "all")), lr=LR, momentum=0.9, nesterov=settings.get("nesterov", False)
    )
    losses = []
    for step in range(STEPS):
        logits = net(pictures(name, step, size))
        loss = F.cross_entropy(logits, labels(name, step), label_smoothing=settings.get("smoothing", 0.0))
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            tensors["logits"] = logits.detach().clone()
            for path, value in net.parameters.items():
                tensors[f"gradient/{path}"] = value.grad.clone()
            for path, value in net.buffers.items():
                tensors[f"running/{path}"] = value.clone()
        optimizer.step()
        losses.append(loss.item())
    return net, tensors, losses


def make(key, settings):
    for seed in range(1000):
        name = f"{key}#{seed}"
        net, tensors, losses = train(name, settings)
        if min(net.kinks) > KINK:
            break

    blob = b"".join(value.numpy().astype("<f4").tobytes() for value in tensors.values())
    description = {
        "seedName": name,
        **{part: settings[part] for part in ["block", "order", "shortcut", "widths", "size"]},
        "batch": BATCH,
        "classes": CLASSES,
        "labelSmoothing": settings.get("smoothing", 0.0),
        "lr": LR,
        "momentum": 0.9,
        "nesterov": settings.get("nesterov", False),
        "weightDecay": 1e-4,
        "decayOn": settings.get("decay_on", "all"),
        "losses": losses,
        "tensors": [{"name": path, "shape": list(value.shape)} for path, value in tensors.items()],
    }
    FIXTURES.mkdir(parents=True, exist_ok=True)
    (FIXTURES / f"{key}.json").write_text(json.dumps(description, indent=1) + "\n")
    (FIXTURES / f"{key}.bin").write_bytes(blob)
    print(f"{name}: {len(blob)} bytes, losses {losses[0]:.6f} … {losses[-1]:.6f}, kinks {min(net.kinks):.1e}")


if __name__ == "__main__":
    for key, settings in NETS.items():
        make(key, settings)
