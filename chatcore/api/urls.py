"""The addresses of the API, but for the streams: those are plain ASGI routes (chatcore/asgi.py)."""

from django.urls import path

from chatcore.api import views
from chatcore.api.schema import SchemaView

urlpatterns = [
    path("threads/", views.ThreadListView.as_view()),
    path("threads/<uuid:thread_id>/", views.ThreadView.as_view()),
    path("threads/<uuid:thread_id>/turns/", views.ThreadTurnsView.as_view()),
    path("turns/<uuid:turn_id>/", views.TurnView.as_view()),
    path("turns/<uuid:turn_id>/feedback/", views.FeedbackView.as_view()),
    path("models/", views.ModelListView.as_view()),
    path("schema/", SchemaView.as_view()),
]
