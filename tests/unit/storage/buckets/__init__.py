"""Tests of buckets, beside the contract that all of them keep."""
