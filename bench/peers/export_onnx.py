"""Writes a torchvision network with random weights as ONNX, for peers that read it.

    /usr/bin/python3 bench/peers/export_onnx.py resnet18 8 FILE
"""
import sys
import torch
from nets import build

name, batch, file = sys.argv[1], int(sys.argv[2]), sys.argv[3]
net, side = build(name)
torch.onnx.export(net.eval(), torch.randn(batch, 3, side, side), file, input_names=['x'], output_names=['y'], opset_version=13)
