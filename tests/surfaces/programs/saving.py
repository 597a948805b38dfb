"""Save models with every library that is known, twice: ``python -m … DIRECTORY SEED``."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import joblib
import lightgbm
import numpy as np
import safetensors.torch
import torch
import xgboost
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def save(directory: Path, seed: int) -> None:
    """Save everything."""
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(200, 5))
    label = (columns[:, 0] + columns[:, 1] > 0).astype(int)
    torch.manual_seed(seed)
    net = torch.nn.Sequential(torch.nn.Linear(5, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2).to(torch.bfloat16))
    net[0].bias.data.zero_()
    torch.save(net.state_dict(), directory / "state.pt")
    torch.save(
        {"model": net.state_dict(), "epoch": seed, "turned": torch.arange(6).reshape(2, 3).t()}, directory / "c.pt"
    )
    torch.save(net, directory / "module.pt")
    safetensors.torch.save_file(net.state_dict(), directory / "net.safetensors", metadata={"format": "pt"})
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(C=1.0 + seed)).fit(columns, label)
    for protocol in (2, 5):
        (directory / f"pipeline{protocol}.pkl").write_bytes(pickle.dumps(pipeline, protocol=protocol))
    joblib.dump(pipeline, directory / "pipeline.joblib")
    joblib.dump(pipeline, directory / "pipeline.z", compress=3)
    forest = RandomForestClassifier(n_estimators=3, random_state=seed).fit(columns, label)
    joblib.dump(forest, directory / "forest.joblib")
    boosted = xgboost.XGBClassifier(n_estimators=3, max_depth=2 + seed).fit(columns, label)
    boosted.save_model(directory / "boosted.json")
    boosted.save_model(directory / "boosted.ubj")
    light = lightgbm.LGBMClassifier(n_estimators=3, num_leaves=4 + seed, min_data_in_leaf=5, verbose=-1)
    light.fit(columns, label).booster_.save_model(directory / "light.txt")


if __name__ == "__main__":
    for each in (0, 1):
        place = Path(sys.argv[1]) / str(each)
        place.mkdir(parents=True)
        save(place, each)
