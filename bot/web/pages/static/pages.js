"use strict";
// Reading needs none of this. It keeps clocks going, shows what is new, and says times in the reader's own zone as well.
(() => {
  const MINUTE = 60;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const local = new Intl.DateTimeFormat("en-GB", {
    day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short",
  });

  const spell = (seconds) => {
    const units = [[86400, "d"], [3600, "h"], [60, "min"]];
    const parts = [];
    let rest = Math.floor(seconds / MINUTE) * MINUTE;
    for (const [size, unit] of units) {
      const count = Math.floor(rest / size);
      rest -= count * size;
      if (count) parts.push(`${count} ${unit}`);
    }
    return parts.slice(0, 2).join(" ");
  };
  const distance = (then) => {
    const seconds = (then - Date.now()) / 1000;
    const said = spell(Math.abs(seconds));
    if (!said) return seconds > 0 ? "in less than a minute" : "just now";
    return seconds > 0 ? `in ${said}` : `${said} ago`;
  };
  const say = (time) => {
    const then = new Date(time.dateTime);
    if (time.dataset.form === "ago") {
      const said = distance(then);
      if (time.textContent !== said) time.textContent = said;
    }
    // The page speaks of one zone, as the record and its copies do: the reader's own stands beside it, never in its place.
    if (!time.title) time.title = `${local.format(then).replace(",", "")} where you are`;
  };
  const fill = (gauge) => {
    const start = Date.parse(gauge.dataset.start);
    const share = (Date.now() - start) / (Date.parse(gauge.dataset.due) - start);
    gauge.firstElementChild.setAttribute("width", `${Math.min(1, share) * 100}%`);
  };
  const localise = (root) => root.querySelectorAll("time[data-form]").forEach(say);
  const tick = () => {
    document.querySelectorAll('time[data-form="ago"]').forEach(say);
    document.querySelectorAll(".gauge[data-due]").forEach(fill);
  };

  const markup = (html) => {
    const held = document.createElement("template");
    held.innerHTML = html;
    localise(held.content);
    return held.content;
  };
  const show = (news) => {
    if (news.reload) {
      location.reload();
      return;
    }
    const now = document.getElementById("now");
    if (news.now && now) {
      // Whoever stands on a link with the keyboard stays there.
      const focused = now.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
      now.replaceChildren(markup(news.now));
      if (focused) now.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
    }
    const told = document.getElementById("told");
    if (news.told && told) {
      const opened = new Map([...told.querySelectorAll("details[id]")].map((one) => [one.id, one.open]));
      const within = told.contains(document.activeElement) ? document.activeElement.closest("details[id]")?.id : null;
      told.replaceChildren(markup(news.told));
      for (const [id, open] of opened) {
        const fold = document.getElementById(id);
        if (fold) fold.open = open;
      }
      if (within) document.getElementById(within)?.querySelector("summary").focus({ preventScroll: true });
    }
    const entries = document.getElementById("entries");
    for (const html of news.entries ?? []) {
      const fresh = markup(html);
      fresh.firstElementChild.classList.add("fresh");
      if (!document.getElementById(fresh.firstElementChild.id)) entries.prepend(fresh);
    }
    if (news.title) document.title = `${news.title} – Handrail`;
    if (news.said) document.getElementById("said").textContent = news.said;
    tick();
  };

  let stream = null;
  let since = "";
  const listen = () => {
    const address = new URL(document.body.dataset.live, location.href);
    if (since) address.searchParams.set("since", since);
    stream = new EventSource(address);
    stream.addEventListener("open", () => document.body.classList.remove("lost"));
    stream.addEventListener("change", (event) => {
      since = event.lastEventId;
      show(JSON.parse(event.data));
    });
    stream.addEventListener("error", () => {
      document.body.classList.add("lost");
      if (stream.readyState !== EventSource.CLOSED) return;
      stream = null;
      setTimeout(() => { if (!document.hidden && !stream) listen(); }, 30000);
    });
  };
  // A browser has few connections to one server: a page that nobody sees gives its own back.
  const follow = () => {
    if (document.hidden) {
      stream?.close();
      stream = null;
    } else if (!stream) {
      listen();
    }
  };

  localise(document);
  tick();
  setInterval(tick, 15000);
  const said = document.querySelector(".zone");
  if (said && zone && zone !== "UTC") said.append(` Point at one to read it in ${zone.replaceAll("_", " ")}.`);
  // A drawing that is wider than the screen is read from its middle, where the way begins.
  document.querySelectorAll(".drawing img").forEach((drawing) => {
    const centre = () => { drawing.parentElement.scrollLeft = (drawing.offsetWidth - drawing.parentElement.clientWidth) / 2; };
    if (drawing.complete) centre();
    else drawing.addEventListener("load", centre);
  });
  // A link into the record leads to what is folded away, too.
  addEventListener("hashchange", () => {
    const fold = document.getElementById(location.hash.slice(1))?.closest("details");
    if (fold) fold.open = true;
  });
  if (document.body.dataset.live) {
    document.addEventListener("visibilitychange", follow);
    follow();
  }
})();
