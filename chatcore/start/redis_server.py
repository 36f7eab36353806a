"""Whether Redis answers at the address in REDIS_URL: what it answered is told, never a password."""

import redis

from chatcore.machine.refusal import one_line, stop, without

REDIS_S = 2.0


def refuse_silent(url: str) -> None:
    """Refuse to start where Redis does not answer."""
    limits = {"socket_connect_timeout": REDIS_S, "socket_timeout": REDIS_S}
    try:
        client = redis.Redis.from_url(url, **limits)
    except ValueError as error:
        stop(f"REDIS_URL is not usable: {one_line(error)}")
    try:
        client.ping()
    except (redis.RedisError, OSError) as error:
        answer = without(client.get_connection_kwargs().get("password"), one_line(error))
        stop(f"REDIS_URL: Redis cannot be used ({answer}): mend the address or the server.")
    finally:
        client.close()
