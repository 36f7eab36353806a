"""The addresses that Django answers; the chat's streams are plain ASGI routes (chatcore/asgi.py)."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path
from django.views.generic import RedirectView

from chatcore import views
from chatcore.identity.forms import RESET_MAIL, LoginForm

handler400 = "chatcore.views.bad_request"
handler404 = "chatcore.views.page_not_found"
handler500 = "chatcore.views.server_error"

urlpatterns = [
    path("", views.chat, name="chat"),
    path("threads/<uuid:thread_id>/", views.chat, name="thread"),
    path("api/", include("chatcore.api.urls")),
    # One way in: the admin's own form would not count failures.
    path("admin/login/", RedirectView.as_view(pattern_name="login", query_string=True)),
    path("admin/", admin.site.urls),
    path(
        "login/",
        auth.LoginView.as_view(template_name="login.html", authentication_form=LoginForm),
        name="login",
    ),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("organisation/", views.choose_organisation, name="choose_organisation"),
    path("password/change/", auth.PasswordChangeView.as_view(), name="password_change"),
    path(
        "password/change/done/", auth.PasswordChangeDoneView.as_view(), name="password_change_done"
    ),
    path(
        "password/reset/",
        auth.PasswordResetView.as_view(email_template_name=RESET_MAIL),
        name="password_reset",
    ),
    path("password/reset/done/", auth.PasswordResetDoneView.as_view(), name="password_reset_done"),
    path(
        "password/reset/<uidb64>/<token>/",
        auth.PasswordResetConfirmView.as_view(),
        name="password_reset_confirm",
    ),
    path(
        "password/reset/complete/",
        auth.PasswordResetCompleteView.as_view(),
        name="password_reset_complete",
    ),
]
