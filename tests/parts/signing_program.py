"""Runs where OpenSSF's model-signing and securesystemslib are: does each case that it is asked, and tells what went wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import model_signing
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey


def do(case: dict[str, Any]) -> None:
    """Do what a case says, or raise."""
    if case["do"] == "verify":
        verifier = model_signing.verifying.Config()
        if "key" in case:
            verifier = verifier.use_elliptic_key_verifier(public_key=Path(case["key"]))
        else:
            verifier = verifier.use_certificate_verifier(certificate_chain=[Path(case["root"])])
        verifier.verify(Path(case["model"]), Path(case["signature"]))
    elif case["do"] == "sign":
        signer = model_signing.signing.Config()
        if "certificate" in case:
            signer = signer.use_certificate_signer(
                private_key=Path(case["key"]),
                signing_certificate=Path(case["certificate"]),
                certificate_chain=[Path(each) for each in case["chain"]],
            )
        else:
            signer = signer.use_elliptic_key_signer(private_key=Path(case["key"]))
        signature = Path(case["signature"])
        hashing = model_signing.hashing.Config().set_ignored_paths(paths=[signature], ignore_git_paths=True)
        signer.set_hashing_config(hashing).sign(Path(case["model"]), signature)
    else:
        envelope = Envelope.from_dict(json.loads(Path(case["envelope"]).read_text()))
        (key_id,) = envelope.signatures
        public = load_pem_public_key(Path(case["key"]).read_bytes())
        envelope.verify([SSlibKey.from_crypto(public, keyid=key_id)], 1)


def main() -> None:
    """Do every case of standard input."""
    found = []
    for case in json.load(sys.stdin):
        try:
            do(case)
            found.append("")
        except Exception as error:  # noqa: BLE001 - whatever they raise is their answer
            found.append(f"{type(error).__name__}: {error}")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
