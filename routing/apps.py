from django.apps import AppConfig
from django.conf import settings

from routing.providers import http


class RoutingConfig(AppConfig):
    name = "routing"
    verbose_name = "Routing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Configure the connections to vendors from the settings."""
        http.configure(
            http.Network(
                proxy=settings.PROVIDER_PROXY,
                proxy_login=settings.PROVIDER_PROXY_PASS,
                ca_file=settings.PROVIDER_CA_FILE,
            )
        )
