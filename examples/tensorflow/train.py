#!/usr/bin/env python3
"""A Keras training that can be interrupted in the middle of an epoch.

Stops at SIGUSR1 with a checkpoint and exit code 85, and goes on from the checkpoint at the next start. The weights are those of an
uninterrupted training, to the last bit.
"""

import signal

asked_to_stop = False


def ask_to_stop(signum, frame):
    # Nothing is saved here: the state is whole only between two steps.
    global asked_to_stop
    asked_to_stop = True


# Before TensorFlow is imported, which takes seconds: until the handler is there, SIGUSR1 ends the process.
signal.signal(signal.SIGUSR1, ask_to_stop)

import argparse
import os
import sys

import keras
import numpy as np
import tensorflow as tf

CHECKPOINT = "checkpoint.npz"
RESULT = "model.weights.h5"
LENGTH = 4096


def batches(epoch, first, options):
    """The epoch's batches from `first` on. The order follows from the epoch, the noise from epoch and index."""

    def wave(index):
        phase_seed, noise_seed = (epoch, 2 * index), (epoch, 2 * index + 1)
        label = index % 8
        time = tf.linspace(0.0, 1.0, 256)
        phase = tf.random.stateless_uniform([1], phase_seed)
        noise = tf.random.stateless_normal([256], noise_seed)
        angle = 6.2831853 * (tf.cast(label + 1, tf.float32) * time + phase)
        return (tf.sin(angle) + noise)[:, None], label

    order = tf.random.experimental.stateless_shuffle(tf.range(LENGTH), seed=(options.seed, epoch))
    data = tf.data.Dataset.from_tensor_slices(order).skip(first * options.batch)
    return data.map(wave).batch(options.batch).prefetch(2)


def new_model(steps):
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((256, 1)),
        layers.Conv1D(16, 9, strides=2), layers.BatchNormalization(), layers.ReLU(),
        layers.Conv1D(32, 9, strides=2, activation="relu"), layers.Dropout(0.2),
        layers.Flatten(), layers.Dense(8),
    ])  # fmt: skip
    model.compile(
        optimizer=keras.optimizers.AdamW(keras.optimizers.schedules.CosineDecay(1e-3, steps)),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    model.optimizer.build(model.trainable_variables)
    return model


def variables(model):
    """All that a step changes: weights, the optimizer with its count of steps, and the state of the dropout's random
    numbers, which `model.save` leaves out."""
    return model.variables + model.optimizer.variables


def save(model):
    """Puts a new checkpoint into the place of the old one: there is a whole one at every instant."""
    temporary = f"{CHECKPOINT}.tmp"
    with open(temporary, "wb") as file:
        np.savez(file, *[variable.numpy() for variable in variables(model)])
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, CHECKPOINT)


def load(model):
    # No checkpoint is a first start. A damaged one is an error, and never a reason to begin anew.
    if os.path.exists(CHECKPOINT):
        with np.load(CHECKPOINT) as arrays:
            for variable, array in zip(variables(model), arrays.values(), strict=True):
                variable.assign(array)


class StopWhenAsked(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if asked_to_stop:
            self.model.stop_training = True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    keras.utils.set_random_seed(options.seed)
    tf.config.experimental.enable_op_determinism()
    # Another number of threads is another order of sums.
    threads = int(os.environ.get("SLURM_CPUS_PER_TASK", 1))
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)

    per_epoch = -(-LENGTH // options.batch)
    model = new_model(options.epochs * per_epoch)
    load(model)
    epoch, step = divmod(int(model.optimizer.iterations), per_epoch)

    print(f"starting at epoch {epoch}, step {step}", flush=True)
    while epoch < options.epochs:
        # One epoch at a time, as the first may lack its beginning.
        model.fit(
            batches(epoch, step, options),
            initial_epoch=epoch, epochs=epoch + 1, verbose=2, shuffle=False,
            callbacks=[StopWhenAsked()],
        )  # fmt: skip
        # At the end of each epoch too, for the case that the node is lost.
        save(model)
        epoch, step = divmod(int(model.optimizer.iterations), per_epoch)
        if asked_to_stop:
            print(f"stopped at epoch {epoch}, step {step}", flush=True)
            sys.exit(85)

    model.save_weights(RESULT)
    print("finished", flush=True)


if __name__ == "__main__":
    main()
