// Block Kit in the browser: reads what was typed, sends clicks, opens confirmations, submits modals.
"use strict";

const TYPED = "input:not([type=checkbox], [type=radio]), select, textarea";

function valueOf(control) {
  const boxes = control.querySelectorAll("input[type=checkbox], input[type=radio]");
  if (boxes.length) return [...boxes].filter((box) => box.checked).map((box) => box.value);
  const field = control.querySelector(TYPED);
  if (!field) return null;
  if (control.dataset.kind === "external_select") {
    return field.dataset.value ? { value: field.dataset.value, text: field.value } : null;
  }
  return field.value;
}

function setValue(control, value) {
  const boxes = control.querySelectorAll("input[type=checkbox], input[type=radio]");
  for (const box of boxes) box.checked = Array.isArray(value) && value.includes(box.value);
  const field = control.querySelector(TYPED);
  if (boxes.length || !field || value === null) return;
  if (value && typeof value === "object") {
    field.value = value.text;
    field.dataset.value = value.value;
  } else if (field.tagName !== "SELECT" || [...field.options].some((option) => option.value === value)) {
    field.value = value;
  }
}

const Blocks = {
  typedIn(root) {
    const typed = {};
    for (const control of root.querySelectorAll(".control")) {
      const value = valueOf(control);
      if (value !== null) (typed[control.dataset.block] ??= {})[control.dataset.action] = value;
    }
    return typed;
  },
  retype(root, typed) {
    for (const control of root.querySelectorAll(".control")) {
      const value = typed[control.dataset.block]?.[control.dataset.action];
      if (value !== undefined) setValue(control, value);
    }
    for (const several of root.querySelectorAll(".several")) countChosen(several);
  },
  focusFirst(modal) {
    const first = modal.querySelector("[autofocus], .body input, .body select, .body textarea, footer .primary, footer button");
    first?.focus({ preventScroll: true });
  },
};

function holderOf(control) {
  const modal = control.closest("dialog.modal");
  if (modal) return { view: modal.dataset.view, root: modal };
  const home = control.closest("section[data-view]");
  if (home) return { view: home.dataset.view, root: home };
  const message = control.closest("article.message");
  return { channel: message.dataset.channel, ts: message.dataset.ts, root: message };
}

function agreed(control) {
  const dialog = control.querySelector("dialog.confirm");
  if (!dialog) return Promise.resolve(true);
  dialog.showModal();
  return new Promise((answer) => {
    const settle = (event) => {
      const button = event.target.closest("[data-answer]");
      if (event.type === "click" && !button) return;
      event.stopPropagation();
      dialog.removeEventListener("click", settle);
      dialog.removeEventListener("close", settle);
      dialog.close();
      answer(button?.dataset.answer === "yes");
    };
    dialog.addEventListener("click", settle);
    dialog.addEventListener("close", settle);
  });
}

async function act(control, chosen) {
  if (control.classList.contains("busy") || !(await agreed(control))) return;
  const { root, ...holder } = holderOf(control);
  control.classList.add("busy");
  control.classList.remove("failed");
  try {
    const answer = await send("press", {
      ...holder,
      block: control.dataset.block,
      action: control.dataset.action,
      chosen,
      typed: Blocks.typedIn(root),
    });
    if (answer.failed) throw new Error(answer.failed);
  } catch (error) {
    control.dataset.failed = error.message;
    control.classList.add("failed");
  } finally {
    control.classList.remove("busy");
  }
}

function countChosen(several) {
  const summary = several.querySelector("summary");
  const count = several.querySelectorAll("input:checked").length;
  summary.textContent = count ? `${count} chosen` : summary.dataset.called;
  summary.removeAttribute("aria-label");
}

function showErrors(modal, errors) {
  for (const old of modal.querySelectorAll(".error")) old.remove();
  for (const block of modal.querySelectorAll("[data-input]")) {
    const words = errors[block.dataset.input];
    block.classList.toggle("wrong", Boolean(words));
    if (!words) continue;
    const line = document.createElement("div");
    line.className = "error";
    line.setAttribute("role", "alert");
    line.textContent = words;
    block.querySelector(".control").after(line);
  }
  modal.querySelector(".wrong")?.scrollIntoView({ block: "nearest" });
  modal.querySelector(".wrong input, .wrong select, .wrong textarea")?.focus({ preventScroll: true });
}

async function submitModal(modal) {
  const button = modal.querySelector("footer [type=submit]");
  if (!button || button.disabled) return;
  const failed = modal.querySelector("footer .failed");
  button.disabled = true;
  failed.hidden = true;
  try {
    const answer = await send("modal/submit", { view: modal.dataset.view, typed: Blocks.typedIn(modal) });
    showErrors(modal, answer.errors || {});
    if (answer.failed) throw new Error(answer.failed);
  } catch (error) {
    failed.textContent = error.message;
    failed.hidden = false;
  } finally {
    button.disabled = false;
  }
}

function closeModal(modal, all) {
  return send("modal/close", { view: modal.dataset.view, all }).catch(() => refresh());
}

async function suggest(control, field) {
  const { root, ...holder } = holderOf(control);
  const list = control.querySelector("[role=listbox]");
  if (field.value.length < Number(field.dataset.least)) {
    list.hidden = true;
    return;
  }
  const asked = field.value;
  const answer = await send("suggest", {
    ...holder, block: control.dataset.block, action: control.dataset.action, asked,
  });
  if (field.value !== asked) return;
  list.replaceChildren(...answer.options.map(({ value, text }) => {
    const option = document.createElement("button");
    option.type = "button";
    option.setAttribute("role", "option");
    option.dataset.pick = value;
    option.textContent = text;
    return option;
  }));
  if (!answer.options.length) list.textContent = "No results";
  list.hidden = false;
  field.setAttribute("aria-expanded", "true");
}

function pick(option) {
  const control = option.closest(".control");
  const field = control.querySelector("input");
  field.value = option.textContent;
  field.dataset.value = option.dataset.pick;
  control.querySelector("[role=listbox]").hidden = true;
  field.setAttribute("aria-expanded", "false");
  field.focus();
  changed(control);
}

function changed(control) {
  const input = control.closest("[data-input]");
  if (input && input.dataset.dispatch === undefined) return;
  if (/_input$/.test(control.dataset.kind)) return;
  act(control, valueOf(control));
}

function placeMenu(details) {
  const menu = details.querySelector(":scope > .menu");
  if (!details.open || !menu) return;
  menu.classList.remove("up", "leftward");
  const box = menu.getBoundingClientRect();
  const frame = (details.closest("dialog .body, .talk") || document.documentElement).getBoundingClientRect();
  if (box.bottom > Math.min(innerHeight, frame.bottom) && details.getBoundingClientRect().top - frame.top > box.height) {
    menu.classList.add("up");
  }
  if (box.right > Math.min(innerWidth, frame.right)) menu.classList.add("leftward");
}

document.addEventListener("toggle", (event) => {
  if (event.target.matches?.("details.drop")) placeMenu(event.target);
}, true);

/** A link to a message of this workspace opens here, and as whoever reads, as in Slack; not in a tab of its own. */
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link || link.origin !== location.origin || !link.pathname.startsWith("/archives/")) return;
  event.preventDefault();
  location.assign(`/as/${page.user}${link.pathname}`);
});
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.drop[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
  const option = event.target.closest("[data-pick]");
  if (option) return pick(option);
  const close = event.target.closest("[data-close]");
  if (close) return void closeModal(close.closest("dialog"), close.dataset.close === "all");
  if (event.target.closest("dialog.confirm")) return;
  const control = event.target.closest(".control");
  const item = event.target.closest(".is-overflow [role=menuitem]");
  if (item) {
    item.closest("details").open = false;
    if (item.dataset.url) window.open(item.dataset.url, "_blank", "noopener");
    act(control, item.dataset.value);
  } else if (control?.dataset.kind === "button" && event.target.closest(".button")) {
    act(control, null);
  }
});

document.addEventListener("change", (event) => {
  const control = event.target.closest(".control");
  if (!control || control.dataset.kind === "external_select") return;
  const several = event.target.closest(".several");
  if (several) countChosen(several);
  else changed(control);
});

document.addEventListener("focusout", (event) => {
  const several = event.target.closest?.(".several");
  if (several && !several.contains(event.relatedTarget) && several.dataset.was !== undefined) {
    const now = JSON.stringify(valueOf(several.closest(".control")));
    if (now !== several.dataset.was) changed(several.closest(".control"));
    delete several.dataset.was;
  }
});

document.addEventListener("focusin", (event) => {
  const several = event.target.closest?.(".several");
  if (several) several.dataset.was ??= JSON.stringify(valueOf(several.closest(".control")));
});

document.addEventListener("input", (event) => {
  const control = event.target.closest(".control");
  if (control?.dataset.kind === "external_select") {
    event.target.dataset.value = "";
    suggest(control, event.target).catch(() => {});
  } else if (/on_character_entered/.test(event.target.dataset.on || "")) {
    clearTimeout(control.waiting);
    control.waiting = setTimeout(() => act(control, event.target.value), 400);
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const open = event.target.closest?.("details.drop[open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
      event.preventDefault();
    }
  }
  const control = event.target.closest?.(".control");
  const dispatches = control?.closest("[data-dispatch]");
  if (event.key === "Enter" && dispatches && event.target.matches("input") && /_input$/.test(control.dataset.kind)) {
    event.preventDefault();
    act(control, event.target.value);
  }
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form.blocks")) return;
  event.preventDefault();
  const modal = event.target.closest("dialog.modal");
  if (modal) submitModal(modal);
});

document.addEventListener("cancel", (event) => {
  if (!event.target.matches("dialog.modal")) return;
  event.preventDefault();
  const modal = event.target;
  if (!modal.dataset.typed || window.confirm("Throw away what you typed?")) closeModal(modal, false);
}, true);

document.addEventListener("input", (event) => {
  const modal = event.target.closest("dialog.modal");
  if (modal) modal.dataset.typed = "yes";
}, true);
