// Verifies a delivery: with the `standardwebhooks` package of npm, or by its Ed25519 signature with Node's own crypto.
//
// Reads {"secret" or "public_key", "headers", "body"} as JSON from standard input; exits 0 if the signature holds, 1 if
// not. With a public key only `v1a` signatures count (Standard Webhooks 1.0, "Signature scheme").

import { createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const TOLERANCE_SECONDS = 5 * 60;

// The package is installed beside the other test clients, not beside this file.
const require = createRequire(join(process.argv[2], "package.json"));
const { Webhook } = require("standardwebhooks");

/** Throws unless one of the `v1a` signatures was made with the private half of `publicKey`, just now. */
function verifyEd25519(publicKey, headers, body) {
  const raw = Buffer.from(publicKey.replace(/^whpk_/, ""), "base64");
  const key = createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x: raw.toString("base64url") } });
  const timestamp = headers["webhook-timestamp"];
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= TOLERANCE_SECONDS)) {
    throw new Error("the timestamp is too far off");
  }
  const signed = Buffer.from(`${headers["webhook-id"]}.${timestamp}.${body}`, "utf8");
  const signatures = headers["webhook-signature"]
    .split(" ")
    .filter((entry) => entry.startsWith("v1a,"))
    .map((entry) => Buffer.from(entry.slice("v1a,".length), "base64"));
  if (!signatures.some((signature) => verify(null, signed, key, signature))) {
    throw new Error("no signature holds");
  }
}

const delivery = JSON.parse(readFileSync(0, "utf8"));
try {
  if ("public_key" in delivery) {
    verifyEd25519(delivery.public_key, delivery.headers, delivery.body);
  } else {
    new Webhook(delivery.secret).verify(delivery.body, delivery.headers);
  }
} catch (error) {
  console.error(`not verified: ${error.message}`);
  process.exit(1);
}
