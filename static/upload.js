/* Uploading with progress: the file goes as the raw body of one request to the upload address.
   Without this script the form posts it as a plain form. */
"use strict";

(() => {
  const form = document.getElementById("upload");
  const field = document.getElementById("file");
  const sending = document.getElementById("sending");
  const bar = document.getElementById("sending-bar");
  const text = document.getElementById("sending-text");
  const trouble = document.getElementById("trouble");
  const twin = document.getElementById("twin");
  const twinText = document.getElementById("twin-text");
  const twinAgain = document.getElementById("twin-again");
  const language = document.documentElement.lang;
  const outcomes = document.getElementById("outcomes");
  let request = null;
  let sent = null;
  let waiting = [];
  let total = 0;

  const size = (bytes) => {
    const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
    const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
    return new Intl.NumberFormat(language, {
      style: "unit", unit: units[step], unitDisplay: "short", maximumFractionDigits: step ? 1 : 0,
    }).format(bytes / 1000 ** step);
  };

  const duration = (seconds) =>
    seconds < 90
      ? new Intl.NumberFormat(language, { style: "unit", unit: "second" }).format(Math.ceil(seconds))
      : new Intl.NumberFormat(language, { style: "unit", unit: "minute" }).format(
          Math.ceil(seconds / 60));

  // As the server shows names: what would turn a line around, or is not seen, leaves a sign.
  const misleading = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
  const plain = (name) => name.replace(misleading, "\ufffd");

  // With several files each gets a line of its own, and the next one begins.
  const tell = (outcome, sentence, jobId) => {
    const line = document.createElement("li");
    const name = document.createElement(jobId ? "a" : "b");
    if (jobId) name.href = `/jobs/${jobId}`;
    name.textContent = `\u2068${plain(sent.name)}\u2069`;
    const told = document.createElement("span");
    const reason = document.createElement("span");
    reason.className = "soft";
    reason.textContent = sentence;
    told.append(name, " ", reason);
    line.append(document.getElementById(`outcome-${outcome}`).content.cloneNode(true), told);
    outcomes.append(line);
    outcomes.hidden = false;
    next();
  };

  const next = () => {
    const file = waiting.shift();
    if (file) return send(file, { again: false });
    sending.hidden = true;
    form.hidden = false;
  };

  const begin = (files, { again }) => {
    outcomes.replaceChildren();
    outcomes.hidden = true;
    total = files.length;
    waiting = [...files];
    send(waiting.shift(), { again });
  };

  const complain = (sentence) => {
    if (total > 1) return tell("refused", sentence, null);
    sending.hidden = true;
    form.hidden = false;
    trouble.textContent = sentence;
    trouble.hidden = false;
  };

  // Day first and with its zone, as the server writes times.
  const moment = (text) =>
    new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
      day: "numeric", month: language === "en" ? "short" : "numeric", year: "numeric", hour: "2-digit", minute: "2-digit",
      hourCycle: "h23", timeZoneName: "short",
    }).format(new Date(text));

  const showTwin = (answer) => {
    const sentence = twinText.dataset.text
      .replace("{time}", () => moment(answer.duplicate_uploaded_at))
      .replace("{name}", () => `\u2068${plain(answer.duplicate_filename)}\u2069`);
    if (total > 1) return tell("here_already", sentence, answer.duplicate_of);
    sending.hidden = true;
    form.hidden = false;
    twinText.textContent = sentence;
    document.getElementById("twin-open").href = `/jobs/${answer.duplicate_of}`;
    twinAgain.hidden = false;
    twin.hidden = false;
    twin.focus();
  };

  const finish = () => {
    let answer = {};
    try {
      answer = JSON.parse(request.responseText);
    } catch {
      return complain(form.dataset.broken);
    }
    if (request.status === 202 && answer.duplicate_of) {
      showTwin(answer);
    } else if (request.status === 202 && total > 1) {
      tell("taken", "", answer.job_id);
    } else if (request.status === 202) {
      window.location.assign(`/jobs/${answer.job_id}`);
    } else {
      complain(answer.detail ?? form.dataset.broken);
    }
  };

  const send = (file, { again }) => {
    sent = file;
    trouble.hidden = true;
    twin.hidden = true;
    if (file.size > Number(form.dataset.max)) return complain(form.dataset.tooLarge);
    form.hidden = true;
    sending.hidden = false;
    const place = total > 1 ? ` (${total - waiting.length} / ${total})` : "";
    document.getElementById("sending-name").textContent = `\u2068${plain(file.name)}\u2069${place}`;
    const began = performance.now();
    request = new XMLHttpRequest();
    const name = encodeURIComponent(file.name);
    request.open("POST", `/api/upload/stream?filename=${name}${again ? "&again=1" : ""}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", (event) => {
      bar.max = event.total || 1;
      bar.value = event.loaded;
      const rate = event.loaded / Math.max((performance.now() - began) / 1000, 0.1);
      const left = duration((event.total - event.loaded) / Math.max(rate, 1));
      text.textContent = event.loaded >= event.total
        ? form.dataset.sent
        : `${size(event.loaded)} / ${size(event.total)} · ${size(rate)}/s · ${left} ${form.dataset.left}`;
    });
    request.addEventListener("load", finish);
    request.addEventListener("error", () => complain(form.dataset.broken));
    request.addEventListener("abort", () => {
      waiting = [];
      sending.hidden = true;
      form.hidden = false;
    });
    request.send(file);
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (field.files.length) begin(field.files, { again: form.action.endsWith("?again=1") });
  });
  // Without this script a form takes one file.
  field.multiple = true;
  if (!form.action.endsWith("?again=1")) {
    document.getElementById("file-label").textContent = form.dataset.many;
  }
  // The browser draws the name of a chosen file as it is: one that would read otherwise is told here.
  const chosen = document.getElementById("chosen");
  field.addEventListener("change", () => {
    const names = [...field.files].map((file) => file.name);
    const isOdd = names.some((name) => plain(name) !== name);
    const told = names.slice(0, 20).map((name) => `\u2068${plain(name)}\u2069`).join(", ");
    chosen.textContent = names.length > 20 ? `${told}, …` : told;
    chosen.hidden = !isOdd;
    field.classList.toggle("told-below", isOdd && names.length === 1);  // of several it shows the number
  });
  twinAgain.addEventListener("click", () => begin([sent], { again: true }));
  document.getElementById("stop").addEventListener("click", () => request?.abort());
  for (const name of ["dragenter", "dragover"]) {
    form.addEventListener(name, (event) => {
      event.preventDefault();
      form.classList.add("over");
    });
  }
  for (const name of ["dragleave", "drop"]) {
    form.addEventListener(name, () => form.classList.remove("over"));
  }
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) begin(event.dataTransfer.files, { again: false });
  });
  window.addEventListener("beforeunload", (event) => {
    if (request && request.readyState > 0 && request.readyState < 4) event.preventDefault();
  });
})();
