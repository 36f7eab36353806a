"""The reply cache of this process: in Redis where there is one, else in memory."""

from django.conf import settings

from routing.services.response_cache import MemoryCache, RedisCache, ResponseCache

reply_cache: ResponseCache = (
    RedisCache(settings.REDIS_URL, installation=settings.INSTALLATION)
    if settings.REDIS_URL
    else MemoryCache()
)
