"use strict";
// The page in its other language is packed into the head; the switch puts it in place of this one and remembers.
(() => {
  const root = document.documentElement, KEY = "audit-language", pages = {};
  const button = () => document.getElementById("language");
  const kept = () => { try { return localStorage.getItem(KEY); } catch { return null; } };
  const keep = (lang) => { try { localStorage.setItem(KEY, lang); } catch { /* a browser that keeps nothing */ } };

  async function unpacked() {
    const bytes = Uint8Array.from(atob(document.getElementById("other").textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  }

  async function turn() {
    const there = button().lang;
    pages[root.lang] ??= { title: document.title, body: document.body.innerHTML };
    pages[there] ??= await unpacked();
    const seen = [...document.querySelectorAll("main [id]")].find((one) => one.getBoundingClientRect().top >= 0);
    const top = seen?.getBoundingClientRect().top;
    root.lang = there;
    document.title = pages[there].title;
    document.body.innerHTML = pages[there].body;
    wire();
    document.dispatchEvent(new Event("turned"));
    const same = seen && scrollY > 0 && document.getElementById(seen.id);
    if (same) scrollBy(0, same.getBoundingClientRect().top - top);
  }

  function wire() {
    button().hidden = false;
    button().addEventListener("click", async () => {
      keep(button().lang);
      await turn();
      button().focus({ preventScroll: true });
    });
  }

  document.addEventListener("DOMContentLoaded", async () => {
    if (kept() === button().lang) {
      await turn();
      if (location.hash) location.replace(location.hash);
    } else {
      wire();
    }
  });
})();
