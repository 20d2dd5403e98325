"""The networks of the papers in PyTorch, by the names of our presets."""
import torch.nn as nn
import torch.nn.functional as F
from train_cifar import ResNet

class PreactivationBottleneck(nn.Module):
    """norm, ReLU, 1x1; norm, ReLU, 3x3; norm, ReLU, 1x1. Where sizes change, the shortcut's 1x1 reads what the first
    norm and ReLU made."""
    def __init__(self, width_in, width, stride):
        super().__init__()
        self.norm1, self.norm2, self.norm3 = nn.BatchNorm2d(width_in), nn.BatchNorm2d(width), nn.BatchNorm2d(width)
        self.conv1 = nn.Conv2d(width_in, width, 1, stride, bias=False)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        changes = stride != 1 or width_in != 4 * width
        self.shortcut = nn.Conv2d(width_in, 4 * width, 1, stride, bias=False) if changes else None
    def forward(self, x):
        z = F.relu(self.norm1(x))
        y = self.conv3(F.relu(self.norm3(self.conv2(F.relu(self.norm2(self.conv1(z)))))))
        return y + (x if self.shortcut is None else self.shortcut(z))

class PreactivationResNet(nn.Module):
    def __init__(self, depth, classes=10):
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        blocks, width_in = [], 16
        for stage, width in enumerate((16, 32, 64)):
            for b in range((depth - 2) // 9):
                blocks.append(PreactivationBottleneck(width_in, width, 2 if stage and b == 0 else 1))
                width_in = 4 * width
        self.blocks, self.norm = nn.Sequential(*blocks), nn.BatchNorm2d(256)
        self.classifier = nn.Linear(256, classes)
    def forward(self, x):
        return self.classifier(F.relu(self.norm(self.blocks(self.stem(x)))).mean((2, 3)))

def build(name):
    """A net with random weights, and the side of the pictures it takes."""
    depth = int(''.join(c for c in name if c.isdigit()))
    if name.startswith('preresnet'):
        return PreactivationResNet(depth), 32
    if depth in (18, 34, 50, 101, 152):
        import torchvision
        return getattr(torchvision.models, name)(), 224
    return ResNet(depth), 32

def params(net):
    return sum(p.numel() for p in net.parameters())
