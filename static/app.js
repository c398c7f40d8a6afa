/* The console's behaviour on top of plain pages: live parts that never close what is open, a stale
   mark, the reader's time zone. Everything works without it.
   Keys are keys.js, uploading is upload.js. */
"use strict";

(() => {
  const SPEAK_EVERY = 10_000;
  const arrived = new Map();
  let spokenAt = -SPEAK_EVERY;
  let speaking = 0;

  // The server writes times in the reader's zone once it knows it.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && !document.cookie.includes(`zone=${zone}`)) {
    document.cookie = `zone=${zone}; path=/; max-age=31536000; samesite=lax`;
  }

  // A morph must not close a <details> that somebody opened, nor open one they closed, nor take
  // away what is half typed in a form.
  if (window.Idiomorph) {
    Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) =>
      !(node.tagName === "DETAILS" && name === "open");
    Idiomorph.defaults.callbacks.beforeNodeMorphed = (node) => !node.matches?.("[data-keep]");
    Idiomorph.defaults.ignoreActiveValue = true;
  }

  const noteArrival = (root) => {
    for (const part of document.querySelectorAll("[data-live]")) {
      if (root === document || part === root || part.contains(root)) {
        arrived.set(part.id, performance.now());
        part.classList.remove("is-stale");
        delete part.dataset.away;
        delete part.dataset.refused;
      }
    }
  };

  const markStale = () => {
    for (const part of document.querySelectorAll("[data-live]")) {
      const age = performance.now() - (arrived.get(part.id) ?? 0);
      // What is known to be away is not waited for.
      part.classList.toggle("is-stale", "away" in part.dataset || age > (Number(part.dataset.live) * 2 + 3) * 1000);
    }
  };

  // One sentence at most every ten seconds, for those who listen. What comes sooner waits, and by
  // then the part may have changed again: the last state is always said.
  const speak = () => {
    clearTimeout(speaking);
    const source = document.querySelector("[data-spoken]");
    const place = document.getElementById("spoken");
    if (!source || !place || place.textContent === source.dataset.spoken) return;
    const wait = spokenAt + SPEAK_EVERY - performance.now();
    if (wait > 0) {
      speaking = setTimeout(speak, wait);
      return;
    }
    place.textContent = source.dataset.spoken;
    spokenAt = performance.now();
  };

  // What an act left to say goes when a part of the page says that it is true no more.
  const dropNotices = () => {
    for (const part of document.querySelectorAll("[data-over]")) {
      for (const name of part.dataset.over.split(" ").filter(Boolean)) {
        document.querySelector(`[data-holds-while="${name}"]`)?.remove();
      }
    }
  };

  const isInSight = (part) => {
    const { top, bottom } = part.getBoundingClientRect();
    return bottom >= 0 && top <= innerHeight;
  };

  const askNow = (part) => {
    if (document.hidden || !part.isConnected || !part.hasAttribute("hx-get")) return;
    htmx.ajax("GET", part.getAttribute("hx-get"), {
      source: part, target: part, swap: "morph:outerHTML",
    });
  };

  // A tab that nobody sees asks nothing. When it is seen again, what is in sight asks at once, the
  // rest one after the other.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && event.target.matches("[data-live]")) event.preventDefault();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || !window.htmx) return;
    let rest = 0;
    for (const part of document.querySelectorAll("[data-live]")) {
      if (isInSight(part)) askNow(part);
      else setTimeout(askNow, ++rest * 700, part);
    }
  });
  // A live part that gets a refusal or no answer keeps what it shows, and says what is away.
  const noteAway = (event, what) => {
    if (!event.target.matches?.("[data-live]") || !what) return;
    event.target.dataset.away = what;
    markStale();
  };
  // What stands before a console that is away answers in its place, and knows no more than that. An
  // answer of our own says what is away, or "no".
  const gateways = [502, 503, 504];
  document.addEventListener("htmx:responseError", ({ target, detail: { xhr } }) => {
    const told = xhr.getResponseHeader("X-Away") ?? (gateways.includes(xhr.status) ? "console" : "no");
    const away = told === "no" ? null : told;
    if (!away && target.matches?.("[data-live]")) target.dataset.refused = "";
    noteAway({ target }, away);
  });
  document.addEventListener("htmx:sendError", (event) => noteAway(event, "console"));
  document.addEventListener("htmx:timeout", (event) => noteAway(event, "console"));
  document.addEventListener("htmx:afterSettle", (event) => {
    noteArrival(event.target);
    dropNotices();
    speak();
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });

  document.querySelector(".side [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  noteArrival(document);
  dropNotices();
  setInterval(markStale, 1000);
})();
