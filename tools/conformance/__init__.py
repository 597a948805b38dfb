"""MLflow's own tests of its protocol, run against our server: ``python -m tools.conformance CHECKOUT --python PYTHON``."""
