"""Signature values that were found right are not computed again: the same certificates stand in every file.

A value is right or wrong by itself: whatever is asked about it (data, key, algorithm and their parameters) is in the
key of the memory. Only right ones are remembered, so that nobody can make the memory say anything else, and so many
that they take a few hundred kilobytes.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from pyhanko_certvalidator import context as validation_context
from pyhanko_certvalidator.sig_validate import (
    DEFAULT_VALIDATION_CONTEXT,
    DefaultSignatureValidator,
    SignatureValidationContext,
)

if TYPE_CHECKING:
    from asn1crypto import algos, keys

_MOST = 4096


class RememberingValidator(DefaultSignatureValidator):
    """pyHanko's own check, with a memory of what passed it."""

    def __init__(self) -> None:
        self._right: OrderedDict[bytes, None] = OrderedDict()
        self._lock = threading.Lock()

    def validate_signature(
        self,
        signature: bytes,
        signed_data: bytes,
        public_key_info: keys.PublicKeyInfo,
        signature_algorithm: algos.SignedDigestAlgorithm,
        context: SignatureValidationContext = DEFAULT_VALIDATION_CONTEXT,
    ) -> None:
        """Raise what pyHanko raises for a wrong value, each time anew."""
        asked = _digest(
            signature,
            signed_data,
            public_key_info.dump(),
            signature_algorithm.dump(),
            repr((context.contextual_md_algorithm, context.prehashed)).encode(),
        )
        if asked in self._right:
            return
        super().validate_signature(signature, signed_data, public_key_info, signature_algorithm, context)
        with self._lock:
            self._right[asked] = None
            while len(self._right) > _MOST:
                self._right.popitem(last=False)


VALUES = RememberingValidator()
"""The one memory of the process."""


def use_it() -> None:
    """Have pyHanko check values here where it gives itself no validator, as for the certificates of OCSP responders.

    Everywhere else it takes the one of its policy; here it offers no other way in (pinned, and tested).
    """
    validation_context.DefaultSignatureValidator = lambda: VALUES  # type: ignore[assignment, attr-defined]


def _digest(*parts: bytes) -> bytes:
    """One digest of all parts; each stands behind its length, so that no two questions look alike."""
    state = hashlib.sha256()
    for part in parts:
        state.update(len(part).to_bytes(8, "big"))
        state.update(part)
    return state.digest()
