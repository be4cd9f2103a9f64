// Verifies a delivery with the `standardwebhooks` package of npm.
//
// Reads {"secret", "headers", "body"} as JSON from standard input; exits 0 if the signature holds, 1 if not.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

// The package is installed beside the other test clients, not beside this file.
const require = createRequire(join(process.argv[2], "package.json"));
const { Webhook } = require("standardwebhooks");

const delivery = JSON.parse(readFileSync(0, "utf8"));
try {
  new Webhook(delivery.secret).verify(delivery.body, delivery.headers);
} catch (error) {
  console.error(`not verified: ${error.message}`);
  process.exit(1);
}
