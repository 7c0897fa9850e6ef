#!/usr/bin/env python3
"""A PyTorch training that can be interrupted in the middle of an epoch.

Stops at SIGUSR1 with a checkpoint and exit code 85, and goes on from the checkpoint at the next start. The weights are those of an
uninterrupted training, to the last bit.
"""

import signal

asked_to_stop = False


def ask_to_stop(signum, frame):
    # Nothing is saved here: the state is whole only between two steps.
    global asked_to_stop
    asked_to_stop = True


# Before PyTorch is imported, which takes seconds, and before the DataLoader starts its workers, which inherit it: until the
# handler is there, SIGUSR1 ends a process.
signal.signal(signal.SIGUSR1, ask_to_stop)

import argparse
import os
import sys

import torch
from torch import nn
from torch.utils.data import DataLoader

from waves import ResumableSampler, Waves, new_model, replace

CHECKPOINT = "checkpoint.pt"
RESULT = "model.pt"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(int(os.environ.get("SLURM_CPUS_PER_TASK", 1)))
    device = "cuda" if torch.cuda.is_available() else "cpu"

    data = Waves()
    sampler = ResumableSampler(len(data), options.seed)
    # With a generator of its own the loader draws nothing from that of the dropout.
    loader = DataLoader(
        data, options.batch, sampler=sampler, num_workers=options.workers, generator=torch.Generator()
    )
    model = new_model().to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    steps = options.epochs * -(-len(data) // options.batch)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
    epoch, step, loss_sum = 0, 0, 0.0

    # No checkpoint is a first start. A damaged one is an error, and never a reason to begin anew.
    if os.path.exists(CHECKPOINT):
        state = torch.load(CHECKPOINT, map_location=device)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        scheduler.load_state_dict(state["scheduler"])
        torch.set_rng_state(state["rng"].cpu())
        if device == "cuda":
            torch.cuda.set_rng_state_all([rng.cpu() for rng in state["cuda_rng"]])
        epoch, step, loss_sum = state["epoch"], state["step"], state["loss_sum"]

    def save():
        replace(CHECKPOINT, {
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "scheduler": scheduler.state_dict(),
            "rng": torch.get_rng_state(),
            "cuda_rng": torch.cuda.get_rng_state_all() if device == "cuda" else [],
            "epoch": epoch,
            "step": step,
            "loss_sum": loss_sum,
        })  # fmt: skip

    print(f"starting at epoch {epoch}, step {step}", flush=True)
    while epoch < options.epochs:
        sampler.epoch = data.epoch = epoch
        sampler.start = step * options.batch
        for waves, labels in loader:
            loss = nn.functional.cross_entropy(model(waves.to(device)), labels.to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
            step += 1
            loss_sum += loss.item()
            if asked_to_stop:
                save()
                print(f"stopped at epoch {epoch}, step {step}", flush=True)
                sys.exit(85)
        print(f"epoch {epoch}: loss {loss_sum / step!r}", flush=True)
        epoch, step, loss_sum = epoch + 1, 0, 0.0
        # For the case that the node is lost.
        save()

    replace(RESULT, model.state_dict())
    print("finished", flush=True)


if __name__ == "__main__":
    main()
