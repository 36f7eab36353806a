/** Makes the list of threads a drawer on narrow screens. */

const NARROW = matchMedia("(max-width: 800px)");

export class Drawer {
  /**
   * @param {HTMLElement} panel
   * @param {HTMLElement} button
   * @param {HTMLElement} backdrop
   */
  constructor(panel, button, backdrop) {
    this.panel = panel;
    this.button = button;
    this.backdrop = backdrop;
    button.addEventListener("click", () => this.set(true));
    backdrop.addEventListener("click", () => this.close());
    panel.querySelector(".drawer-close").addEventListener("click", () => this.close());
    panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.isOpen) return;
      event.stopPropagation();
      this.close();
    });
    NARROW.addEventListener("change", () => this.set(false));
    this.set(false);
  }

  get isOpen() {
    return NARROW.matches && this.panel.classList.contains("open");
  }

  close() {
    if (!this.isOpen) return;
    this.set(false);
    this.button.focus();
  }

  /** @param {boolean} open */
  set(open) {
    this.panel.classList.toggle("open", open);
    this.button.setAttribute("aria-expanded", String(open));
    this.backdrop.hidden = !open;
    // Nobody should tab into what cannot be seen.
    this.panel.inert = NARROW.matches && !open;
    if (open) this.panel.querySelector("a")?.focus();
  }
}
