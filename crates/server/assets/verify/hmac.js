// npm install express standardwebhooks
// Node 18 or later; save as receiver.mjs
import express from "express";
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.env.WEBHOOK_SECRET); // whsec_…
const app = express();

// The signature is over the bytes as they came: take the raw body, not parsed JSON.
app.post("/webhook", express.raw({ type: "*/*" }), (request, response) => {
  let event;
  try {
    event = webhook.verify(request.body, request.headers);
  } catch {
    return response.sendStatus(401);
  }
  response.sendStatus(204); // answer at once, work afterwards
  console.log(request.headers["webhook-id"], event);
});

app.listen(3000);
