/**
 * Scrolls along while the end of the conversation is in view. It stops when the user scrolls up,
 * and shows a button that leads back.
 */

const NEAR_PX = 72;

export class Follow {
  #following = true;
  #lastTop = 0;

  /**
   * @param {HTMLElement} scroller
   * @param {HTMLElement} content
   * @param {HTMLElement} button
   */
  constructor(scroller, content, button) {
    this.scroller = scroller;
    this.button = button;
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    button.addEventListener("click", () => this.toEnd());
    const observer = new ResizeObserver(() => this.#keepUp());
    observer.observe(content);
    observer.observe(scroller);
  }

  /** To the end, and stays there. */
  toEnd() {
    this.#following = true;
    this.#keepUp();
  }

  #scrolled() {
    const { scrollTop } = this.scroller;
    if (this.#distance() <= NEAR_PX) this.#following = true;
    else if (scrollTop < this.#lastTop) this.#following = false;
    this.#lastTop = scrollTop;
    this.#showButton();
  }

  #keepUp() {
    if (this.#following) this.scroller.scrollTop = this.scroller.scrollHeight;
    this.#lastTop = this.scroller.scrollTop;
    this.#showButton();
  }

  #distance() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight;
  }

  #showButton() {
    this.button.hidden = this.#following || this.#distance() <= NEAR_PX;
  }
}
