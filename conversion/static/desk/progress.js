// Keeps what a page says of long work up to date. An element with data-progress names an address that answers
// {state, done, total, text, finished}. Inside it: progress, [data-text] (announced), [data-state], [data-count]; each may be
// missing. At the end the page is loaded anew once, so that its results are there, unless data-progress-stay is set.
(() => {
  const EVERY = 2000; // milliseconds
  const LONGEST = 30000; // between two tries while the server does not answer

  const put = (box, name, text) => {
    const place = box.querySelector(`[data-${name}]`);
    if (place && place.textContent !== text) place.textContent = text;
  };

  const show = (box, told) => {
    const bar = box.querySelector("progress");
    if (bar) {
      if (told.total > 0) {
        bar.max = told.total;
        bar.value = Math.min(told.done, told.total);
      } else if (told.finished) {
        bar.max = 1;
        bar.value = 1;
      } else {
        bar.removeAttribute("value");
      }
    }
    put(box, "text", told.text);
    put(box, "state", told.state);
    put(box, "count", told.total > 0
      ? `${told.done.toLocaleString("en")} of ${told.total.toLocaleString("en")}`
      : told.done.toLocaleString("en"));
  };

  const follow = (box) => {
    let wait = EVERY;
    const look = async () => {
      try {
        const answer = await fetch(box.dataset.progress, {
          headers: { Accept: "application/json" },
          credentials: "same-origin",
        });
        if (answer.redirected || answer.status === 403 || answer.status === 404) {
          window.location.reload(); // signed out, or it is not there any more: the page says so
          return;
        }
        if (!answer.ok) throw new Error(String(answer.status));
        const told = await answer.json();
        show(box, told);
        if (told.finished) {
          if (!("progressStay" in box.dataset)) window.location.reload();
          return;
        }
        wait = EVERY;
      } catch {
        wait = Math.min(wait * 2, LONGEST);
        put(box, "text", "The server does not answer; trying again.");
      }
      window.setTimeout(look, wait);
    };
    window.setTimeout(look, EVERY);
  };

  for (const box of document.querySelectorAll("[data-progress]")) {
    const text = box.querySelector("[data-text]");
    if (text && !text.hasAttribute("aria-live")) text.setAttribute("aria-live", "polite");
    follow(box);
  }
})();
