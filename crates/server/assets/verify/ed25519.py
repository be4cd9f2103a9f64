# pip install flask cryptography
# Save as receiver.py and run: flask --app receiver run --port 3000
import base64
import os
import time

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import Flask, request

TOLERANCE_SECONDS = 300
raw = base64.b64decode(os.environ["WEBHOOK_PUBLIC_KEY"].removeprefix("whpk_"))
key = Ed25519PublicKey.from_public_bytes(raw)
app = Flask(__name__)


def is_ours(body, headers):
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not message_id or not timestamp.isdigit():
        return False
    if abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    signed = f"{message_id}.{timestamp}.".encode() + body
    for signature in headers.get("webhook-signature", "").split(" "):
        version, _, encoded = signature.partition(",")
        if version != "v1a":
            continue
        try:
            key.verify(base64.b64decode(encoded), signed)
            return True
        except (InvalidSignature, ValueError):
            continue
    return False


@app.post("/webhook")
def receive():
    # The signature is over the bytes as they came.
    if not is_ours(request.get_data(), request.headers):
        return "", 401
    print(request.headers["webhook-id"], request.get_json(force=True))
    return "", 204  # answer at once; leave long work to a queue
