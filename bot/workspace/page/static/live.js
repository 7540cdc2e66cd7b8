// Keeps the page true: listens for changes, fetches the page again and swaps the parts that differ.
"use strict";

const page = {
  user: document.body.dataset.user,
  place: document.body.dataset.place,
  thread: document.body.dataset.thread,
  url: location.pathname + location.search,
};

// Every act is one POST; what went wrong comes back as words to show.
async function send(path, body) {
  const response = await fetch(`/as/${page.user}/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}

// Whoever stands at the end, or reads what came last, is shown what comes next; whoever has gone up is left there.
function follows(list) {
  const atBottom = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  const last = list.lastElementChild;
  return atBottom || (last !== null && last.getBoundingClientRect().top < list.getBoundingClientRect().bottom - 60);
}

// The end, but never past the first line of what came last: it is read from its top.
function showFrom(list, item) {
  list.scrollTop = list.scrollHeight;
  const hidden = item ? list.getBoundingClientRect().top - item.getBoundingClientRect().top : 0;
  if (hidden > 0) list.scrollTop -= hidden + 8;
}

function focusMark() {
  const focused = document.activeElement;
  const control = focused?.closest?.(".control");
  if (!control) return null;
  const holder = control.closest("li, dialog, section");
  return {
    focused,
    holder: holder?.id || holder?.dataset.view || "",
    block: control.dataset.block,
    action: control.dataset.action,
    at: [...control.querySelectorAll("input, select, textarea, button, summary")].indexOf(focused),
    selection: focused.selectionStart ?? null,
  };
}

function restoreFocus(mark) {
  if (!mark || mark.focused.isConnected) return;
  for (const control of document.querySelectorAll(".control")) {
    const holder = control.closest("li, dialog, section");
    if (control.dataset.block !== mark.block || control.dataset.action !== mark.action) continue;
    if ((holder?.id || holder?.dataset.view || "") !== mark.holder) continue;
    const target = control.querySelectorAll("input, select, textarea, button, summary")[mark.at];
    target?.focus({ preventScroll: true });
    if (mark.selection !== null && target?.setSelectionRange && /text|search|textarea/.test(target.type)) {
      target.setSelectionRange(mark.selection, mark.selection);
    }
  }
}

function swapItem(old, fresh) {
  const typed = Blocks.typedIn(old);
  old.replaceWith(fresh);
  Blocks.retype(fresh, typed);
}

function syncList(list, wanted) {
  const stick = follows(list);
  const known = new Map([...list.children].map((item) => [item.id, item]));
  let after = null;
  const came = [];
  for (const fresh of [...wanted.children]) {
    let item = known.get(fresh.id);
    known.delete(fresh.id);
    if (!item) {
      item = fresh;
      came.push(item);
    } else if (item.dataset.version !== fresh.dataset.version) {
      swapItem(item, fresh);
      item = fresh;
    }
    const next = after ? after.nextElementSibling : list.firstElementChild;
    if (next !== item) list.insertBefore(item, next);
    after = item;
  }
  for (const gone of known.values()) gone.remove();
  const pressed = came.findLast((item) => item.querySelector(".control"));
  if (stick && came.length) showFrom(list, pressed ?? came.at(-1));
}

function swapModal(old, fresh) {
  const before = old.querySelector("dialog.modal");
  const after = fresh.querySelector("dialog.modal");
  const typed = before && after && before.dataset.view === after.dataset.view ? Blocks.typedIn(before) : null;
  const scrolled = typed ? before.querySelector(".body").scrollTop : 0;
  old.replaceWith(fresh);
  if (!after) return;
  if (typed) Blocks.retype(after, typed);
  if (typed && before.dataset.typed) after.dataset.typed = "yes";
  after.showModal();
  if (typed) after.querySelector(".body").scrollTop = scrolled;
  else Blocks.focusFirst(after);
}

function swapRegion(old, fresh) {
  if (old.dataset.version === fresh.dataset.version) return;
  if (old.dataset.region === "list") {
    syncList(old, fresh);
    old.dataset.version = fresh.dataset.version;
    old.dataset.unread = fresh.dataset.unread || "";
  } else if (old.dataset.region === "modal") {
    swapModal(old, fresh);
  } else {
    const opened = old.querySelector("details[open]") !== null;
    const typed = Blocks.typedIn(old);
    old.replaceWith(fresh);
    Blocks.retype(fresh, typed);
    const details = fresh.querySelector("details");
    if (opened && details) details.open = true;
  }
}

const SILENT = "The workspace does not answer. It may have been stopped; this page tries again by itself.";
const LOCKED = "The workspace was started anew. Open the address that it printed.";
let feed = null;
let retrying = 0;
let fetching = false;
let again = false;

async function refresh() {
  if (fetching) {
    again = true;
    return;
  }
  fetching = true;
  try {
    const response = await fetch(page.url, { headers: { Accept: "text/html" } });
    if (!response.ok) throw new Error(response.status === 403 ? LOCKED : SILENT);
    const wanted = new DOMParser().parseFromString(await response.text(), "text/html");
    const focused = focusMark();
    for (const fresh of wanted.querySelectorAll("[data-region]")) {
      const old = document.getElementById(fresh.id);
      if (old) swapRegion(old, document.adoptNode(fresh));
    }
    restoreFocus(focused);
    document.title = wanted.title;
    showToasts();
    markRead();
    document.getElementById("lost").hidden = true;
    if (feed?.readyState === EventSource.CLOSED) listen();
  } catch (error) {
    const lost = document.getElementById("lost");
    lost.textContent = error.message === LOCKED ? LOCKED : SILENT;
    lost.hidden = false;
    clearTimeout(retrying);
    retrying = setTimeout(refresh, 2000);
  } finally {
    fetching = false;
    if (again) {
      again = false;
      refresh();
    }
  }
}

function showToasts() {
  const key = `seen/${page.user}`;
  const notices = [...document.querySelectorAll("#notices .toast")];
  const newest = Math.max(0, ...notices.map((each) => Number(each.dataset.number)));
  const seen = sessionStorage.getItem(key);
  sessionStorage.setItem(key, String(newest));
  if (seen === null) return;
  const toasts = document.getElementById("toasts");
  for (const notice of notices) {
    const { channel, thread, number } = notice.dataset;
    const inSight = channel === page.place && (!thread || thread === page.thread);
    if (Number(number) <= Number(seen) || (inSight && document.visibilityState === "visible")) continue;
    for (const old of toasts.children) {
      if (old.dataset.channel === channel && old.dataset.thread === thread) old.remove();
    }
    const toast = notice.cloneNode(true);
    toasts.append(toast);
    setTimeout(() => toast.remove(), 8000);
  }
}

// Words such as "3 minutes ago" and "today" are told anew each quarter of a minute, of every message and form.
async function tellTimesAnew() {
  const times = document.querySelectorAll("time[data-relative]");
  if (!times.length || document.visibilityState !== "visible") return;
  const response = await fetch(page.url, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!response?.ok) return;
  const wanted = new DOMParser().parseFromString(await response.text(), "text/html");
  const words = new Map([...wanted.querySelectorAll("time[data-relative]")].map((one) => [one.dataset.relative, one.textContent]));
  for (const one of document.querySelectorAll("time[data-relative]")) {
    const now = words.get(one.dataset.relative);
    if (now !== undefined && now !== one.textContent) one.textContent = now;
  }
}

let reading = "";

function markRead() {
  if (document.visibilityState !== "visible" || !document.getElementById("talk")?.dataset.unread) return;
  const what = document.getElementById("talk").dataset.version + document.getElementById("replies")?.dataset.version;
  if (what === reading) return;
  reading = what;
  send(`${page.place}/read`, { thread: page.thread }).catch(() => { reading = ""; });
}

function listen() {
  feed = new EventSource(document.body.dataset.feed);
  let timer = 0;
  feed.onmessage = () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, 30);
  };
  feed.onopen = () => { document.body.dataset.listening = "yes"; refresh(); };
  feed.onerror = () => {
    delete document.body.dataset.listening;
    clearTimeout(retrying);
    retrying = setTimeout(refresh, 1000);
  };
}

document.addEventListener("DOMContentLoaded", () => {
  for (const list of document.querySelectorAll(".talk")) showFrom(list, list.lastElementChild);
  const modal = document.querySelector("dialog.modal");
  if (modal) {
    modal.showModal();
    Blocks.focusFirst(modal);
  }
  const burger = document.querySelector(".burger");
  burger?.addEventListener("click", () => {
    const showing = document.body.classList.toggle("showing-side");
    burger.setAttribute("aria-expanded", String(showing));
  });
  if (page.place === "home") send("home/read", {}).catch(() => {});
  showToasts();
  markRead();
  listen();
  setInterval(tellTimesAnew, 15000);
});
document.addEventListener("visibilitychange", () => {
  markRead();
  tellTimesAnew();
});
