// Makes the same calls with a client library that speaks the Segment format, each pointed at one server.
//
//   node signals.mjs FOLDER LIBRARY SERVER WRITE_KEY
//
// FOLDER is where the libraries are installed. Ends when everything was sent, with 0 if nothing failed.
import { createRequire } from "node:module";
import { join } from "node:path";

const [folder, library, server, key] = process.argv.slice(2);
const load = createRequire(join(folder, "package.json"));

const person = { email: "Ann@Kestrel.example", firstName: "Ann", lastName: "Doe", title: "VP Sales" };
const account = { name: "Kestrel Software", website: "https://kestrel.example" };
const pricing = { url: "https://www.acme.example/pricing", path: "/pricing", title: "Pricing" };

const failed = (error) => {
    console.error(error);
    process.exit(1);
};

const libraries = {
    async segment() {
        const { Analytics } = load("@segment/analytics-node");
        const client = new Analytics({ writeKey: key, host: server, maxRetries: 0 });
        client.on("error", failed);
        client.page({ anonymousId: "a1", name: "Pricing", properties: pricing });
        client.identify({ anonymousId: "a1", userId: "u1", traits: person });
        client.group({ userId: "u1", groupId: "g1", traits: account });
        client.track({ userId: "u1", event: "Signed Up", properties: { plan: "pro" } });
        await client.closeAndFlush();
    },
    async rudderstack() {
        const Client = load("@rudderstack/rudder-sdk-node");
        const client = new (Client.default ?? Client)(key, { dataPlaneUrl: server, gzip: true });
        client.page({ anonymousId: "a1", name: "Pricing", properties: pricing });
        client.identify({ anonymousId: "a1", userId: "u1", traits: person });
        client.group({ userId: "u1", groupId: "g1", traits: account });
        client.track({ userId: "u1", event: "Signed Up", properties: { plan: "pro" } });
        await new Promise((sent, refused) => client.flush((error) => (error ? refused(error) : sent())));
    },
    async jitsu() {
        const { jitsuAnalytics } = load("@jitsu/js");
        const client = jitsuAnalytics({ host: server, writeKey: `${key}:any`, s2s: true, fetchTimeoutMs: 20_000 });
        client.setAnonymousId?.("a1");
        await client.page({ name: "Pricing", ...pricing });
        await client.identify("u1", person);
        await client.group("g1", account);
        await client.track("Signed Up", { plan: "pro" });
    },
};

libraries[library]().then(() => process.exit(0), failed);
