"""Trains a CIFAR ResNet (option A) in PyTorch with the recipe of `resnet train`, as the yardstick for its test error.

    /usr/bin/python3 bench/peers/train_cifar.py DIR [--depth 20] [--epochs 10] [--lr 0.1] [--seed 0] [--threads 2]

DIR is the folder of the official binary batches. Same recipe as `resnet train --arch resnet20 --epochs 10 -b 128 --lr 0.1`:
SGD, momentum 0.9, weight decay 1e-4 on all parameters, cosine to zero by step, pad-4 crop and flip, last short batch
dropped, mean and standard deviation of CIFAR-10. Prints one JSON line an epoch.
"""
import argparse, json, math, os, time
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

class Block(nn.Module):
    def __init__(self, width_in, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(width_in, width, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(width)
        self.stride, self.extra = stride, width - width_in
    def forward(self, x):
        y = F.relu(self.norm1(self.conv1(x)))
        y = self.norm2(self.conv2(y))
        if self.stride != 1 or self.extra:
            x = F.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, self.extra // 2, self.extra - self.extra // 2))
        return F.relu(y + x)

class ResNet(nn.Module):
    def __init__(self, depth, classes=10):
        super().__init__()
        n = (depth - 2) // 6
        self.stem, self.norm = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        blocks, width_in = [], 16
        for stage, width in enumerate((16, 32, 64)):
            for b in range(n):
                blocks.append(Block(width_in, width, 2 if stage and b == 0 else 1))
                width_in = width
        self.blocks, self.classifier = nn.Sequential(*blocks), nn.Linear(64, classes)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode='fan_out', nonlinearity='relu')
        nn.init.normal_(self.classifier.weight, 0, 0.01)
        nn.init.zeros_(self.classifier.bias)
    def forward(self, x):
        x = self.blocks(F.relu(self.norm(self.stem(x))))
        return self.classifier(x.mean((2, 3)))

def read(folder, names):
    raw = np.concatenate([np.fromfile(os.path.join(folder, n), np.uint8).reshape(-1, 3073) for n in names])
    return torch.from_numpy(raw[:, 1:].reshape(-1, 3, 32, 32).copy()), torch.from_numpy(raw[:, 0].astype(np.int64))

def main():
    p = argparse.ArgumentParser()
    p.add_argument('data'); p.add_argument('--depth', type=int, default=20); p.add_argument('--epochs', type=int, default=10)
    p.add_argument('--lr', type=float, default=0.1); p.add_argument('--seed', type=int, default=0)
    p.add_argument('--threads', type=int, default=2)
    a = p.parse_args()
    torch.set_num_threads(a.threads); torch.manual_seed(a.seed)
    mean = torch.tensor([.4914, .4822, .4465]).view(1, 3, 1, 1); std = torch.tensor([.2470, .2435, .2616]).view(1, 3, 1, 1)
    x, y = read(a.data, [f'data_batch_{i}.bin' for i in range(1, 6)])
    tx, ty = read(a.data, ['test_batch.bin'])
    net = ResNet(a.depth)
    opt = torch.optim.SGD(net.parameters(), lr=a.lr, momentum=0.9, weight_decay=1e-4)
    per_epoch, step = len(x) // 128, 0
    for epoch in range(a.epochs):
        net.train(); order = torch.randperm(len(x)); t0 = time.time(); total, wrong = 0.0, 0
        for k in range(per_epoch):
            index = order[k * 128:(k + 1) * 128]
            batch = F.pad(x[index], (4, 4, 4, 4))
            dy, dx = torch.randint(0, 9, (128,)), torch.randint(0, 9, (128,)); flip = torch.rand(128) < 0.5
            batch = torch.stack([batch[i, :, dy[i]:dy[i] + 32, dx[i]:dx[i] + 32] for i in range(128)])
            batch[flip] = batch[flip].flip(3)
            for g in opt.param_groups: g['lr'] = a.lr * 0.5 * (1 + math.cos(math.pi * step / (a.epochs * per_epoch)))
            logits = net((batch.float() / 255 - mean) / std); loss = F.cross_entropy(logits, y[index])
            opt.zero_grad(); loss.backward(); opt.step(); step += 1
            total += loss.item(); wrong += (logits.argmax(1) != y[index]).sum().item()
        seconds = time.time() - t0; net.eval(); errors = 0
        with torch.no_grad():
            for k in range(0, len(tx), 500):
                errors += (net((tx[k:k + 500].float() / 255 - mean) / std).argmax(1) != ty[k:k + 500]).sum().item()
        print(json.dumps({'epoch': epoch + 1, 'loss': total / per_epoch, 'trainError': 100 * wrong / (per_epoch * 128),
                          'testError': 100 * errors / len(tx), 'imagesPerSecond': per_epoch * 128 / seconds}), flush=True)

if __name__ == '__main__':
    main()
