"""A program that seeds whatever it finds, and prints numbers that tell whether anything changed them."""

# ruff: noqa: NPY002, FBT003
from __future__ import annotations

import os
import random

os.environ["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"
os.environ["KERAS_BACKEND"] = "torch"

import keras
import lightning_fabric
import numpy as np
import scipy.linalg
import torch
import transformers

random.seed(1)
np.random.seed(2)
torch.manual_seed(3)
torch.cuda.manual_seed_all(4)
torch.use_deterministic_algorithms(True)
torch.set_float32_matmul_precision("high")
generators = [
    np.random.default_rng(np.random.SeedSequence(5)),
    np.random.default_rng(np.random.PCG64(6)),
    np.random.default_rng(),
]
print([float(each.random()) for each in generators[:2]])
keras.utils.set_random_seed(7)
print(random.random(), np.random.rand(), float(torch.rand(1)))
lightning_fabric.seed_everything(8)
print(random.random(), np.random.rand(), float(torch.rand(1)))
transformers.set_seed(9)
print(random.random(), np.random.rand(), float(torch.rand(1)))
print(float(scipy.linalg.norm(np.ones(4) @ np.ones((4, 4)))))
print(np.random.default_rng.__name__, torch.manual_seed.__name__, type(random.getstate()).__name__)
