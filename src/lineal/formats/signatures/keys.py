"""Keys: EC P-256, which every verifier of signed models takes, and Ed25519, which signs checkpoints of the journal.

Needs the extra ``signing``; nothing of it is loaded before a key is.
"""

from __future__ import annotations

import base64
import binascii
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal

from lineal.objects.digest import Digest, digest_of
from lineal.objects.errors import Invalid

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

Kind = Literal["p256", "ed25519"]


def library() -> Any:
    """Return the library that signs. Raises Invalid where it is not installed."""
    try:
        from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415 - an extra
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519  # noqa: PLC0415
    except ImportError:
        raise Invalid("signatures need the package cryptography", hint="pip install 'lineal[signing]'") from None

    class Library:
        ecdsa, ed, forms, sha = ec, ed25519, serialization, hashes

    return Library


class PublicKey:
    """What signatures are checked with.

    Args:
        key: the library's key.
    """

    def __init__(self, key: EllipticCurvePublicKey | Ed25519PublicKey) -> None:
        self._key: Any = key

    @property
    def kind(self) -> Kind:
        """What kind of key it is."""
        return "ed25519" if isinstance(self._key, library().ed.Ed25519PublicKey) else "p256"

    @property
    def der(self) -> bytes:
        """Its bytes, with what kind it is (SubjectPublicKeyInfo)."""
        forms = library().forms
        return bytes(self._key.public_bytes(forms.Encoding.DER, forms.PublicFormat.SubjectPublicKeyInfo))

    @property
    def pem(self) -> bytes:
        """The same as text."""
        forms = library().forms
        return bytes(self._key.public_bytes(forms.Encoding.PEM, forms.PublicFormat.SubjectPublicKeyInfo))

    @property
    def raw(self) -> bytes:
        """The 32 bytes of an Ed25519 key."""
        forms = library().forms
        return bytes(self._key.public_bytes(forms.Encoding.Raw, forms.PublicFormat.Raw))

    @property
    def digest(self) -> Digest:
        """The name by which a key is known: the digest of its bytes."""
        return digest_of(self.der)

    @property
    def hint(self) -> str:
        """What a bundle calls it: the SHA-256 of its text."""
        return sha256(self.pem).hexdigest()

    @property
    def text(self) -> str:
        """Its bytes on one line, as a policy holds them."""
        return base64.b64encode(self.der).decode()

    def has_signed(self, signature: bytes, message: bytes) -> bool:
        """Tell whether that is the key's signature of a message."""
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - an extra

        used = library()
        try:
            if isinstance(self._key, used.ed.Ed25519PublicKey):
                self._key.verify(signature, message)
            else:
                self._key.verify(signature, message, used.ecdsa.ECDSA(_hash(self._key)))
        except InvalidSignature:
            return False
        return True


class PrivateKey:
    """What signs.

    Args:
        key: the library's key.
    """

    def __init__(self, key: EllipticCurvePrivateKey | Ed25519PrivateKey) -> None:
        self._key: Any = key

    @property
    def public(self) -> PublicKey:
        """What its signatures are checked with."""
        return PublicKey(self._key.public_key())

    @property
    def pem(self) -> bytes:
        """Its text, which is a secret."""
        forms = library().forms
        return bytes(self._key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption()))

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message."""
        used = library()
        if isinstance(self._key, used.ed.Ed25519PrivateKey):
            return bytes(self._key.sign(message))
        return bytes(self._key.sign(message, used.ecdsa.ECDSA(_hash(self._key))))


def _hash(key: EllipticCurvePrivateKey | EllipticCurvePublicKey) -> Any:
    sha = library().sha
    return {256: sha.SHA256, 384: sha.SHA384, 521: sha.SHA512}[key.curve.key_size]()


def make_key(kind: Kind) -> PrivateKey:
    """Return a new key."""
    used = library()
    return PrivateKey(
        used.ed.Ed25519PrivateKey.generate()
        if kind == "ed25519"
        else used.ecdsa.generate_private_key(used.ecdsa.SECP256R1())
    )


def load_private(pem: bytes, where: str, *, password: bytes | None = None) -> PrivateKey:
    """Return the private key in a text.

    Args:
        pem: the text.
        where: where it is from, for sentences.
        password: what it is encrypted with.

    Raises:
        Invalid: there is none, of a kind that we know, or the password is wrong.
    """
    used = library()
    try:
        key = used.forms.load_pem_private_key(pem, password)
    except (ValueError, TypeError) as error:
        raise Invalid(
            f"{where} holds no private key that can be read: {error}", hint="lineal key create makes one"
        ) from None
    if not isinstance(key, used.ed.Ed25519PrivateKey | used.ecdsa.EllipticCurvePrivateKey):
        raise Invalid(f"the key in {where} is neither EC P-256 nor Ed25519", hint="lineal key create makes one")
    return PrivateKey(key)


def load_public(text: str, where: str) -> PublicKey:
    """Return the public key in a text: PEM, or the base64 of its bytes on one line.

    Raises:
        Invalid: there is none, of a kind that we know.
    """
    used = library()
    try:
        if "-----BEGIN" in text:
            key = used.forms.load_pem_public_key(text.encode())
        else:
            key = used.forms.load_der_public_key(base64.b64decode(text, validate=True))
    except (ValueError, TypeError, binascii.Error):
        raise Invalid(f"{where} holds no public key", hint="lineal key list prints those that you have") from None
    if not isinstance(key, used.ed.Ed25519PublicKey | used.ecdsa.EllipticCurvePublicKey):
        raise Invalid(f"the key in {where} is neither EC P-256 nor Ed25519", hint="use a key of one of these kinds")
    return PublicKey(key)


def ed25519_public(raw: bytes) -> PublicKey:
    """Return the Ed25519 key of 32 bytes."""
    return PublicKey(library().ed.Ed25519PublicKey.from_public_bytes(raw))
