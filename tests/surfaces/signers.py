"""People who sign: keys, and certificates of an authority of their own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NOW = datetime.now(UTC)


def private_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Write a new key that only its owner can read, and beside it the public half as ``.pub``."""
    key = ec.generate_private_key(ec.SECP256R1())
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    path.chmod(0o600)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    path.with_suffix(".pub").write_bytes(public)
    return key


class Authority:
    """Who vouches for others.

    Args:
        place: where its certificates go.
        name: what it is called.
    """

    def __init__(self, place: Path, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        self._place = place
        self.root = self._write(name, self._certificate(self._name, self._key.public_key(), is_authority=True))

    def vouch(self, who: str, key: Any, *, days: tuple[int, int] = (-1, 30), may_sign: bool = True) -> Path:
        """Return the file of a certificate for somebody's key, good from so many days from now to so many."""
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, who)])
        return self._write(who, self._certificate(subject, key.public_key(), days=days, may_sign=may_sign))

    def _write(self, name: str, certificate: x509.Certificate) -> Path:
        path = self._place / f"{name}-{certificate.serial_number}.pem"
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def _certificate(
        self,
        subject: x509.Name,
        public: Any,
        *,
        is_authority: bool = False,
        days: tuple[int, int] = (-400, 400),
        may_sign: bool = True,
    ) -> x509.Certificate:
        usage = dict.fromkeys(
            (
                "content_commitment",
                "key_encipherment",
                "data_encipherment",
                "key_agreement",
                "encipher_only",
                "decipher_only",
            ),
            False,
        )
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW + timedelta(days=days[0]))
            .not_valid_after(NOW + timedelta(days=days[1]))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=may_sign and not is_authority,
                    key_cert_sign=is_authority,
                    crl_sign=is_authority,
                    **usage,
                ),
                critical=True,
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
