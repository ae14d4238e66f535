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

  // A phone's photo is several megabytes: made smaller before it is sent, and shown at once. What cannot be read here
  // is sent as it is; the server judges it.
  const LONGEST = 2000;
  const draw = (image, longest) => {
    const scale = Math.min(1, longest / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return canvas;
  };
  const smaller = async (file, shown) => {
    try {
      const image = await createImageBitmap(file);
      const thumb = Object.assign(new Image(88, 88), { alt: file.name, src: draw(image, 264).toDataURL("image/jpeg", 0.8) });
      shown.append(Object.assign(document.createElement("li"), { className: "hw-new" }));
      shown.lastChild.append(thumb);
      if (file.size < 1e6) return file;
      const blob = await new Promise((done) => draw(image, LONGEST).toBlob(done, "image/jpeg", 0.86));
      return blob && blob.size < file.size ? new File([blob], file.name.replace(/\.\w+$/, ".jpg"), { type: blob.type }) : file;
    } catch {
      return file;
    }
  };
  for (const input of root.querySelectorAll("input[type=file]")) {
    let shown = null;
    input.addEventListener("change", async () => {
      shown?.remove();
      shown = Object.assign(document.createElement("ul"), { className: "hw-thumbs" });
      const chosen = [...input.files];
      input.before(shown);
      const ready = new DataTransfer();
      for (const file of chosen) ready.items.add(await smaller(file, shown));
      if (!shown.hasChildNodes()) shown.remove();
      if (ready.files.length === input.files.length) input.files = ready.files;
    });
  }

  // A second press on a button that is at work does nothing. (The server takes it for one anyway.)
  const busy = [];
  for (const form of root.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) return event.preventDefault();
      form.dataset.sent = "1";
      setTimeout(() => delete form.dataset.sent, 8000);
      const button = event.submitter;
      if (button?.dataset.busy) {
        busy.push([button, button.textContent]);
        button.setAttribute("aria-busy", "true");
        button.textContent = button.dataset.busy;
      }
    });
  }
  addEventListener("pageshow", () => {
    root.querySelectorAll("form").forEach((form) => delete form.dataset.sent);
    for (const [button, words] of busy.splice(0)) {
      button.removeAttribute("aria-busy");
      button.textContent = words;
    }
  });

  // A label takes a moment: look again by itself, a few times, and less often each time.
  const again = root.querySelector("a[data-wait]");
  if (again) {
    const key = `hw-wait:${again.pathname}`;
    const tries = Number(sessionStorage.getItem(key) || 0);
    if (tries < 6) {
      setTimeout(() => {
        sessionStorage.setItem(key, tries + 1);
        location.replace(again.href);
      }, 2000 * (tries + 1));
    }
  }
})();
