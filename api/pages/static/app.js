// What plain HTML cannot: questions before a dangerous step, files dropped onto a slot, upload progress,
// and telling a screen reader what a swapped page says. Every page works without this file.
(() => {
  "use strict";
  const content = () => document.getElementById("content");

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
    if (question && !window.confirm(question)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    if (form.dataset.sending === "yes") {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    if (form.method === "post") {
      form.dataset.sending = "yes";
      form.querySelectorAll("button").forEach((button) => button.setAttribute("aria-disabled", "true"));
    }
    if (form.dataset.upload !== undefined && hasFile(form)) {
      event.preventDefault();
      send(form, event.submitter);
    }
  }, true);

  // The page may come back from the browser's memory after "back": its forms can be sent again.
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sending]").forEach(release));

  function release(form) {
    delete form.dataset.sending;
    form.querySelectorAll("button").forEach((button) => button.removeAttribute("aria-disabled"));
  }

  function hasFile(form) {
    return [...form.querySelectorAll("input[type=file]")].some((input) => input.files.length > 0);
  }

  function send(form, submitter) {
    const bar = form.querySelector("progress");
    const request = new XMLHttpRequest();
    const body = new FormData(form, submitter);
    if (bar) {
      bar.hidden = false;
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) bar.value = event.loaded / event.total;
      });
    }
    request.addEventListener("load", () => {
      const type = request.getResponseHeader("Content-Type") ?? "";
      // An answer that led to another page is shown at its own address, so that it can be reloaded.
      const led = new URL(request.responseURL).pathname;
      const elsewhere = led !== new URL(form.action).pathname && led !== window.location.pathname;
      if (!type.startsWith("text/html") || elsewhere) {
        window.location.assign(request.responseURL);
        return;
      }
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      const fresh = page.getElementById("content");
      if (!fresh) {
        window.location.reload();
        return;
      }
      content().replaceChildren(...fresh.childNodes);
      window.htmx?.process(content());
      arrived();
    });
    request.addEventListener("error", () => {
      release(form);
      if (bar) bar.hidden = true;
      say(document.body.dataset.offline);
    });
    request.open("POST", form.action);
    request.send(body);
  }

  function say(text) {
    const announcer = document.getElementById("announcer");
    announcer.textContent = "";
    window.setTimeout(() => { announcer.textContent = text; }, 50);
  }

  function arrived() {
    point();
    const message = content().querySelector("[data-announce]");
    if (!message) return;
    say(message.textContent.trim().replace(/\s+/g, " "));
    message.tabIndex = -1;
    message.focus();
    message.scrollIntoView({ block: "center" });
  }
  document.addEventListener("htmx:after:swap", arrived);

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }

  // A tall diagram opens where the case is now.
  function point() {
    for (const drawing of document.querySelectorAll(".drawing")) {
      const here = drawing.querySelector(".current");
      if (!here) continue;
      const gap = here.getBoundingClientRect().top - drawing.getBoundingClientRect().top;
      drawing.scrollTop += gap - drawing.clientHeight / 2;
      const side = here.getBoundingClientRect().left - drawing.getBoundingClientRect().left;
      drawing.scrollLeft += side - drawing.clientWidth / 3;
    }
  }
  point();

  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const slot = event.target.closest?.("[data-drop]");
      if (!slot) return;
      event.preventDefault();
      slot.classList.toggle("over", kind === "dragenter" || kind === "dragover");
      if (kind === "drop" && event.dataTransfer.files.length > 0) {
        const input = slot.querySelector("input[type=file]");
        input.files = event.dataTransfer.files;
        input.dispatchEvent(new Event("change", { bubbles: true }));
      }
    });
  }
})();
