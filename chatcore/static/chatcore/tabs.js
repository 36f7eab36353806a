/** How do two tabs of one user hear of each other? Each looks for itself at what has changed. */

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
