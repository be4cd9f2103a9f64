// The pixel: tells Beckon which pages are looked at, and what a website says of who looks, as far as they agree.
//
// Promises: it never throws into the page it stands in. It sends nothing without consent, and keeps nothing unless
// that is granted. No request needs a preflight: the body is plain text, the key is in the query.
// Served without comments and needless blanks (pixel/lean.rs), which is why a comment has a line of its own, a text stands
// in double quotes on one line, and a pattern has no blanks. ES2017, so that no browser in use stumbles over it.
(function (tag) {
  const KEY = "beckon_id";
  const WAITING_MAX = 100;
  // Browsers let 64 KiB outlive a page, all requests together; a character has three bytes at most.
  const KEEPALIVE_CHARS_MAX = 2e4;
  // What could not be sent after a pause of so long is given up.
  const PAUSE_SECONDS_MAX = 64;
  const SECRET = /^[^=]*(pass|pwd|token|secret|mail|session|api_?key|auth(?!or))|@|%40/i;
  const CAMPAIGN = /clid$|^(utm_.+|gbraid|wbraid|li_fat_id|epik|rdt_cid|_kx|mc_cid)$/;

  const attempt = (act) => {
    try {
      return act();
    } catch (ignored) {
    }
  };
  const guarded = (act) => (...given) => attempt(() => act(...given));
  const listen = (to, name, act) => to.addEventListener(name, guarded(act));
  const random = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join("-");

  attempt(() => {
    const said = tag.dataset;
    const { name = "beckon" } = said;
    const api = window[name] = window[name] || function () {
      (api.q = api.q || []).push(arguments);
    };
    if (api.on) {
      return;
    }
    api.on = true;

    const endpoint = new URL(said.endpoint || tag.src, location);
    endpoint.searchParams.set("k", said.key);
    if (said.domain) {
      endpoint.searchParams.set("d", said.domain);
    }
    const gpc = navigator.globalPrivacyControl || undefined;
    let { consent = "granted" } = said;
    let visitor;
    let begun;
    let waiting = [];
    let flying = [];
    let pause = 1;
    let resting;
    let seen;
    let referrer = attempt(() => address(new URL(document.referrer))) || "";
    // The token of a link in a mail, which is taken out of the address before others read it.
    const [own, link] = /beckon_token=([\w-]+)&?/.exec(location.search) || [];
    attempt(() => link && history.replaceState(history.state, "", location.href.replace(own, "")));

    // Who this is.

    const keeps = () => consent === "granted" && !gpc;
    const remembered = () => (/\bbeckon_id=([\w-]+)/.exec(attempt(() => document.cookie)) || [])[1]
      || attempt(() => localStorage.getItem(KEY));
    const remember = (value) => {
      attempt(() => {
        // 400 days.
        document.cookie = KEY + "=" + value + ";path=/;samesite=lax;max-age=" + (value ? 3456e4 : 0)
          + (said.domain ? ";domain=" + said.domain : "") + (location.protocol === "https:" ? ";secure" : "");
      });
      attempt(() => localStorage[value ? "setItem" : "removeItem"](KEY, value));
    };
    const settle = () => {
      visitor = keeps() && remembered() || visitor || random();
      if (keeps()) {
        remember(visitor);
      }
    };

    // What is noted.

    function clean(search) {
      const kept = search.slice(1).split("&").filter((pair) => !SECRET.test(pair)).join("&");
      return kept && "?" + kept;
    }
    function address(url) {
      return url.protocol + "//" + url.host + url.pathname + clean(url.search);
    }
    const note = (type, fields) => {
      const campaign = {};
      new URLSearchParams(clean(location.search)).forEach((value, key) => {
        if (CAMPAIGN.test(key)) {
          campaign[key.replace("utm_", "")] = value;
        }
      });
      const context = {
        page: { url: address(location), path: location.pathname, title: document.title, referrer },
        campaign,
        locale: navigator.language,
        timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
        userAgent: navigator.userAgent,
        library: { name: "beckon.js" },
        partnerId: api.partnerId,
        link,
        gpc,
        webdriver: navigator.webdriver,
      };
      const item = Object.assign({ type, messageId: random(), timestamp: new Date(), context }, fields);
      if (waiting.length < WAITING_MAX) {
        // Written at once: what cannot be written must not hold up the rest, and what the page changes later is later.
        waiting.push(JSON.parse(JSON.stringify(item)));
      }
      setTimeout(send);
    };
    const page = (name, properties) => {
      seen = location.pathname + location.search;
      note("page", { name, properties });
      referrer = address(location);
    };
    const view = guarded(() => {
      if (begun && said.auto !== "off" && seen !== location.pathname + location.search) {
        page();
      }
    });
    const about = (type, key) => (who, traits) => {
      if (!gpc) {
        note(type, typeof who === "object" ? { traits: who } : { [key]: who, traits });
      }
    };
    const calls = {
      page,
      track: (event, properties) => note("track", { event, properties }),
      identify: about("identify", "userId"),
      group: about("group", "groupId"),
      consent: (mode) => {
        if (mode !== "granted") {
          remember("");
          visitor = keeps() ? 0 : visitor;
        }
        consent = mode;
        if (mode === "none") {
          waiting = [];
        }
        settle();
        send();
      },
      reset: () => {
        remember("");
        visitor = 0;
        settle();
      },
    };

    // How it leaves.

    const may = () => consent === "granted" || consent === "cookieless";
    const written = (items) => {
      items.forEach((item) => {
        item.anonymousId = visitor;
        item.context.consent = consent;
      });
      return JSON.stringify({ batch: items, sentAt: new Date() });
    };
    const forget = (items) => {
      waiting = waiting.filter((item) => !items.includes(item));
    };
    const send = guarded(() => {
      if (resting || flying.length || !waiting.length || !may()) {
        return;
      }
      const items = flying = waiting.slice();
      const body = written(items);
      const kept = keeps();
      const landed = guarded((answer) => {
        const again = !answer || answer.status === 429 || answer.status >= 500;
        flying = flying === items ? [] : flying;
        if (kept && !keeps()) {
          // The answer may have brought the cookie back.
          remember("");
        }
        if (again && pause <= PAUSE_SECONDS_MAX) {
          resting = setTimeout(() => {
            resting = 0;
            send();
          }, 1000 * Math.max(pause, answer && answer.headers.get("retry-after") || 0));
          pause *= 2;
        } else {
          forget(items);
          pause = 1;
          send();
        }
      });
      const given = {
        method: "POST",
        body,
        keepalive: body.length < KEEPALIVE_CHARS_MAX,
        credentials: kept ? "include" : "omit",
      };
      Promise.resolve().then(() => fetch(endpoint, given)).then(landed, () => landed());
    });
    const leave = () => {
      view();
      let rest = waiting.filter((item) => !flying.includes(item));
      let size = may() ? rest.length : 0;
      while (size && rest.length) {
        const items = rest.slice(0, size);
        if (navigator.sendBeacon(endpoint, written(items))) {
          forget(items);
          rest = rest.slice(size);
        } else {
          size >>= 1;
        }
      }
    };

    // When.

    const begin = () => {
      if (begun || document.prerendering || document.visibilityState === "hidden") {
        return;
      }
      begun = true;
      settle();
      const run = guarded(([what, ...given]) => calls[what](...given));
      const early = api.q || [];
      api.q = { push: run };
      early.forEach(run);
      view();
      if (link) {
        // Programs that check mails do not stay so long.
        setTimeout(run, 4e3, ["identify"]);
      }
    };
    ["pushState", "replaceState"].forEach((kind) => {
      const own = history[kind];
      history[kind] = function () {
        const answer = own.apply(this, arguments);
        // Later, when the page has its new title.
        attempt(() => setTimeout(view));
        return answer;
      };
    });
    listen(window, "popstate", () => setTimeout(view));
    listen(window, "pagehide", leave);
    listen(window, "pageshow", (event) => {
      if (event.persisted) {
        flying = [];
        seen = 0;
        view();
        send();
      }
    });
    listen(document, "prerenderingchange", begin);
    listen(document, "visibilitychange", () => document.visibilityState === "hidden" ? leave() : begin());
    begin();
  });
})(document.currentScript);
