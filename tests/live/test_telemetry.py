"""What a collector receives of a turn, a request and a job."""

from tests.live.told import STRANGERS_TRACE, Told
from tests.services.otlp import plain

SERVER, CLIENT = 2, 3
ERROR = 2


def turn_span(told: Told, case: str):
    (span,) = [
        span
        for span in told.collector.named("turn")
        if plain(span.attributes)["chatcore.turn.id"] == told.turns[case]
    ]
    return span


def below(told: Told, span):
    """Its children without the database's and the cache's own."""
    return [
        child
        for child in told.collector.children(span)
        if not {"db.system", "db.system.name"} & set(plain(child.attributes))
    ]


class TestTheTraceOfATurnThatFellBack:
    def test_has_these_spans(self, told):
        children = below(told, turn_span(told, "busy"))

        assert [child.name for child in children] == [
            "decide",
            "attempt",
            "attempt",
            "attempt",
            "persist",
        ]
        calls = [[call.name for call in told.collector.children(child)] for child in children]
        assert calls == [
            [],
            ["chat sim-503"],
            ["chat sim-503"],
            ["chat sim-ok-tokens40-pace2"],
            [],
        ]

    def test_is_one_trace_whose_times_are_nested(self, told):
        root = turn_span(told, "busy")
        spans = [span for span in told.collector.spans if span.trace_id == root.trace_id]
        by_id = {span.span_id: span for span in spans}

        assert [span.name for span in spans if not span.parent_span_id] == ["turn"]
        for span in spans:
            assert span.start_time_unix_nano <= span.end_time_unix_nano, span.name
            if span.parent_span_id:
                parent = by_id[span.parent_span_id]
                assert parent.start_time_unix_nano <= span.start_time_unix_nano, span.name
                assert span.end_time_unix_nano <= parent.end_time_unix_nano, span.name

    def test_is_linked_to_its_socket_and_no_child_of_it(self, told):
        root = turn_span(told, "busy")
        (link,) = root.links

        (socket,) = [span for span in told.collector.spans if span.span_id == link.span_id]
        assert socket.name == "websocket /ws/threads/{id}/"
        assert socket.kind == SERVER
        assert socket.trace_id == link.trace_id != root.trace_id

    def test_says_what_was_decided_and_what_came_of_it(self, told):
        said = plain(turn_span(told, "busy").attributes)

        assert said["chatcore.intent"] == said["chatcore.ladder"] == "case_busy"
        assert said["chatcore.turn.status"] == "complete"
        assert said["chatcore.turn.source"] == "chat"
        assert said["chatcore.thread.id"] == told.thread
        assert said["chatcore.fallback_used"] is True
        decide = plain(below(told, turn_span(told, "busy"))[0].attributes)
        assert decide["chatcore.rungs"] == ["openai/sim-503", "kimi/sim-ok-tokens40-pace2"]

    def test_says_of_each_attempt_which_rung_and_why_it_failed(self, told):
        _, first, again, last, _ = below(told, turn_span(told, "busy"))

        rungs = [plain(one.attributes)["chatcore.attempt.rung"] for one in (first, again, last)]
        assert rungs == [0, 0, 1]
        assert plain(first.attributes)["error.type"] == "overloaded"
        assert [one.status.code for one in (first, again, last)] == [ERROR, ERROR, 0]
        assert plain(last.attributes)["chatcore.attempt.status"] == "ok"

    def test_tells_the_calls_by_the_genai_conventions(self, told):
        _, first, _, last, _ = below(told, turn_span(told, "busy"))
        (failed,) = told.collector.children(first)
        (answered,) = told.collector.children(last)
        said = plain(answered.attributes)

        assert failed.kind == answered.kind == CLIENT
        assert plain(failed.attributes)["gen_ai.provider.name"] == "openai"
        assert plain(failed.attributes)["http.response.status_code"] == 503
        assert plain(failed.attributes)["error.type"] == "overloaded"
        assert said["gen_ai.operation.name"] == "chat"
        assert said["gen_ai.provider.name"] == "moonshot_ai"
        assert said["gen_ai.request.model"] == said["gen_ai.response.model"]
        assert said["gen_ai.request.stream"] is True
        assert said["gen_ai.conversation.id"] == told.thread
        assert said["gen_ai.response.finish_reasons"] == ["stop"]
        assert said["gen_ai.usage.output_tokens"] == 40
        assert said["gen_ai.usage.input_tokens"] > 0
        assert 0 <= said["gen_ai.response.time_to_first_chunk"] < 10

    def test_holds_its_queries(self, told):
        root = turn_span(told, "busy")
        queries = [
            plain(span.attributes)["db.query.text"]
            for span in told.collector.children(root)
            if plain(span.attributes).get("db.system.name") == "postgresql"
        ]

        assert any(query.startswith("INSERT INTO") for query in queries)
        assert any("%s" in query for query in queries)


class TestOtherTraces:
    def test_a_reply_from_the_cache_has_a_lookup_that_hit_and_no_attempt(self, told):
        first, again = turn_span(told, "kept"), turn_span(told, "kept again")

        assert [child.name for child in below(told, again)] == ["decide", "cache", "persist"]
        results = [
            plain(child.attributes)["chatcore.cache.result"]
            for root in (first, again)
            for child in below(told, root)
            if child.name == "cache"
        ]
        assert results == ["miss", "hit"]

    def test_the_cache_s_own_commands_stand_in_the_turn_without_their_values(self, told):
        commands = [
            plain(span.attributes)["db.query.text"]
            for span in told.collector.children(turn_span(told, "kept"))
            if plain(span.attributes).get("db.system.name") == "redis"
        ]

        assert any(command.startswith("GET ?") for command in commands)
        assert any(command.startswith("SET ?") for command in commands)

    def test_a_turn_that_failed_is_an_error(self, told):
        root = turn_span(told, "dead")

        assert root.status.code == ERROR
        assert plain(root.attributes)["error.type"] == "providers_unavailable"

    def test_a_program_s_turn_is_linked_to_its_request(self, told):
        (link,) = turn_span(told, "plain").links

        (request,) = [span for span in told.collector.spans if span.span_id == link.span_id]
        assert request.name == "POST /api/threads/{id}/turns/"
        assert plain(request.attributes)["http.response.status_code"] == 200

    def test_a_job_has_one_with_its_queries_below(self, told):
        (run,) = told.collector.named("run/chatcore.purge")

        assert told.collector.services[run.span_id] == "chatcore-worker"
        names = {
            plain(span.attributes).get("db.system.name") for span in told.collector.children(run)
        }
        assert "postgresql" in names

    def test_a_stranger_s_request_or_socket_has_one_of_its_own_with_none_of_its_words(self, told):
        told_of = [span for span in told.collector.spans if span.trace_id.hex() == STRANGERS_TRACE]
        sockets = [span for span in told.collector.spans if span.name.startswith("websocket ")]

        assert told_of == []
        assert len(sockets) == 3
        assert not any(span.trace_state for span in told.collector.spans)
        assert not any(b"stranger" in body for body in told.collector.bodies)

    def test_health_checks_frames_and_lonely_queries_have_none(self, told):
        roots = {span.name for span in told.collector.spans if not span.parent_span_id}

        assert not [name for name in roots if "health" in name or "ready" in name]
        assert not [
            span for span in told.collector.spans if span.name.endswith((" receive", " send"))
        ]
        assert not [
            span for span in told.collector.spans if not span.parent_span_id and span.kind == CLIENT
        ]


class TestTheMetrics:
    def total(self, told: Told, name: str, **wanted: str) -> float:
        about = {key.replace("__", "."): value for key, value in wanted.items()}
        points = [
            point for said, point in told.collector.points(name) if about.items() <= said.items()
        ]
        return sum(point.as_int if hasattr(point, "as_int") else point.count for point in points)

    def test_count_turns_by_intent_and_outcome(self, told):
        assert self.total(told, "chatcore.turns") == len(told.turns) + 1  # one case was asked twice
        assert (
            self.total(
                told,
                "chatcore.turns",
                chatcore__intent="case_busy",
                chatcore__outcome="complete",
            )
            == 1
        )
        assert self.total(told, "chatcore.turns", chatcore__outcome="content_filter") == 1
        assert self.total(told, "chatcore.turns", chatcore__source="api") == 1

    def test_count_fallbacks_by_cause_and_lookups_by_result(self, told):
        busy = {"chatcore__intent": "case_busy"}
        assert self.total(told, "chatcore.fallbacks", **busy, error__type="overloaded") == 1
        assert self.total(told, "chatcore.retries", **busy, error__type="overloaded") == 1
        assert self.total(told, "chatcore.reply_cache.lookups", chatcore__cache__result="hit") == 1
        assert self.total(told, "chatcore.reply_cache.lookups", chatcore__cache__result="miss") == 1

    def test_measure_calls_by_the_genai_conventions(self, told):
        (duration,) = [
            (said, point)
            for said, point in told.collector.points("gen_ai.client.operation.duration")
            if said["gen_ai.request.model"] == "sim-503"
        ]
        assert duration[0]["error.type"] == "overloaded"
        assert duration[1].count == 2
        tokens = {
            said["gen_ai.token.type"]: point.sum
            for said, point in told.collector.points("gen_ai.client.token.usage")
            if said["gen_ai.request.model"] == "sim-ok-tokens40-pace2"
        }
        assert tokens["output"] == 40
        assert all(
            "gen_ai.response.model" not in said
            for metric in told.collector.metrics
            if metric.name.startswith("gen_ai.")
            for said, _ in told.collector.points(metric.name)
        )
        assert self.total(told, "gen_ai.client.operation.time_to_first_chunk") > 0
        assert self.total(told, "gen_ai.client.operation.time_per_output_chunk") > 0

    def test_show_how_the_process_stands(self, told):
        names = {metric.name for metric in told.collector.metrics}

        now = {"chatcore.open_sockets", "chatcore.running_replies", "chatcore.records.queued"}
        assert now <= names
        breakers = {
            said["chatcore.deployment"]: point.as_double or point.as_int
            for said, point in told.collector.points("chatcore.breaker.state")
        }
        assert breakers["kimi/sim-ok-tokens40-pace2"] == 0
        assert self.total(told, "chatcore.event_loop.lag") > 0
        assert self.total(told, "chatcore.turn.overhead") > 0

    def test_have_no_attribute_that_a_client_can_choose(self, told):
        keys = {
            key
            for name in ("http.server.request.duration", "http.server.active_requests")
            for said, _ in told.collector.points(name)
            for key in said
        }

        assert keys == {"http.request.method", "http.response.status_code", "http.route"}
