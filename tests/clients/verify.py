"""Verifies a delivery with the `standardwebhooks` package of PyPI.

Reads {"secret", "headers", "body"} as JSON from standard input; exits 0 if the signature holds, 1 if not.
"""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

delivery = json.load(sys.stdin)
try:
    Webhook(delivery["secret"]).verify(delivery["body"], delivery["headers"])
except WebhookVerificationError as error:
    sys.exit(f"not verified: {error}")
