// Extras only: every page works without this file.
(() => {
  "use strict";

  // "/" goes to the search, as in other inboxes.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    const field = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.select();
  });

  // Choose all, and how many are chosen.
  const bulk = document.querySelector("form.bulk");
  const button = bulk?.querySelector("[data-count]");
  if (button) {
    const boxes = [...bulk.querySelectorAll("input[name=return_id]")];
    const all = bulk.querySelector("#all");
    const words = button.textContent;
    const count = () => {
      const chosen = boxes.filter((box) => box.checked).length;
      all.checked = chosen === boxes.length;
      all.indeterminate = chosen > 0 && chosen < boxes.length;
      button.textContent = chosen ? `${words} (${chosen})` : words;
    };
    all.hidden = false;
    all.addEventListener("change", () => {
      boxes.forEach((box) => (box.checked = all.checked));
      count();
    });
    boxes.forEach((box) => box.addEventListener("change", count));
    count();
  }

  // What is usually done with a unit of this grade is proposed; what was chosen by hand stays.
  for (const form of document.querySelectorAll("form[data-usual]")) {
    const usual = JSON.parse(form.dataset.usual);
    for (const grade of form.querySelectorAll("select[name^=grade-]")) {
      const disposition = form.elements[grade.name.replace("grade-", "disposition-")];
      disposition.addEventListener("change", () => (disposition.dataset.chosen = "1"));
      grade.addEventListener("change", () => {
        if (!disposition.dataset.chosen) disposition.value = usual[grade.value] ?? "";
        if (disposition.selectedIndex < 0) disposition.value = "";
        disposition.disabled = grade.value === "missing";
      });
    }
  }

  // A form that is at work says so, and is sent once.
  const busy = [];
  for (const form of document.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) return event.preventDefault();
      form.dataset.sent = "1";
      const pressed = event.submitter;
      if (pressed?.dataset.busy) {
        busy.push([pressed, pressed.textContent]);
        pressed.setAttribute("aria-busy", "true");
        pressed.textContent = pressed.dataset.busy;
      }
    });
  }
  addEventListener("pageshow", () => {
    document.querySelectorAll("form").forEach((form) => delete form.dataset.sent);
    for (const [pressed, words] of busy.splice(0)) {
      pressed.removeAttribute("aria-busy");
      pressed.textContent = words;
    }
  });
})();
