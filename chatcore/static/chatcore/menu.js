/** A button that opens a short list to choose from. */

import { el, icon } from "./dom.js";

/**
 * @param {string} label
 * @param {() => Promise<{ label: string, choose: () => void }[]>} load Asked at each opening.
 * @param {string} none What to say when there is nothing to choose.
 * @returns {HTMLElement}
 */
export function menuButton(label, load, none) {
  const list = el("div", { class: "menu", role: "menu", "aria-label": label, hidden: true });
  const button = el(
    "button",
    { type: "button", class: "tool", "aria-haspopup": "menu", "aria-expanded": "false" },
    label,
    icon("chevron"),
  );
  const root = el("div", { class: "menu-root" }, button, list);

  const close = () => {
    list.hidden = true;
    button.setAttribute("aria-expanded", "false");
  };
  const open = async () => {
    const choices = await load();
    list.replaceChildren(...choices.map((choice) => item(choice, close)));
    if (!choices.length) list.append(el("p", { class: "menu-none" }, none));
    const { top, left } = button.getBoundingClientRect();
    list.classList.toggle("below", top < innerHeight / 2);
    list.classList.toggle("leftward", left > innerWidth / 2);
    list.hidden = false;
    button.setAttribute("aria-expanded", "true");
    list.querySelector("button")?.focus();
  };

  button.addEventListener("click", () => (list.hidden ? open() : close()));
  root.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
      button.focus();
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") step(list, event);
  });
  root.addEventListener("focusout", ({ relatedTarget }) => {
    if (!(relatedTarget instanceof Node) || !root.contains(relatedTarget)) close();
  });
  return root;
}

/**
 * @param {{ label: string, choose: () => void }} choice
 * @param {() => void} close
 */
function item({ label, choose }, close) {
  const onclick = () => {
    close();
    choose();
  };
  return el("button", { type: "button", role: "menuitem", class: "menu-item", onclick }, label);
}

/**
 * @param {HTMLElement} list
 * @param {KeyboardEvent} event
 */
function step(list, event) {
  event.preventDefault();
  const items = [...list.querySelectorAll("button")];
  const at = items.findIndex((one) => one === document.activeElement);
  const next = at + (event.key === "ArrowDown" ? 1 : -1);
  items[(next + items.length) % items.length]?.focus();
}
