"""Steps of training, or forward passes of inference, of a network in PyTorch on one synthetic batch.

    /usr/bin/python3 bench/peers/torch_net.py train resnet20 --batch 128 --threads 2

Takes turns (see turns.py): prints a line that says what it is, then for each number of runs that it reads the seconds
they took. `--autocast` trains with PyTorch's automatic mixed precision in bfloat16. With `--memory` it takes three steps instead and prints the most memory that the process held.
"""
import argparse
import torch
import torch.nn.functional as F
from nets import build, params
from turns import answer, peak_memory, take_turns

p = argparse.ArgumentParser()
p.add_argument('mode', choices=('train', 'infer')); p.add_argument('name')
p.add_argument('--batch', type=int, default=128); p.add_argument('--threads', type=int, default=2)
p.add_argument('--memory', action='store_true')
p.add_argument('--autocast', action='store_true', help='train with operands in bfloat16')
a = p.parse_args()
torch.set_num_threads(a.threads); torch.manual_seed(0)
net, side = build(a.name)
x = torch.randn(a.batch, 3, side, side)
if a.mode == 'train':
    net.train()
    opt = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    y = torch.randint(0, 10, (a.batch,))
    def work():
        with torch.autocast('cpu', dtype=torch.bfloat16, enabled=a.autocast):
            loss = F.cross_entropy(net(x), y)
        opt.zero_grad(); loss.backward(); opt.step()
        return loss.item()
else:
    net.eval()
    def work():
        with torch.no_grad(): return net(x).numpy()

if a.memory:
    for _ in range(3): work()
    answer(bytes=peak_memory(), version=torch.__version__, params=params(net))
else:
    take_turns(work, version=torch.__version__, params=params(net))
