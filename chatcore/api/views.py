"""Threads, turns and models for programs and for the page."""

from typing import Any, cast

from django.db.models import Exists, OuterRef, Q
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, pagination, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chatcore.api.serializers import (
    FeedbackSerializer,
    MadeThreadSerializer,
    ModelSerializer,
    NewThreadSerializer,
    RenameSerializer,
    ThreadSerializer,
    TurnSerializer,
)
from chatcore.identity.members import Member
from chatcore.models import Thread, Turn
from chatcore.models.threads import ThreadQuerySet
from chatcore.models.turns import TurnQuerySet
from chatcore.turns.stop import delete_thread
from routing.services import snapshot

LONGEST_SEARCH = 200


class MemberView(APIView):
    """What all have in common: a member asks, and no cache on the way may keep the answer."""

    @property
    def member(self) -> Member:
        return cast(Member, self.request.auth)

    def threads(self) -> ThreadQuerySet:
        """Those that this member may see."""
        return Thread.objects.visible_to(
            user_id=self.member.user_id, organisation_id=self.member.organisation_id
        )

    def turns(self) -> TurnQuerySet:
        """Those that this member may see."""
        return Turn.objects.visible_to(
            user_id=self.member.user_id, organisation_id=self.member.organisation_id
        ).with_replacement()

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        """Errors pass here too."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response


class ThreadPages(pagination.CursorPagination):
    page_size = 50
    ordering = ("-updated_at", "-id")


class TurnPages(pagination.CursorPagination):
    page_size = 100
    ordering = ("position",)


class ThreadListView(MemberView, generics.ListAPIView[Thread]):
    serializer_class = ThreadSerializer
    pagination_class = ThreadPages

    def get_queryset(self) -> ThreadQuerySet:
        search = self.request.GET.get("search", "").replace("\x00", "").strip()[:LONGEST_SEARCH]
        if not search:
            return self.threads()
        said = Turn.objects.filter(thread=OuterRef("pk"), prompt__icontains=search)
        return self.threads().filter(Q(title__icontains=search) | Q(Exists(said)))

    @extend_schema(
        parameters=[OpenApiParameter("search", str, description="In titles and prompts.")]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One's own conversations, the last spoken in first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(request=NewThreadSerializer, responses={201: MadeThreadSerializer})
    def post(self, request: Request) -> Response:
        """A new conversation; without a title its first prompt will name it."""
        body = NewThreadSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        title = body.validated_data["title"]
        sources = Thread.TitleSource
        thread = Thread.objects.create(
            owner_id=self.member.user_id,
            organisation_id=self.member.organisation_id,
            title=title,
            title_source=sources.OWNER if title else sources.GENERATED,
        )
        return Response(MadeThreadSerializer(thread).data, status=status.HTTP_201_CREATED)


class ThreadView(MemberView):
    @extend_schema(responses=ThreadSerializer)
    def get(self, request: Request, thread_id: str) -> Response:
        """One conversation, without its turns."""
        return Response(ThreadSerializer(self._thread(thread_id)).data)

    @extend_schema(request=RenameSerializer, responses=ThreadSerializer)
    def patch(self, request: Request, thread_id: str) -> Response:
        """Rename it."""
        thread = self._thread(thread_id)
        body = RenameSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        thread.title = body.validated_data["title"]
        thread.title_source = Thread.TitleSource.OWNER
        thread.save(update_fields=["title", "title_source"])
        return Response(ThreadSerializer(thread).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, thread_id: str) -> Response:
        """Hide it at once, stop what is being written in it, and have it purged later."""
        delete_thread(self._thread(thread_id).pk)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _thread(self, thread_id: str) -> Thread:
        return get_object_or_404(self.threads(), pk=thread_id)


class ThreadTurnsView(MemberView, generics.ListAPIView[Turn]):
    """The turns of a conversation with all their versions, oldest first.

    What followed a turn that was edited or retried later is left out.
    """

    serializer_class = TurnSerializer
    pagination_class = TurnPages

    def get_queryset(self) -> TurnQuerySet:
        thread = get_object_or_404(self.threads(), pk=self.kwargs["thread_id"])
        return self.turns().in_conversation(thread)


class TurnView(MemberView):
    @extend_schema(responses=TurnSerializer)
    def get(self, request: Request, turn_id: str) -> Response:
        """One prompt and its reply, as far as it has come."""
        return Response(TurnSerializer(get_object_or_404(self.turns(), pk=turn_id)).data)


class FeedbackView(MemberView):
    @extend_schema(request=FeedbackSerializer, responses=FeedbackSerializer)
    def put(self, request: Request, turn_id: str) -> Response:
        """Say what a reply was worth; the last word counts."""
        turn = get_object_or_404(self.turns(), pk=turn_id)
        body = FeedbackSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        self._keep(turn, **body.validated_data)
        return Response(body.validated_data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, turn_id: str) -> Response:
        """Take it back."""
        self._keep(get_object_or_404(self.turns(), pk=turn_id), thumb="", note="")
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _keep(self, turn: Turn, *, thumb: str, note: str) -> None:
        # Only these columns: the turn may still be running, and its reply is another's to write.
        Turn.objects.filter(pk=turn.pk).update(thumb=thumb, note=note)


class ModelListView(MemberView):
    @extend_schema(responses=ModelSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The models that a prompt may be retried with, as far as they are usable now."""
        deployments = snapshot.refresh().deployments.values()
        return Response(
            [
                {"id": deployment.name, "label": deployment.label}
                for deployment in deployments
                if deployment.offered and not deployment.disabled
            ]
        )
