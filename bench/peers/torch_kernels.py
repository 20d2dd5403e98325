"""Single convolutions and their gradients in PyTorch.

    /usr/bin/python3 bench/peers/torch_kernels.py '[{"kind": "forward", "x": [128, 16, 32, 32], "weight": [16, 16, 3, 3],
        "stride": [1, 1], "padding": [1, 1]}]' --threads 2

Kinds: forward, inputGradient, weightGradient. Takes turns (see turns.py); a turn times each three times and answers with
the median of each.
"""
import argparse, json, sys, time
import torch
from turns import answer

p = argparse.ArgumentParser()
p.add_argument('convolutions'); p.add_argument('--threads', type=int, default=2)
a = p.parse_args()
torch.set_num_threads(a.threads); torch.manual_seed(0)

def work_of(kind, x, weight, stride, padding):
    x, weight = torch.randn(x), torch.randn(weight)
    forward = lambda: torch.nn.functional.conv2d(x, weight, None, stride, padding)
    if kind == 'forward': return forward
    dy = torch.randn_like(forward())
    wanted = [kind == 'inputGradient', kind == 'weightGradient', False]
    backward = torch.ops.aten.convolution_backward
    return lambda: backward(dy, x, weight, None, stride, padding, [1, 1], False, [0, 0], 1, wanted)

def median_time(work):
    work()
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return sorted(times)[1]

convolutions = json.loads(a.convolutions)
answer(ready=True, version=torch.__version__)
for _ in sys.stdin:
    with torch.no_grad():
        answer(each=[median_time(work_of(**convolution)) for convolution in convolutions])
