"""Signatures as bytes: keys, certificates, DSSE envelopes, in-toto statements and bundles of OpenSSF's model signing."""
