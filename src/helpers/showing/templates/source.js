"use strict";
// Choosing a figure shows each check that it stands in; choosing a finding shows its figures.  All text goes in as text.
(() => {
  const of = (id) => document.getElementById(id);
  let data, checksOf, chosen;

  function node(tag, words, name) {
    const made = document.createElement(tag);
    if (name) made.className = name;
    made.append(...[words ?? ""].flat());
    return made;
  }

  function link(anchor, words) {
    const made = node("a", words);
    made.href = anchor;
    return made;
  }

  const tick = (mark) => {
    const [glyph, words] = data.marks[mark], made = node("b", glyph, mark);
    made.title = words;
    return made;
  };
  const place = ([, , numeral, line, where]) =>
    numeral >= 0 ? link(`#n${numeral}`, where) : line ? link(`#L${line}`, where) : where;

  function operand(fact) {
    const [label, printed] = data.facts[fact];
    return node("li", [node("b", printed), ` ${label} `, place(data.facts[fact])]);
  }

  function check(number) {
    const [rule, mark, equation, reason, facts, finding] = data.checks[number], [id, label] = data.rules[rule];
    const made = node("li", [node("p", [tick(mark), " ", node("code", id), " ", label])]);
    if (equation) made.append(node("p", equation, "equation"));
    if (reason) made.append(node("p", reason, "reason"));
    made.append(node("ul", facts.map(operand)));
    if (finding >= 0) made.append(node("p", [data.words.finding, " ", link(`#f-${data.findings[finding][0]}`, data.findings[finding][1])]));
    return made;
  }

  // The part of the page as published where a figure is printed.
  function cutting([at, left, top, width, height]) {
    const [path, w, h, name] = data.pictures[at], made = node("div", [], "cutting"), sheet = node("div", [], "sheet");
    const image = Object.assign(node("img"), { src: path, width: w, height: h, alt: name });
    const box = node("span", [], "box");
    Object.assign(box.style, { left: `${left}%`, top: `${top}%`, width: `${width}%`, height: `${height}%` });
    sheet.append(image, box);
    made.append(sheet);
    made.tabIndex = 0;
    made.show = () => {
      made.scrollTop = sheet.offsetHeight * (top + height / 2) / 100 - made.clientHeight / 2;
      made.scrollLeft = sheet.offsetWidth * (left + width / 2) / 100 - made.clientWidth / 2;
    };
    return [node("p", link(`#page-${at + 1}`, name)), made];
  }

  function figure(number, element) {
    const [mark, why, facts] = data.figures[number];
    const checks = [...new Set(facts.flatMap((fact) => checksOf[fact] ?? []))];
    const said = [...new Set(facts.map((fact) => data.facts[fact][0]))];
    const parts = [node("p", [tick(mark), " ", data.marks[mark][1]])];
    if (said.length) parts.push(node("p", said.join(data.words.and)));
    if (why) parts.push(node("p", why, "reason"));
    parts.push(...(data.boxes[number] ?? []).flatMap(cutting));
    parts.push(node("ol", checks.map(check), "checks"));
    show([...element.childNodes].filter((one) => one.localName !== "i").map((one) => one.textContent).join(""), parts, [element]);
  }

  function finding(number) {
    const [id, ordinal, severity, heading, message, places] = data.findings[number];
    const parts = [node("p", [node("span", data.words[severity], `badge ${severity}`), " ", heading]), node("p", message)];
    parts.push(node("ul", places.map((place_) => node("li", [node("q", place_[1]), " ", place(place_)]))));
    parts.push(node("p", link(`index.html#${id}`, data.words.whole)));
    show(`${data.words.finding} ${ordinal}`, parts, places.map(([, , numeral, line]) => of(numeral >= 0 ? `n${numeral}` : `L${line}`)));
  }

  function show(heading, parts, elements) {
    const panel = of("panel"), body = of("panel-body");
    of("panel-title").textContent = heading;
    body.replaceChildren(...parts);
    body.scrollTop = 0;
    panel.hidden = false;
    body.querySelectorAll(".cutting").forEach((one) => one.show());
    document.body.classList.add("with-panel");
    document.querySelectorAll(".chosen").forEach((one) => one.classList.remove("chosen"));
    elements.forEach((one) => one?.classList.add("chosen"));
    elements[0]?.scrollIntoView({ block: "nearest" });
    of("panel-title").focus({ preventScroll: true });
  }

  function close() {
    of("panel").hidden = true;
    document.body.classList.remove("with-panel");
    document.querySelectorAll(".chosen").forEach((one) => one.classList.remove("chosen"));
    history.replaceState(null, "", location.pathname + location.search);
    chosen?.focus();
  }

  function go() {
    const id = decodeURIComponent(location.hash.slice(1)), element = of(id);
    if (!element) return;
    chosen = element;
    if (/^n\d+$/.test(id)) figure(Number(id.slice(1)), element);
    else if (id.startsWith("f-")) finding(data.findings.findIndex(([one]) => `f-${one}` === id));
  }

  // Each choice of a mark in the legend goes on to the next figure that carries it.
  function next(event) {
    const all = [...document.querySelectorAll(`.fig.${event.currentTarget.dataset.mark}`)];
    const after = all.find((one) => chosen && chosen.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING);
    event.preventDefault();
    location.hash = (after ?? all[0]).id;
  }

  function wire() {
    of("panel").hidden = true;
    document.body.classList.remove("with-panel");
    data = JSON.parse(of("data").textContent);
    checksOf = data.facts.map(() => []);
    data.checks.forEach(([, , , , facts], number) => facts.forEach((fact) => checksOf[fact].push(number)));
    of("panel-close").addEventListener("click", close);
    document.querySelectorAll("[data-mark]").forEach((one) => one.addEventListener("click", next));
    document.querySelector(".source").addEventListener("click", (event) => {
      const one = event.target.closest("a.fig, a.pill");
      if (one && one.hash === location.hash) go();  // chosen again: no change of the address tells of it
    });
    go();
  }

  document.addEventListener("DOMContentLoaded", wire);
  document.addEventListener("turned", wire);
  addEventListener("hashchange", go);
  addEventListener("keydown", (event) => { if (event.key === "Escape" && !of("panel").hidden) close(); });
})();
