/** Tells the other tabs of a user what has changed; each then looks for itself. */

export class Tabs {
  /**
   * A tab that shows another person, or another of their organisations, starts anew: what it sent
   * would count for whoever signed in last.
   *
   * @param {string} member
   * @param {(thread: string) => void} onChange A thread got a turn, a name, or is gone.
   */
  constructor(member, onChange) {
    this.channel = new BroadcastChannel(`chatcore:${member}`);
    this.channel.onmessage = ({ data }) => onChange(data.thread);
    this.members = new BroadcastChannel("chatcore");
    this.members.onmessage = ({ data }) => data.member !== member && location.assign("/");
    this.members.postMessage({ member });
  }

  /** @param {string} thread */
  tell(thread) {
    this.channel.postMessage({ thread });
  }
}
