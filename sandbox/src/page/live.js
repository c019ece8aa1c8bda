// Keeps the parts marked as live fresh while the page is open; without it the page is merely as old as its loading.
setInterval(async () => {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href);
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const next = fresh.getElementById(part.id);
      // What somebody is typing into, or has unfolded, is left alone.
      const busy = part.contains(document.activeElement) || part.querySelector("details[open]");
      if (next && !busy && !part.isEqualNode(next)) part.replaceWith(next);
    }
  } catch { /* the stand-in is gone; the page stays as it is */ }
}, 1000);
