// Security keys: asks the browser for what a form needs, puts it into the form and sends it.
// A form says with data-key where its challenge comes from. Without one the form is sent as it is,
// and the page that answers says why; what was signed is judged by the house, never here.
(() => {
  "use strict";

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.dataset.key === undefined) return;
    if (form.elements.password?.value && form.elements.assertion) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(form).catch((error) => refuse(form, error));
  }, true);

  async function ask(form) {
    const answer = await fetch(form.dataset.key, { method: "POST", body: new FormData(form), credentials: "same-origin" });
    if (!answer.ok) {
      form.submit();
      return;
    }
    const asked = await answer.json();
    form.elements.signing.value = asked.id;
    form.elements.assertion.value = JSON.stringify(form.dataset.keyNew === undefined ? await get(asked.options) : await create(asked.options));
    form.submit();
  }

  async function get(options) {
    const found = await navigator.credentials.get({ publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      allowCredentials: options.allowCredentials.map(known),
    } });
    const { clientDataJSON, authenticatorData, signature } = found.response;
    return told(found, { clientDataJSON: text(clientDataJSON), authenticatorData: text(authenticatorData), signature: text(signature) });
  }

  async function create(options) {
    const made = await navigator.credentials.create({ publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: (options.excludeCredentials ?? []).map(known),
    } });
    const { clientDataJSON, attestationObject } = made.response;
    return told(made, { clientDataJSON: text(clientDataJSON), attestationObject: text(attestationObject) });
  }

  const known = (credential) => ({ ...credential, id: bytes(credential.id) });
  const told = (credential, response) => ({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });

  function refuse(form) {
    delete form.dataset.sending;
    form.querySelectorAll("button").forEach((button) => button.removeAttribute("aria-disabled"));
    const said = form.querySelector("[data-key-said]");
    said.textContent = document.body.dataset.keyFailed;
    said.hidden = false;
  }

  function bytes(base64url) {
    const plain = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  }

  function text(buffer) {
    const plain = String.fromCharCode(...new Uint8Array(buffer));
    return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  }
})();
