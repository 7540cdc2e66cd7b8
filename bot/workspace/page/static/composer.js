// The composer and the menus around it: messages, slash commands, shortcuts, reactions.
"use strict";

function fit(area) {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight}px`;
}

function hintsFor(form) {
  const typed = form.querySelector("textarea").value;
  const hints = form.querySelector(".hints");
  const options = [...hints.querySelectorAll("[data-command]")];
  for (const option of options) option.hidden = !option.dataset.command.startsWith(typed) || typed === option.dataset.command;
  const shown = options.filter((option) => !option.hidden);
  hints.hidden = !typed.startsWith("/") || typed.includes(" ") || !shown.length;
  if (!hints.hidden && !shown.some((option) => option.getAttribute("aria-selected") === "true")) select(shown, 0);
  return hints.hidden ? [] : shown;
}

function select(options, at) {
  options.forEach((option, position) => option.setAttribute("aria-selected", String(position === at)));
}

function take(form, option) {
  const area = form.querySelector("textarea");
  area.value = `${option.dataset.command} `;
  area.focus();
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

async function say(form) {
  const area = form.querySelector("textarea");
  const text = area.value.trim();
  if (!text || form.dataset.sending) return;
  form.dataset.sending = "yes";
  try {
    const going = send(`${page.place}/say`, { text, thread: form.dataset.thread });
    area.value = "";
    area.dispatchEvent(new Event("input", { bubbles: true }));
    await going;
  } catch {
    area.value ||= text;
    fit(area);
  } finally {
    delete form.dataset.sending;
  }
  const list = document.getElementById(form.dataset.thread ? "replies" : "talk");
  list.scrollTop = list.scrollHeight;
}

function arrow(event, options) {
  const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown") select(options, (at + 1) % options.length);
  else if (event.key === "ArrowUp") select(options, (at - 1 + options.length) % options.length);
  else return false;
  event.preventDefault();
  return true;
}

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("form.composer");
  if (!form || event.target.tagName !== "TEXTAREA" || event.isComposing) return;
  const options = hintsFor(form);
  if (options.length && arrow(event, options)) return;
  if (options.length && (event.key === "Tab" || event.key === "Enter")) {
    event.preventDefault();
    take(form, options.find((option) => option.getAttribute("aria-selected") === "true") || options[0]);
  } else if (event.key === "Escape") {
    form.querySelector(".hints").hidden = true;
  } else if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    say(form);
  }
});

document.addEventListener("input", (event) => {
  const form = event.target.closest("form.composer");
  if (!form) return;
  sessionStorage.setItem(`draft/${event.target.dataset.draft}`, event.target.value);
  fit(event.target);
  hintsFor(form);
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form.composer")) return;
  event.preventDefault();
  say(event.target);
});

document.addEventListener("click", (event) => {
  const command = event.target.closest("[data-command]");
  if (command) return void take(command.closest("form"), command);
  const message = event.target.closest("article.message");
  const spot = message ? { channel: message.dataset.channel, ts: message.dataset.ts } : {};
  const open = event.target.closest("details.drop");
  const shortcut = event.target.closest("[data-shortcut]");
  const reaction = event.target.closest("[data-react]");
  if (shortcut) {
    open.open = false;
    send("shortcut", { ...spot, channel: spot.channel || page.place, callback: shortcut.dataset.shortcut }).catch(refresh);
  } else if (reaction) {
    if (open) open.open = false;
    send("react", { ...spot, name: reaction.dataset.react }).catch(refresh);
  } else if (event.target.closest("[data-dismiss]")) {
    send("dismiss", spot).catch(refresh);
  }
});

document.addEventListener("DOMContentLoaded", () => {
  for (const area of document.querySelectorAll("form.composer textarea")) {
    area.value = sessionStorage.getItem(`draft/${area.dataset.draft}`) || "";
    fit(area);
    if (matchMedia("(hover: hover)").matches && !document.querySelector("dialog[open]")) area.focus();
  }
});
