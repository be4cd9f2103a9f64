"""Verifies a delivery: with the `standardwebhooks` package of PyPI, or by its Ed25519 signature with `cryptography`.

Reads {"secret" or "public_key", "headers", "body"} as JSON from standard input; exits 0 if the signature holds, 1 if
not. With a public key only `v1a` signatures count (Standard Webhooks 1.0, "Signature scheme").
"""

import base64
import json
import sys
import time

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

TOLERANCE_SECONDS = 5 * 60


def verify_ed25519(public_key: str, headers: dict[str, str], body: str) -> None:
    """Raises InvalidSignature unless one of the `v1a` signatures was made with the key's private half, just now."""
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key.removeprefix("whpk_"), validate=True))
    timestamp = headers["webhook-timestamp"]
    if abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        raise InvalidSignature("the timestamp is too far off")
    signed = f"{headers['webhook-id']}.{timestamp}.{body}".encode()
    entries = (entry.split(",", 1) for entry in headers["webhook-signature"].split(" "))
    for signature in [base64.b64decode(rest, validate=True) for version, rest in entries if version == "v1a"]:
        try:
            return key.verify(signature, signed)
        except InvalidSignature:
            continue
    raise InvalidSignature("no signature holds")


delivery = json.load(sys.stdin)
try:
    if "public_key" in delivery:
        verify_ed25519(delivery["public_key"], delivery["headers"], delivery["body"])
    else:
        Webhook(delivery["secret"]).verify(delivery["body"], delivery["headers"])
except (WebhookVerificationError, InvalidSignature) as error:
    sys.exit(f"not verified: {error}")
