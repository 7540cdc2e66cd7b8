"use strict";
// Reading needs none of this. It puts times into the reader's own zone, keeps clocks going, and shows what is new.
(() => {
  const MINUTE = 60;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
  const day = new Intl.DateTimeFormat("en-GB", {
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
    const form = time.dataset.form;
    const said = form === "ago" ? distance(then) : (form === "time" ? clock : day).format(then).replace(",", "");
    if (time.textContent !== said) time.textContent = said;
    if (form !== "ago" && !time.title) time.title = `${time.dateTime.slice(0, 16).replace("T", " ")} UTC`;
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
    const entries = document.getElementById("entries");
    for (const html of news.entries ?? []) {
      const fresh = markup(html);
      fresh.firstElementChild.classList.add("fresh");
      if (!document.getElementById(fresh.firstElementChild.id)) entries.prepend(fresh);
    }
    if (news.title) document.title = `${news.title} – Handrail`;
    if (news.said) document.getElementById("told").textContent = news.said;
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
  if (said && zone) said.textContent = `Times are in ${zone.replaceAll("_", " ")}.`;
  if (document.body.dataset.live) {
    document.addEventListener("visibilitychange", follow);
    follow();
  }
})();
