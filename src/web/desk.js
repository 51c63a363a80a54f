// The desk works without this. It asks, while a call is being typed in, whether the complaint is here already.
"use strict";

const form = document.querySelector("form[data-similar]");
if (form) {
  const place = document.getElementById("similar");
  let waiting = 0;
  let asked = "";
  const ask = async () => {
    const fields = new URLSearchParams();
    for (const name of ["phone", "email", "name", "product", "text"]) {
      fields.set(name, form.elements[name]?.value ?? "");
    }
    const question = fields.toString();
    if (question === asked) return;
    asked = question;
    try {
      const answer = await fetch(form.dataset.similar, { method: "POST", body: fields, credentials: "same-origin" });
      if (answer.ok && question === asked) place.innerHTML = await answer.text();
    } catch {
      // No warning is better than a call that cannot be registered.
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 600);
  });
}
