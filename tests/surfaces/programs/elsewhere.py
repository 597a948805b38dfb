"""A program that reads and writes elsewhere in many ways. It is told where by its arguments, and knows nothing of us."""

from __future__ import annotations

import asyncio
import inspect
import io
import json
import os
import pickle
import sqlite3
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import aiohttp
import boto3
import duckdb
import fsspec
import httpx
import pandas as pd
import polars as pl
import psycopg
import requests
import sqlalchemy
from boto3.s3.transfer import TransferConfig
from huggingface_hub import hf_hub_download


def read_the_web(web: str) -> None:
    """Read one address by each library, and one through a redirect, one that is not there, one that says who asks."""
    print("urllib", urllib.request.urlopen(f"{web}/urllib.csv").read())
    print("requests", requests.get(f"{web}/requests.csv?year=2026&X-Amz-Signature=0123456789abcdef", timeout=9).text)
    print("redirect", requests.get(f"{web}/moved.csv", timeout=9).status_code)
    print("missing", requests.get(f"{web}/never.csv", timeout=9).status_code)
    print("httpx", httpx.get(f"{web}/httpx.csv").text)
    print("pandas", pd.read_csv(f"{web}/pandas.csv").shape)
    print("fsspec", fsspec.open(f"{web}/fsspec.csv").open().read())
    print("duckdb", duckdb.sql("select 1").fetchall())

    async def ask() -> str:
        async with aiohttp.ClientSession() as session, session.get(f"{web}/aiohttp.csv") as answer:
            return await answer.text()

    print("aiohttp", asyncio.run(ask()))
    with ThreadPoolExecutor(4) as pool:
        ranges = [{"Range": f"bytes={at}-{at + 1}"} for at in range(8)]
        print(
            "ranges", b"".join(pool.map(lambda each: requests.get(f"{web}/ranges.csv", headers=each).content, ranges))
        )


def read_and_write_objects(endpoint: str, bucket: str) -> None:
    """Read and write objects of S3, with and without versions and parts, by libraries and in processes of their own."""
    s3 = boto3.client("s3", endpoint_url=endpoint)
    print("get", s3.get_object(Bucket=bucket, Key="get.csv")["Body"].read())
    print("put", s3.put_object(Bucket=bucket, Key="put.csv", Body=b"a,b\n1,2\n")["ETag"])
    s3.upload_fileobj(
        io.BytesIO(bytes(6 << 20)), bucket, "parts.bin",
        Config=TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20),
    )  # fmt: skip
    s3.download_file(bucket, "get.csv", "downloaded.csv")
    s3.copy_object(Bucket=bucket, Key="copied.csv", CopySource={"Bucket": bucket, "Key": "get.csv"})
    options = {"client_kwargs": {"endpoint_url": endpoint}}
    print("pandas", pd.read_csv(f"s3://{bucket}/frame.csv", storage_options=options).shape)
    with fsspec.open(f"s3://{bucket}/written.txt", "w", **options) as file:
        file.write("hello")
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/x.bin", b"1")
    print("memory", memory.cat_file("/x.bin"))
    try:
        s3.get_object(Bucket=bucket, Key="never.csv")
    except s3.exceptions.NoSuchKey as error:
        print("missing", type(error).__name__)
    worker = (
        f"import boto3; boto3.client('s3', endpoint_url={endpoint!r}).get_object(Bucket={bucket!r}, Key='child.csv')"
    )
    print("child", subprocess.run([sys.executable, "-c", worker], check=False).returncode)
    polars_options = {
        "aws_endpoint_url": endpoint,
        "aws_allow_http": "true",
        "aws_virtual_hosted_style_request": "false",
    }
    print("polars", pl.read_csv(f"s3://{bucket}/polars.csv", storage_options=polars_options).shape)


def ask_databases(postgres: str) -> None:
    """Ask databases, through their drivers and what is above them."""
    with psycopg.connect(postgres) as connection:
        connection.execute("create table if not exists people (name text, age int)")
        connection.execute("truncate people")
        with connection.cursor() as cursor:
            cursor.executemany("insert into people values (%s, %s)", [("ada", 36), ("bob", 40)])
            print("psycopg", cursor.execute("select name from people where age > %s", (38,)).fetchall())
    engine = sqlalchemy.create_engine(postgres.replace("postgresql://", "postgresql+psycopg://"))
    print("sqlalchemy", pd.read_sql("select age from people order by age", engine).to_numpy().tolist())
    with sqlite3.connect("local.db") as local:
        local.execute("create table if not exists t (a int)")
        local.executemany("insert into t values (?)", [(each,) for each in range(5)])
        print("sqlite", local.execute("select count(*) from t").fetchall(), type(local).__name__, local.total_changes)
        for each in range(3):
            local.cursor().execute("select a from t where a = ?", (each,)).fetchall()
    with duckdb.connect("local.duckdb") as duck:
        duck.execute("create or replace table t as select 1 as a")
        duck.execute("select 1 -- password 'hunter2hunter2'").fetchall()
        print("duckdb", duck.sql("select a from t").fetchall())


def use_the_hub(web: str) -> None:
    """Get a file of a repository of the hub, twice: the second time it is here already."""
    for _ in range(2):
        path = hf_hub_download("team/churn", "train.csv", repo_type="dataset", endpoint=web, cache_dir="hub")
        print("hub", Path(path).read_text(encoding="utf-8"))


def show_functions() -> None:
    """Print what libraries say of their own functions."""
    for each in (
        pd.read_csv, pd.DataFrame.to_csv, pl.read_csv, requests.get, httpx.get,
        fsspec.AbstractFileSystem.open, fsspec.AbstractFileSystem.cat_file, psycopg.Cursor.execute, hf_hub_download,
        aiohttp.ClientSession._request,
    ):  # fmt: skip
        print(each.__name__, *inspect.signature(each).parameters, inspect.iscoroutinefunction(each))
        print(pickle.loads(pickle.dumps(each)) is each, each.__doc__ is None)
    print(sqlite3.connect(":memory:").__class__.__qualname__, sqlite3.Connection.__module__)
    try:
        sqlite3.connect(":memory:").execute("select nothing")
    except sqlite3.OperationalError as error:
        print(error)
    try:
        pd.read_csv("never.csv")
    except FileNotFoundError as error:
        print(error)


def main(web: str, endpoint: str, bucket: str, postgres: str, unknown: str) -> None:
    """Do all of it."""
    read_the_web(web)
    read_and_write_objects(endpoint, bucket)
    ask_databases(postgres)
    use_the_hub(web)
    show_functions()
    host, _, port = unknown.rpartition(":")
    script = f"import socket, time; s = socket.create_connection(({host!r}, {port})); s.recv(1); time.sleep(1.5)"
    subprocess.run([sys.executable, "-I", "-c", script], check=True)


if __name__ == "__main__":
    main(**json.loads(os.environ["PLACES"]))
