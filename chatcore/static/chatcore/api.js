/** Asks the server for everything but replies. */

/** A request that brought no answer one could use. `status` 0: the server was not reached. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {string} message A sentence to show.
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }

  /** Whether signing in again would help. */
  get signedOut() {
    return this.status === 401 || this.status === 403;
  }
}

const SENTENCES = {
  0: "The server cannot be reached.",
  401: "You are signed out.",
  403: "You are signed out.",
  404: "This is no longer there.",
};

/** The cookie is fresh after a sign-in in another tab; the page's own copy may not be. */
function csrfToken() {
  const cookie = /(?:^|; )(?:__Host-)?csrftoken=([^;]+)/.exec(document.cookie);
  const meta = document.querySelector("meta[name=csrf-token]");
  return cookie?.[1] ?? meta?.getAttribute("content") ?? "";
}

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<any>} null for an answer without a body.
 * @throws {ApiError}
 */
async function call(method, path, body) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  } catch {
    throw new ApiError(0, SENTENCES[0]);
  }
  if (!response.ok) {
    throw new ApiError(response.status, SENTENCES[response.status] ?? "The server could not do it.");
  }
  return response.status === 204 ? null : response.json();
}

/**
 * A page's address as it is here: a proxy may know the server under another name.
 * @param {string | null} url
 */
function onThisHost(url) {
  if (!url) return null;
  const { pathname, search } = new URL(url, location.href);
  return pathname + search;
}

/** @param {string} path */
async function page(path) {
  const { results, next } = await call("GET", path);
  return { results, next: onThisHost(next) };
}

export const api = {
  /** @param {string} search */
  threads: (search) => page(`/api/threads/?${new URLSearchParams(search ? { search } : {})}`),
  page,
  createThread: () => call("POST", "/api/threads/", {}),
  /** @param {string} id */
  thread: (id) => call("GET", `/api/threads/${id}/`),
  /** @param {string} id @param {string} title */
  renameThread: (id, title) => call("PATCH", `/api/threads/${id}/`, { title }),
  /** @param {string} id */
  deleteThread: (id) => call("DELETE", `/api/threads/${id}/`),

  /** All turns, oldest first. @param {string} id */
  async turns(id) {
    const turns = [];
    for (let next = `/api/threads/${id}/turns/`; next; ) {
      const { results, next: following } = await page(next);
      turns.push(...results);
      next = following;
    }
    return turns;
  },
  /** @param {string} turn */
  stop: (turn) => call("POST", `/api/turns/${turn}/stop/`),
  /** @param {string} turn @param {"up" | "down"} thumb @param {string} note */
  putFeedback: (turn, thumb, note) => call("PUT", `/api/turns/${turn}/feedback/`, { thumb, note }),
  /** @param {string} turn */
  deleteFeedback: (turn) => call("DELETE", `/api/turns/${turn}/feedback/`),

  models: () => call("GET", "/api/models/"),
};
