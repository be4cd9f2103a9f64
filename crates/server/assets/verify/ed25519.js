// npm install express
// Node 18 or later; save as receiver.mjs
import crypto from "node:crypto";
import express from "express";

const TOLERANCE_SECONDS = 300;
const raw = Buffer.from(process.env.WEBHOOK_PUBLIC_KEY.replace(/^whpk_/, ""), "base64");
const key = crypto.createPublicKey({
  key: { kty: "OKP", crv: "Ed25519", x: raw.toString("base64url") },
  format: "jwk",
});

function isOurs(body, headers) {
  const id = headers["webhook-id"];
  const timestamp = headers["webhook-timestamp"];
  if (!id || !(Math.abs(Date.now() / 1000 - Number(timestamp)) <= TOLERANCE_SECONDS)) return false;
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  return (headers["webhook-signature"] ?? "")
    .split(" ")
    .filter((signature) => signature.startsWith("v1a,"))
    .some((signature) => crypto.verify(null, signed, key, Buffer.from(signature.slice(4), "base64")));
}

const app = express();

// The signature is over the bytes as they came: take the raw body, not parsed JSON.
app.post("/webhook", express.raw({ type: "*/*" }), (request, response) => {
  if (!isOurs(request.body, request.headers)) return response.sendStatus(401);
  response.sendStatus(204); // answer at once, work afterwards
  console.log(request.headers["webhook-id"], JSON.parse(request.body));
});

app.listen(3000);
