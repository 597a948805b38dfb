"""Certificates: a chain from a signer to a root that a policy trusts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lineal.formats.signatures.keys import PublicKey, library
from lineal.objects.errors import Invalid

if TYPE_CHECKING:
    from cryptography import x509

_LENGTH_MAX = 8
"""Longer chains are nobody's."""


class Certificate:
    """Who holds a key, as somebody vouches.

    Args:
        certificate: the library's.
    """

    def __init__(self, certificate: x509.Certificate) -> None:
        self._it = certificate

    @property
    def der(self) -> bytes:
        """Its bytes."""
        return bytes(self._it.public_bytes(library().forms.Encoding.DER))

    @property
    def name(self) -> str:
        """Who it is about: the first address, name or identity that it was given, or its common name."""
        from cryptography import x509  # noqa: PLC0415 - an extra

        if found := self._extension(x509.SubjectAlternativeName):
            return str(next(iter(found)).value)
        common = self._it.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        return str(common[0].value) if common else self._it.subject.rfc4514_string()

    @property
    def key(self) -> PublicKey:
        """Its key."""
        found, used = self._it.public_key(), library()
        if not isinstance(found, used.ed.Ed25519PublicKey | used.ecdsa.EllipticCurvePublicKey):
            raise Invalid(
                f"the certificate of {self.name} has a key of a kind that is not used here", hint="use EC P-256"
            )
        return PublicKey(found)

    def _extension(self, kind: Any) -> Any:
        from cryptography import x509  # noqa: PLC0415 - an extra

        try:
            return self._it.extensions.get_extension_for_class(kind).value
        except x509.ExtensionNotFound:
            return None

    def wrong_at(self, moment: datetime) -> str:
        """Return what is wrong with its time, or nothing."""
        if moment < self._it.not_valid_before_utc:
            return f"the certificate of {self.name} was not valid before {self._it.not_valid_before_utc:%Y-%m-%d}"
        if moment > self._it.not_valid_after_utc:
            return f"the certificate of {self.name} expired on {self._it.not_valid_after_utc:%Y-%m-%d}"
        return ""

    def wrong_for_signing(self) -> str:
        """Return why it may not sign, or nothing."""
        from cryptography import x509  # noqa: PLC0415 - an extra
        from cryptography.x509.oid import ExtendedKeyUsageOID  # noqa: PLC0415

        usage, extended = self._extension(x509.KeyUsage), self._extension(x509.ExtendedKeyUsage)
        may = (usage and usage.digital_signature) or (extended and ExtendedKeyUsageOID.CODE_SIGNING in extended)
        return "" if may else f"the certificate of {self.name} may not be used to sign"

    def wrong_for_vouching(self, other: Certificate, below: int) -> str:
        """Return why it does not vouch for another, with so many vouching ones between that and a signer, or nothing."""
        from cryptography import x509  # noqa: PLC0415 - an extra
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415

        constraints, usage = self._extension(x509.BasicConstraints), self._extension(x509.KeyUsage)
        is_short = constraints and (constraints.path_length is None or constraints.path_length >= below)
        if not is_short or not constraints.ca or (usage and not usage.key_cert_sign):
            return f"the certificate of {self.name} may not vouch for {other.name}"
        try:
            other._it.verify_directly_issued_by(self._it)
        except (ValueError, TypeError, InvalidSignature):
            return f"the certificate of {other.name} was not issued by {self.name}"
        return ""

    def issued(self, other: Certificate) -> bool:
        """Tell whether it names itself as the issuer of another."""
        return bool(self._it.subject == other._it.issuer)


def load_der(data: bytes) -> Certificate:
    """Return the certificate in bytes. Raises ValueError."""
    library()
    from cryptography import x509  # noqa: PLC0415 - an extra

    return Certificate(x509.load_der_x509_certificate(data))


def load_pem(text: str, where: str) -> tuple[Certificate, ...]:
    """Return the certificates in a text, in their order. Raises Invalid."""
    library()
    from cryptography import x509  # noqa: PLC0415 - an extra

    try:
        return tuple(map(Certificate, x509.load_pem_x509_certificates(text.encode())))
    except ValueError:
        raise Invalid(f"{where} holds no certificate", hint="it begins with -----BEGIN CERTIFICATE-----") from None


def wrong_with_chain(chain: Sequence[Certificate], roots: Sequence[Certificate], at: int) -> str:
    """Return why a chain leads to no trusted root, or nothing.

    Args:
        chain: the signer's certificate first; the others in any order.
        roots: who is trusted.
        at: when it had to be valid, in milliseconds since 1970.
    """
    moment = datetime.fromtimestamp(at / 1000, UTC)
    current, others, below = chain[0], list(chain[1:]), 0
    if wrong := current.wrong_at(moment) or current.wrong_for_signing():
        return wrong
    trusted = {each.der for each in roots}
    while current.der not in trusted:
        candidates = [each for each in (*roots, *others) if each.issued(current) and each.der != current.der]
        found = next((each for each in candidates if not each.wrong_for_vouching(current, below)), None)
        if found is None or below > _LENGTH_MAX:
            why = candidates[0].wrong_for_vouching(current, below) if candidates else ""
            return why or f"the certificate of {current.name} leads to no root that this repository trusts"
        if wrong := found.wrong_at(moment):
            return wrong
        current, below = found, below + 1
    return ""
