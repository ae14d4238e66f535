// Extras only: every page works without this file.
(() => {
  "use strict";
  const root = document.querySelector(".helloword");
  if (!root) return;

  // Two short lists instead of one long one: first what it is about, then the reason.
  for (const reason of root.querySelectorAll("select.hw-reason")) {
    const groups = [...reason.querySelectorAll("optgroup")];
    const field = reason.closest(".hw-field");
    const first = field.cloneNode(false);
    const label = document.createElement("label");
    const about = document.createElement("select");
    about.id = `${reason.id}-about`;
    label.htmlFor = about.id;
    label.textContent = reason.dataset.group;
    about.add(new Option(reason.dataset.choose, ""));
    groups.forEach((group, index) => about.add(new Option(group.label, index)));
    const show = () => {
      groups.forEach((group, index) => (String(index) === about.value ? reason.append(group) : group.remove()));
      field.hidden = about.value === "" && !reason.hasAttribute("aria-invalid");
    };
    const chosen = groups.findIndex((group) => group.querySelector("option:checked"));
    if (chosen >= 0) about.value = chosen;
    about.addEventListener("change", () => {
      reason.value = "";
      show();
      if (reason.options.length === 2) reason.selectedIndex = 1;
    });
    first.append(label, about);
    field.before(first);
    show();
  }

  // A second press on a button that is at work does nothing. (The server takes it for one anyway.)
  for (const form of root.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "1";
      setTimeout(() => delete form.dataset.sent, 8000);
    });
  }
  addEventListener("pageshow", () => root.querySelectorAll("form").forEach((form) => delete form.dataset.sent));
})();
