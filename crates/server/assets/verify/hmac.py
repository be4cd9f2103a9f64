# pip install flask standardwebhooks
# Save as receiver.py and run: flask --app receiver run --port 3000
import os

from flask import Flask, request
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])  # whsec_…
app = Flask(__name__)


@app.post("/webhook")
def receive():
    try:
        # The signature is over the bytes as they came.
        event = webhook.verify(request.get_data(), dict(request.headers))
    except WebhookVerificationError:
        return "", 401
    print(request.headers["webhook-id"], event)
    return "", 204  # answer at once; leave long work to a queue
