"""Which module of ours looks at which way out of the machine. What is loaded is decided by what the program loads."""

from __future__ import annotations

WATCHED = (
    ("socket", "places.sockets", "watch_sockets"),
    ("http.client", "places.web", "watch_http_client"),
    ("httpx", "places.web", "watch_httpx"),
    ("httpx2", "places.web", "watch_httpx"),
    ("aiohttp.client", "places.web", "watch_aiohttp"),
    ("fsspec.spec", "places.filesystems", "watch_filesystems"),
    ("botocore.client", "places.s3", "watch_botocore"),
    ("aiobotocore.client", "places.s3", "watch_aiobotocore"),
    ("obstore", "places.obstore", "watch_obstore"),
    ("huggingface_hub.file_download", "places.hub", "watch_downloads"),
    ("huggingface_hub._snapshot_download", "places.hub", "watch_snapshots"),
    ("sqlite3.dbapi2", "places.sqlite", "watch_sqlite"),
    ("psycopg", "places.postgres", "watch_psycopg"),
    ("psycopg2", "places.postgres", "watch_psycopg2"),
    ("sqlalchemy.engine", "places.sqlalchemy", "watch_engines"),
    ("duckdb", "places.duckdb", "watch_duckdb"),
    ("pandas", "places.frames", "watch_frames"),
    ("polars", "places.frames", "watch_frames"),
    *((module, "labels.readers", "watch_library") for module in (
        "pandas", "polars", "pyarrow.csv", "pyarrow.json", "pyarrow.parquet", "pyarrow.feather", "pyarrow.orc",
        "pyarrow.dataset", "duckdb", "numpy", "h5py", "safetensors.numpy", "safetensors.torch", "torch.serialization",
        "joblib", "pickle", "PIL.Image", "datasets.load", "sklearn.datasets", "sklearn.model_selection", "xgboost.core",
        "lightgbm.basic", "catboost.core", "scipy.io", "scipy.sparse",
    )),
)  # fmt: skip
"""Module of the program, module of ours, function in it. A program's workers read for it, so they are watched too."""
