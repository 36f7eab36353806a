"""Which address is answered by what. The chat's own streams are plain ASGI routes: chatcore/asgi.py."""

from django.contrib import admin
from django.urls import path

urlpatterns = [
    path("admin/", admin.site.urls),
]
