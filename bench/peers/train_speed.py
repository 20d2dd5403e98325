"""Times training steps of a CIFAR ResNet or its plain twin in PyTorch on a synthetic batch.

    /usr/bin/python3 bench/peers/train_speed.py --depth 20 --batch 128 --steps 10 --threads 2

Waits for a line on standard input before each round of `--steps` steps and prints the images per second of that round,
so that a driver can take turns with another program. Ends at end of input.
"""
import argparse, sys, time
import torch
import torch.nn.functional as F
from train_cifar import ResNet

p = argparse.ArgumentParser()
p.add_argument('--depth', type=int, default=20); p.add_argument('--batch', type=int, default=128)
p.add_argument('--steps', type=int, default=10); p.add_argument('--threads', type=int, default=2)
a = p.parse_args()
torch.set_num_threads(a.threads); torch.manual_seed(0)
net = ResNet(a.depth).train()
opt = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
x, y = torch.randn(a.batch, 3, 32, 32), torch.randint(0, 10, (a.batch,))

def step():
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad(); loss.backward(); opt.step()
    return loss.item()

for _ in range(2): step()
print('ready', flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    for _ in range(a.steps): step()
    print(a.steps * a.batch / (time.perf_counter() - start), flush=True)
