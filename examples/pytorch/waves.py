"""Data, model and file writing of the two trainings."""

import os

import torch
from torch import nn
from torch.utils.data import Dataset, Sampler


class Waves(Dataset):
    """Noisy sines, to be told apart by their frequency. The noise follows from epoch and index, not from who draws it when."""

    length = 4096
    epoch = 0

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        random = torch.Generator().manual_seed(self.epoch * self.length + index)
        label = index % 8
        time = torch.linspace(0, 1, 256)
        phase = torch.rand(1, generator=random)
        wave = torch.sin(2 * torch.pi * ((label + 1) * time + phase))
        return (wave + torch.randn(256, generator=random)).unsqueeze(0), label


class ResumableSampler(Sampler):
    """The epoch's order for one of `world` processes, without the first `start` indices."""

    def __init__(self, length, seed, rank=0, world=1):
        self.length, self.seed, self.rank, self.world = length // world, seed, rank, world
        self.epoch, self.start = 0, 0

    def __iter__(self):
        random = torch.Generator().manual_seed(self.seed + self.epoch)
        order = torch.randperm(self.length * self.world, generator=random).tolist()
        yield from order[self.rank :: self.world][self.start :]

    def __len__(self):
        return self.length - self.start


def new_model():
    return nn.Sequential(
        nn.Conv1d(1, 16, 9, stride=2), nn.BatchNorm1d(16), nn.ReLU(),
        nn.Conv1d(16, 32, 9, stride=2), nn.ReLU(), nn.Dropout(0.2),
        nn.Flatten(), nn.Linear(32 * 58, 8),
    )  # fmt: skip


def replace(path, content):
    """Puts a new file into the place of the old one: there is a whole one at every instant."""
    temporary = f"{path}.tmp"
    with open(temporary, "wb") as file:
        torch.save(content, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
