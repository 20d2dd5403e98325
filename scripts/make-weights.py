#!/usr/bin/python3
"""Writes files of weights with PyTorch, and what PyTorch computes with them: what the importer is held against.

    python3 scripts/make-weights.py                        the small files of test/formats/fixtures, which are committed
    python3 scripts/make-weights.py DIR resnet18 resnet50  torchvision's nets with random weights, in three formats, with
                                                           pictures and logits; large, made when a test asks for them

Needs PyTorch and, for the second, torchvision (Debian: apt install python3-torch python3-torchvision). The nets that
are written out here have the names and the shapes of the well-known ones: see KEYS.
"""

import json
import pathlib
import struct
import sys
import zipfile
from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn

torch.set_num_threads(2)
FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "test" / "formats" / "fixtures"


def norm(width):
    return nn.BatchNorm2d(width)


def conv(inputs, width, kernel, stride=1, groups=1):
    return nn.Conv2d(inputs, width, kernel, stride, kernel // 2, groups=groups, bias=False)


class Block(nn.Module):
    """A residual block of two or three layers, in both orders. Option A where `project` is None."""

    def __init__(self, inputs, widths, kernels, stride, strided, order, project):
        super().__init__()
        self.order, self.stride, self.count, self.project = order, stride, len(widths), project
        for i, (width, kernel) in enumerate(zip(widths, kernels), start=1):
            before = inputs if i == 1 else widths[i - 2]
            setattr(self, f"conv{i}", conv(before, width, kernel, stride if i == strided else 1))
            setattr(self, f"bn{i}", norm(before if order == "pre" else width))
        self.changes = stride != 1 or inputs != widths[-1]
        self.padding = (widths[-1] - inputs) // 2
        if self.changes and project:
            layers = [conv(inputs, widths[-1], 1, stride)]
            setattr(self, project, nn.Sequential(*layers, *([norm(widths[-1])] if order == "post" else [])))

    def forward(self, x):
        y = x
        for i in range(1, self.count + 1):
            layer, bn = getattr(self, f"conv{i}"), getattr(self, f"bn{i}")
            if self.order == "pre":
                y = layer(F.relu(bn(y)))
            else:
                y = bn(layer(y))
                y = F.relu(y) if i < self.count else y
        if self.changes and self.project:
            x = getattr(self, self.project)(x)
        elif self.changes:
            x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.padding, self.padding))
        return F.relu(y + x) if self.order == "post" else y + x


class CifarNet(nn.Module):
    """Three stages of n blocks behind a 3x3 stem."""

    def __init__(self, widths, n, classes, block="basic", order="post", project=None, classifier="linear"):
        super().__init__()
        self.order, self.classifier = order, classifier
        self.conv1 = conv(3, widths[0], 3)
        if order == "post":
            self.bn1 = norm(widths[0])
        inputs = widths[0]
        for stage, width in enumerate(widths, start=1):
            inner = [width, width] if block == "basic" else [width, width, 4 * width]
            kernels = [3, 3] if block == "basic" else [1, 3, 1]
            blocks = []
            for i in range(n):
                stride = 2 if stage > 1 and i == 0 else 1
                blocks.append(Block(inputs, inner, kernels, stride, 1 if block == "basic" else 2, order, project))
                inputs = inner[-1]
            setattr(self, f"layer{stage}", nn.Sequential(*blocks))
        if order == "pre":
            self.bn = norm(inputs)
        setattr(self, classifier, nn.Linear(inputs, classes))

    def forward(self, x):
        x = self.conv1(x)
        if self.order == "post":
            x = F.relu(self.bn1(x))
        x = self.layer3(self.layer2(self.layer1(x)))
        if self.order == "pre":
            x = F.relu(self.bn(x))
        return getattr(self, self.classifier)(x.mean((2, 3)))


class DeepStemNet(nn.Module):
    """timm's deep stem before four stages of one bottleneck."""

    def __init__(self, classes):
        super().__init__()
        self.conv1 = nn.Sequential(
            conv(3, 4, 3, 2), norm(4), nn.ReLU(), conv(4, 4, 3), norm(4), nn.ReLU(), conv(4, 8, 3)
        )
        self.bn1 = norm(8)
        inputs = 8
        for stage, width in enumerate([4, 6, 8, 10], start=1):
            block = Block(inputs, [width, width, 4 * width], [1, 3, 1], 1 if stage == 1 else 2, 2, "post", "downsample")
            setattr(self, f"layer{stage}", nn.Sequential(block))
            inputs = 4 * width
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        return self.fc(self.layer4(self.layer3(self.layer2(self.layer1(x)))).mean((2, 3)))



# Names and building habits of four repositories, on nets small enough to commit.
KEYS = {
    "akamaster": lambda: CifarNet([2, 4, 8], 1, 3),
    "akamaster-b": lambda: CifarNet([2, 4, 8], 1, 3, project="shortcut"),
    "bearpaw": lambda: CifarNet([2, 4, 8], 1, 3, project="downsample", classifier="fc"),
    "bearpaw-bottleneck": lambda: CifarNet([2, 4, 8], 1, 3, "bottleneck", project="downsample", classifier="fc"),
    "bearpaw-pre": lambda: CifarNet([2, 4, 8], 1, 3, order="pre", project="downsample", classifier="fc"),
    "bearpaw-pre-bottleneck": lambda: CifarNet(
        [2, 4, 8], 1, 3, "bottleneck", order="pre", project="downsample", classifier="fc"
    ),
    "timm-deep": lambda: DeepStemNet(4),
}


def randomise(net, seed):
    """Weights in eighths of a power of two: exact in every float type, so that all files hold the same numbers."""
    generator = torch.Generator().manual_seed(seed)
    for name, value in list(net.named_parameters()) + list(net.named_buffers()):
        if not value.is_floating_point():
            continue
        whole = torch.randint(-7, 8, value.shape, generator=generator).to(value.dtype)
        if name.endswith("running_var") or (value.dim() == 1 and name.endswith("weight")):
            value.data = 1 + whole / 16
        elif value.dim() > 1:
            fan = value[0].numel()
            value.data = whole / 8 * 2.0 ** round(torch.log2(torch.tensor((6 / fan) ** 0.5)).item())
        else:
            value.data = whole / 16
    return net.eval()


def write_safetensors(path, tensors, metadata=None):
    types = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64", torch.float64: "F64"}
    header, blobs, at = ({"__metadata__": metadata} if metadata else {}), [], 0
    for name, value in tensors.items():
        raw = value.contiguous()
        blob = (raw.view(torch.int16) if raw.dtype == torch.bfloat16 else raw).numpy().tobytes()
        header[name] = {"dtype": types[value.dtype], "shape": list(value.shape), "data_offsets": [at, at + len(blob)]}
        at += len(blob)
        blobs.append(blob)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def deflated(source, target):
    """The same zip archive, its entries deflated."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            new.writestr(zipfile.ZipInfo(entry), old.read(entry), zipfile.ZIP_DEFLATED)


def odd(weights):
    """The same numbers in every float type, out of order, shared and as parameters."""
    tensors = OrderedDict()
    types = [torch.float32, torch.float16, torch.bfloat16, torch.float64]
    for i, (name, value) in enumerate(weights.items()):
        value = value.to(types[i % 4]) if value.is_floating_point() else value
        if value.dim() == 4:
            value = value.permute(3, 1, 0, 2).contiguous().permute(2, 1, 3, 0)
        tensors[name] = value
    shared = torch.cat([weights["bn1.weight"], weights["bn1.bias"]])
    half = len(weights["bn1.weight"])
    tensors["bn1.weight"], tensors["bn1.bias"] = shared[:half], shared[half:]
    tensors["conv1.weight"] = nn.Parameter(weights["conv1.weight"])
    return tensors


def small_files():
    FIXTURES.mkdir(parents=True, exist_ok=True)
    logits = {}
    for seed, (key, make) in enumerate(KEYS.items()):
        net = randomise(make(), seed)
        write_safetensors(FIXTURES / f"{key}.safetensors", {k: v for k, v in net.state_dict().items() if v.dim() > 0})
        side = 64 if key == "timm-deep" else 32
        pictures = torch.randint(-8, 9, (2, 3, side, side), generator=torch.Generator().manual_seed(100 + seed)) / 8
        (FIXTURES / f"{key}.pictures").write_bytes((pictures * 8).to(torch.int8).numpy().tobytes())
        with torch.no_grad():
            logits[key] = net.double()(pictures.double()).tolist()
    (FIXTURES / "logits.json").write_text(json.dumps(logits, indent=1) + "\n")

    weights = randomise(KEYS["akamaster"](), 0).state_dict()
    torch.save(weights, FIXTURES / "zip.pth")
    deflated(FIXTURES / "zip.pth", FIXTURES / "deflated.pth")
    torch.save(weights, FIXTURES / "legacy.pth", _use_new_zipfile_serialization=False)
    wrapped = {"epoch": 3, "best": 91.5, "state_dict": OrderedDict((f"module.{k}", v) for k, v in odd(weights).items())}
    wrapped["optimizer"] = {"state": {0: {"momentum_buffer": torch.zeros(3)}}, "param_groups": [{"lr": 0.1, "params": [0]}]}
    torch.save(wrapped, FIXTURES / "odd.pth")
    torch.save(wrapped, FIXTURES / "odd-legacy.pth", _use_new_zipfile_serialization=False)


def torchvision_files(folder, names):
    import torchvision

    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        torch.manual_seed(1)
        net = getattr(torchvision.models, name)()
        # Fresh norms are all alike, which would hide mistakes.
        for module in net.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.uniform_(module.weight, 0.5, 1)
                nn.init.uniform_(module.bias, -0.2, 0.2)
                nn.init.uniform_(module.running_mean, -0.2, 0.2)
                nn.init.uniform_(module.running_var, 0.5, 1.5)
        net.eval()
        weights = net.state_dict()
        torch.save(weights, folder / f"{name}.zip.pth")
        torch.save(weights, folder / f"{name}.legacy.pth", _use_new_zipfile_serialization=False)
        write_safetensors(folder / f"{name}.safetensors", weights)
        pictures = torch.randn(2, 3, 224, 224)
        with torch.no_grad():
            logits = net(pictures)
        write_safetensors(folder / f"{name}.answers", {"pictures": pictures, "logits": logits})
        print(name)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        torchvision_files(pathlib.Path(sys.argv[1]), sys.argv[2:])
    else:
        small_files()
