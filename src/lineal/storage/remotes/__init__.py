"""Repositories elsewhere: buckets that hold the bytes of trees, and what is sent there and fetched from there."""
