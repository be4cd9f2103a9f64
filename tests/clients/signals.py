"""Makes the calls of signals.mjs with Segment's library for Python.

    python signals.py [--gzip] SERVER WRITE_KEY

Ends when everything was sent, with 0 if nothing failed.
"""

import sys

from segment.analytics import Client

*options, server, key = sys.argv[1:]
failures = []
note = lambda error, _: failures.append(error)
client = Client(key, host=server, gzip="--gzip" in options, max_retries=0, on_error=note)
pricing = {"url": "https://www.acme.example/pricing", "path": "/pricing", "title": "Pricing"}
client.page(anonymous_id="a1", name="Pricing", properties=pricing)
person = {"email": "Ann@Kestrel.example", "firstName": "Ann", "lastName": "Doe", "title": "VP Sales"}
client.identify("u1", anonymous_id="a1", traits=person)
client.group("u1", "g1", traits={"name": "Kestrel Software", "website": "https://kestrel.example"})
client.track("u1", "Signed Up", {"plan": "pro"})
client.shutdown()
sys.exit(f"not sent: {failures}" if failures else 0)
