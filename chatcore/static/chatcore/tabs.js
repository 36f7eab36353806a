/** Tells the other tabs of a user what has changed; each then looks for itself. */

export class Tabs {
  /**
   * @param {string} user
   * @param {(thread: string) => void} onChange A thread got a turn, a name, or is gone.
   */
  constructor(user, onChange) {
    this.channel = new BroadcastChannel(`chatcore:${user}`);
    this.channel.onmessage = ({ data }) => onChange(data.thread);
  }

  /** @param {string} thread */
  tell(thread) {
    this.channel.postMessage({ thread });
  }
}
