#!/usr/bin/env python3
"""A distributed PyTorch training for torchrun that can be interrupted in the middle of an epoch.

Each process gets SIGUSR1; they agree on the step at which all stop, rank 0 saves, and all end with code 0. With as many processes
as before they go on from the checkpoint at the next start. The weights are those of an uninterrupted training, to the last bit.
"""

import signal

asked_to_stop = False


def ask_to_stop(signum, frame):
    # Nothing is saved here: the state is whole only between two steps.
    global asked_to_stop
    asked_to_stop = True


# Before PyTorch is imported, which takes seconds: until the handler is there, SIGUSR1 ends a process.
signal.signal(signal.SIGUSR1, ask_to_stop)

import argparse
import os
import sys

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader

from waves import ResumableSampler, Waves, new_model, replace

CHECKPOINT = "checkpoint.pt"
RESULT = "model.pt"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--batch", type=int, default=32, help="for each process")
    parser.add_argument("--workers", type=int, default=1, help="that load data, for each process")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    gpus = torch.cuda.is_available()
    dist.init_process_group("nccl" if gpus else "gloo")
    rank, world = dist.get_rank(), dist.get_world_size()
    if gpus:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    device = "cuda" if gpus else "cpu"
    # Each process drops out other units.
    torch.manual_seed(options.seed + rank)
    torch.use_deterministic_algorithms(True)

    data = Waves()
    sampler = ResumableSampler(len(data), options.seed, rank, world)
    # With a generator of its own the loader draws nothing from that of the dropout.
    loader = DataLoader(
        data, options.batch, sampler=sampler, num_workers=options.workers, generator=torch.Generator()
    )
    model = DistributedDataParallel(new_model().to(device), device_ids=[torch.cuda.current_device()] if gpus else None)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    steps = options.epochs * -(-sampler.length // options.batch)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
    epoch, step = 0, 0

    def random_state():
        return {"cpu": torch.get_rng_state(), "cuda": torch.cuda.get_rng_state() if gpus else None}

    # No checkpoint is a first start. A damaged one is an error, and never a reason to begin anew.
    if os.path.exists(CHECKPOINT):
        state = torch.load(CHECKPOINT, map_location="cpu")
        if len(state["random"]) != world:
            sys.exit(f"{CHECKPOINT} is of {len(state['random'])} processes, and not of {world}")
        model.module.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        scheduler.load_state_dict(state["scheduler"])
        torch.set_rng_state(state["random"][rank]["cpu"])
        if gpus:
            torch.cuda.set_rng_state(state["random"][rank]["cuda"])
        epoch, step = state["epoch"], state["step"]

    def save():
        """By all processes: each has random numbers of its own."""
        random = [None] * world
        dist.all_gather_object(random, random_state())
        if rank == 0:
            replace(CHECKPOINT, {
                "model": model.module.state_dict(),
                "optimizer": optimizer.state_dict(),
                "scheduler": scheduler.state_dict(),
                "random": random,
                "epoch": epoch,
                "step": step,
            })  # fmt: skip
        # Nobody goes before it is written: torchrun ends all when one of them fails.
        dist.barrier()

    def all_asked_to_stop():
        """Whether any process has been asked: the signal does not reach all of them at the same step."""
        asked = torch.tensor(int(asked_to_stop), device=device)
        dist.all_reduce(asked, dist.ReduceOp.MAX)
        return bool(asked)

    if rank == 0:
        print(f"starting at epoch {epoch}, step {step}", flush=True)
    stopped = False
    while epoch < options.epochs and not stopped:
        sampler.epoch = data.epoch = epoch
        sampler.start = step * options.batch
        for waves, labels in loader:
            loss = nn.functional.cross_entropy(model(waves.to(device)), labels.to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
            step += 1
            stopped = all_asked_to_stop()
            if stopped:
                break
        if not stopped:
            epoch, step = epoch + 1, 0
        # At the end of each epoch too, for the case that a node is lost.
        save()

    if rank == 0 and stopped:
        print(f"stopped at epoch {epoch}, step {step}", flush=True)
    elif rank == 0:
        replace(RESULT, model.module.state_dict())
        print("finished", flush=True)
    # Code 0 also after a stop: torchrun takes any other for a failure and ends with 1, or starts the processes again.
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
