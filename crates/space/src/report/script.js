"use strict";
(() => {
  const space = document.getElementById("space");
  const data = document.getElementById("samples");
  const tip = document.getElementById("tip");
  if (!space || !data) return;
  const samples = JSON.parse(data.textContent);
  const circles = [...space.querySelectorAll("circle")];

  const show = (circle) => {
    const [id, label, image] = samples[Number(circle.dataset.at)];
    tip.replaceChildren();
    if (image) tip.append(Object.assign(new Image(), { src: image, alt: "" }));
    tip.append(Object.assign(document.createElement("b"), { textContent: label }));
    tip.append(Object.assign(document.createElement("span"), { textContent: id }));
    tip.hidden = false;
    const at = circle.getBoundingClientRect();
    const left = Math.min(at.right + 10, document.documentElement.clientWidth - tip.offsetWidth - 10);
    tip.style.left = `${Math.max(10, left) + scrollX}px`;
    tip.style.top = `${at.top + scrollY - tip.offsetHeight - 8}px`;
  };
  const dim = (name) => {
    for (const circle of circles) {
      circle.classList.toggle("faded", name !== null && circle.dataset.class !== name);
    }
  };

  // The nearest point within reach, so that a small dot need not be hit exactly.
  space.addEventListener("pointermove", (event) => {
    const frame = space.getBoundingClientRect();
    const scale = space.viewBox.baseVal.width / frame.width;
    const x = (event.clientX - frame.left) * scale;
    const y = (event.clientY - frame.top) * scale;
    let best = null;
    let reach = 14 * 14;
    for (const circle of circles) {
      const distance = (circle.cx.baseVal.value - x) ** 2 + (circle.cy.baseVal.value - y) ** 2;
      if (distance < reach) [best, reach] = [circle, distance];
    }
    space.querySelector(".at")?.classList.remove("at");
    if (best) {
      best.classList.add("at");
      show(best);
    } else {
      tip.hidden = true;
    }
  });
  space.addEventListener("pointerleave", () => {
    tip.hidden = true;
    space.querySelector(".at")?.classList.remove("at");
  });
  for (const item of document.querySelectorAll(".classes li")) {
    for (const on of ["pointerenter", "focus"]) item.addEventListener(on, () => dim(item.dataset.class));
    for (const off of ["pointerleave", "blur"]) item.addEventListener(off, () => dim(null));
  }
})();
