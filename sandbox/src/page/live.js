// Keeps the parts marked as live fresh while the page is open; without it the page is merely as old as its loading.
const heading = (fold) => fold.querySelector("summary")?.textContent;

// What somebody has unfolded or folded stays so in what comes in its place; answers what has to be focused there.
const keepFolds = (part, next) => {
  const folds = [...next.querySelectorAll("details")];
  let focused;
  for (const fold of part.querySelectorAll("details")) {
    const place = folds.findIndex((it) => heading(it) === heading(fold));
    if (place < 0) continue;
    const [same] = folds.splice(place, 1);
    same.open = fold.open;
    if (document.activeElement === fold.querySelector("summary")) focused = same.querySelector("summary");
  }
  return focused;
};

const replace = (part, next) => {
  // What somebody fills in is left alone.
  const active = document.activeElement;
  const typing = part.contains(active) && active.matches("input, select, textarea");
  if (typing || part.querySelector("details[open] form")) return;
  const focused = keepFolds(part, next);
  if (part.isEqualNode(next)) return;
  part.replaceWith(next);
  focused?.focus({ preventScroll: true });
};

// Of a list only what is new comes in and what is gone goes; its entries are live by themselves.
const renew = (list, next) => {
  const among = (entries, one) => [...entries.children].find((it) => it.id === one.id);
  for (const entry of [...list.children]) if (!among(next, entry)) entry.remove();
  [...next.children].forEach((entry, place) => {
    if (!among(list, entry)) list.insertBefore(entry.cloneNode(true), list.children[place] ?? null);
  });
};

setInterval(async () => {
  if (document.hidden || !document.querySelector("[data-live]")) return;
  try {
    const answer = await fetch(location.href);
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const next = fresh.getElementById(part.id);
      if (next) (part.dataset.live === "list" ? renew : replace)(part, next);
    }
  } catch { /* the stand-in is gone; the page stays as it is */ }
}, 1000);
