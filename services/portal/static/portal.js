// What pages do beyond what they do without a script: news without reload, and progress.
"use strict";

const select = (words, within = document) => within.querySelector(words);

// ---- How many notices are unread, in every page's head ----------------------------------------

const title = document.title;
const AGAIN_MS = 10000;
let unread = null;
let stream = null;

function showUnread(count) {
  const changed = unread !== null && unread !== count;
  unread = count;
  document.title = count ? `(${count}) ${title}` : title;
  for (const place of document.querySelectorAll("[data-unread]")) {
    place.textContent = count;
    place.hidden = count === 0;
  }
  const said = select("[data-unread-said]");
  if (said && changed) said.textContent = said.dataset.one.replace("#", count);
  const inbox = select("[data-inbox]");
  if (inbox && Number(inbox.dataset.inbox) !== count) refresh("#notices");
}

function listen() {
  if (stream || document.hidden) return;
  stream = new EventSource(document.body.dataset.stream);
  stream.addEventListener("inbox", (event) => showUnread(JSON.parse(event.data).unread));
  stream.addEventListener("error", () => {
    if (stream && stream.readyState === EventSource.CLOSED) {
      stream = null;
      setTimeout(listen, AGAIN_MS);
    }
  });
}

function hush() {
  if (stream) stream.close();
  stream = null;
}

if (document.body.dataset.stream) {
  // a browser keeps few connections to one address: tabs nobody looks at hold none
  document.addEventListener("visibilitychange", () => (document.hidden ? hush() : listen()));
  addEventListener("pagehide", hush);
  addEventListener("pageshow", listen);
  listen();
}

// ---- Taking a part of a page anew ---------------------------------------------------------------

async function refresh(words) {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = select(words, page);
  const stale = select(words);
  if (!fresh || !stale) return;
  const focused = document.activeElement && stale.contains(document.activeElement);
  stale.replaceWith(fresh);
  if (focused) select("#main").focus({ preventScroll: true });
}

// ---- Notices --------------------------------------------------------------------------------------

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-read]");
  if (!form) return;
  event.preventDefault();
  const answer = await fetch(form.action, { method: "POST" });
  if (answer.ok) refresh("#notices");
  else form.submit();
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-opens]");
  if (link) fetch(link.dataset.opens, { method: "POST", keepalive: true, redirect: "manual" });
});

// ---- An import: sent with progress, then followed ---------------------------------------------------

const STEP_MS = 700;

async function follow() {
  const place = select("[data-import]");
  if (!place) return;
  const answer = await fetch(place.dataset.import, { headers: { Accept: "application/json" } });
  const now = answer.ok ? await answer.json() : null;
  if (now && !now.running) {
    await refresh("#import");
    return;
  }
  if (now) {
    const bar = select("progress", place);
    if (now.rows) {
      bar.max = now.rows;
      bar.value = now.rows_done;
    }
    const numbers = new Intl.NumberFormat(document.documentElement.lang);
    select("[data-rows-done]", place).textContent = numbers.format(now.rows_done);
    select("[data-rows]", place).textContent = numbers.format(now.rows);
  }
  setTimeout(follow, STEP_MS);
}

follow();

const upload = select("[data-upload]");

if (upload) {
  upload.addEventListener("submit", (event) => {
    event.preventDefault();
    const progress = select("[data-upload-progress]", upload);
    const trouble = select("[data-upload-trouble]", upload);
    const button = select("button", upload);
    const sending = new XMLHttpRequest();
    const ended = (said) => {
      button.disabled = false;
      progress.hidden = true;
      trouble.textContent = said;
      trouble.hidden = false;
    };
    sending.upload.addEventListener("progress", (sent) => {
      if (sent.lengthComputable) select("progress", upload).value = (100 * sent.loaded) / sent.total;
    });
    sending.addEventListener("load", () => {
      const said = sending.response || {};
      if (said.location) location.assign(said.location);
      else ended(said.text || upload.dataset.failed);
    });
    sending.addEventListener("error", () => ended(upload.dataset.failed));
    button.disabled = true;
    trouble.hidden = true;
    progress.hidden = false;
    sending.open("POST", upload.action);
    sending.responseType = "json";
    sending.setRequestHeader("Accept", "application/json");
    sending.send(new FormData(upload));
  });
}

// ---- Printing --------------------------------------------------------------------------------------

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
