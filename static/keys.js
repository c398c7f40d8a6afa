/* Keys on every page: to the search field, through the rows of any list and the cells of a chunk
   map, the list of keys; and the row one came from is chosen again when one comes back. Everything
   works without it. */
"use strict";

(() => {
  const ROWS = "main .hit, main tbody tr, main [data-row]";
  const PLACE = "row of ";

  const isTyping = (target) =>
    target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);

  const rows = () => [...document.querySelectorAll(ROWS)].filter((row) => row.offsetParent);

  // What is chosen in a row: what it says it opens, else its first link, else the row itself.
  const handle = (row) => {
    const link =
      row.querySelector("[data-open]") ?? row.querySelector(".subject, .lead a") ??
      row.querySelector("a[href]");
    if (link) return link;
    row.tabIndex = -1;
    return row;
  };

  const move = (step) => {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.contains(document.activeElement));
    const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
    handle(next).focus();
    next.scrollIntoView({ block: "nearest" });
  };

  const open = () => {
    const row = document.activeElement.closest(ROWS);
    if (row) handle(row).click();
  };

  // To the hit or the page of a list beside this one, or back to the list.
  // In a message that was opened from a search, `n` never turns the pages of its text.
  const follow = (link) => {
    const within = document.querySelector("main .beside") ? "main .beside" : "main";
    document.querySelector(`${within} ${link}`)?.click();
  };

  // Through the words that the search found, round and round.
  let marked = -1;
  const mark = (step) => {
    const all = [...document.querySelectorAll("main .letter mark")];
    if (!all.length) return;
    all[marked]?.removeAttribute("data-here");
    marked = (marked + step + all.length) % all.length;
    if (marked < 0) marked = 0;
    all[marked].setAttribute("data-here", "");
    all[marked].scrollIntoView({ block: "center" });
  };

  const help = () => {
    const keys = document.getElementById("keys");
    if (keys && !keys.open) keys.showModal();
  };

  const KEYS = {
    "/": () => (document.getElementById("query") ?? document.getElementById("quick"))?.focus(),
    j: () => move(1),
    k: () => move(-1),
    o: open,
    n: () => follow('a[rel="next"]'),
    p: () => follow('a[rel="prev"]'),
    m: () => mark(1),
    M: () => mark(marked < 0 ? 0 : -1),
    u: () => follow("a[data-back]"),
    "?": help,
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    // A slash and nothing else is no search: it is pressed by who does not see that the field has the focus.
    if (event.key === "/" && ["query", "quick"].includes(event.target.id) && !event.target.value) {
      event.preventDefault();
      return;
    }
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (!KEYS[event.key]) return;
    event.preventDefault();
    KEYS[event.key]();
  });

  // A chunk map is one stop of the Tab key: the cell one was at, else the chosen one, else the first.
  let wasAt = null;
  const cells = () => [...document.querySelectorAll(".chunk-map .cell")];
  const makeOneStop = () => {
    const all = cells();
    const stop =
      all.find((cell) => cell === document.activeElement) ?? all.find((cell) => cell.id === wasAt) ??
      all.find((cell) => cell.hasAttribute("aria-current")) ?? all[0];
    for (const cell of all) cell.tabIndex = cell === stop ? 0 : -1;
  };

  // Rows are as the cells lie on the page just now.
  const rowsOf = (all) => {
    const lines = new Map();
    for (const cell of all) {
      const top = Math.round(cell.getBoundingClientRect().top);
      lines.set(top, [...(lines.get(top) ?? []), cell]);
    }
    return [...lines.entries()].sort((a, b) => a[0] - b[0]).map((entry) => entry[1]);
  };

  const cellFrom = (cell, key, far) => {
    const all = cells();
    const at = all.indexOf(cell);
    const lines = rowsOf(all);
    const row = lines.findIndex((line) => line.includes(cell));
    const column = lines[row].indexOf(cell);
    const beside = (line) => line?.[Math.min(column, line.length - 1)];
    const to = {
      ArrowRight: () => all[at + 1],
      ArrowLeft: () => all[at - 1],
      ArrowDown: () => beside(lines[row + 1]),
      ArrowUp: () => beside(lines[row - 1]),
      Home: () => (far ? all[0] : lines[row][0]),
      End: () => (far ? all.at(-1) : lines[row].at(-1)),
    }[key];
    return to && (to() ?? cell);
  };

  document.addEventListener("keydown", (event) => {
    if (event.metaKey || event.altKey || event.shiftKey) return;
    const isFar = event.ctrlKey && ["Home", "End"].includes(event.key);
    if ((event.ctrlKey && !isFar) || !event.target.matches(".chunk-map .cell")) return;
    const next = cellFrom(event.target, event.key, isFar);
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
  document.addEventListener("focusin", (event) => {
    if (!event.target.matches(".chunk-map .cell")) return;
    wasAt = event.target.id;
    makeOneStop();
  });
  document.addEventListener("htmx:afterSettle", makeOneStop);
  makeOneStop();

  // Leaving by a link of a row is remembered under the address of the list, for this tab alone.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link?.closest(ROWS)) return;
    sessionStorage.setItem(PLACE + location.pathname + location.search, link.getAttribute("href"));
  });

  const comeBack = () => {
    const named = location.hash && document.getElementById(location.hash.slice(1));
    if (named && named.matches(ROWS)) return handle(named).focus({ preventScroll: true });
    const left = sessionStorage.getItem(PLACE + location.pathname + location.search);
    const came = performance.getEntriesByType("navigation")[0]?.type;
    if (left === null || came !== "back_forward") return;
    const link = rows()
      .flatMap((row) => [...row.querySelectorAll("a[href]")])
      .find((one) => one.getAttribute("href") === left);
    // The browser restores the scroll itself; a row that is out of sight is brought in nevertheless.
    link?.focus({ preventScroll: true });
    link?.closest(ROWS).scrollIntoView({ block: "nearest" });
  };

  for (const opener of document.querySelectorAll("[data-keys]")) {
    opener.hidden = false;
    opener.addEventListener("click", help);
  }
  window.addEventListener("pageshow", (event) => event.persisted || comeBack());
})();
