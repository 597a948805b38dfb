"""MLServer: its runtime for MLflow's models, given the directory of what is in production, answers an inference request."""

from __future__ import annotations

import asyncio

import mlflow
import numpy as np
from learning import X
from mlserver.codecs import NumpyCodec
from mlserver.settings import ModelParameters, ModelSettings
from mlserver.types import InferenceRequest
from mlserver_mlflow import MLflowRuntime


def main() -> dict[str, str]:
    """Return the directory."""
    place = mlflow.artifacts.download_artifacts("models:/churn@champion", dst_path="for-mlserver")
    predicted = asyncio.run(answered(place))
    assert np.array_equal(predicted.ravel(), mlflow.pyfunc.load_model("models:/churn/Production").predict(X))
    return {"place": place}


async def answered(place: str) -> np.ndarray:
    """Return what the runtime answers."""
    settings = ModelSettings(name="churn", implementation=MLflowRuntime, parameters=ModelParameters(uri=place))
    runtime = MLflowRuntime(settings)
    runtime.ready = await runtime.load()
    request = InferenceRequest(inputs=[NumpyCodec.encode_input(name="rows", payload=X)])
    request.parameters = None
    answer = await runtime.predict(request)
    return NumpyCodec.decode_output(answer.outputs[0])
