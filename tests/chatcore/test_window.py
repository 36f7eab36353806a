"""A socket's window: what the client has not taken in is bounded."""

import uuid

from chatcore.replies.flow_control import LIMIT, Window

TURN = uuid.uuid4()


class TestAWindow:
    def test_closes_when_too_much_is_unacknowledged(self):
        window = Window()
        window.sent(TURN, 1, LIMIT)
        assert window.is_open

        window.sent(TURN, 2, 1)

        assert not window.is_open

    def test_opens_again_with_an_ack(self):
        window = Window()
        window.sent(TURN, 1, LIMIT)
        window.sent(TURN, 2, LIMIT)

        window.acknowledge(TURN, 1)
        assert window.is_open
        assert window.changed.is_set()

    def test_takes_an_ack_of_another_turn_for_nothing(self):
        window = Window()
        window.sent(TURN, 1, LIMIT + 1)

        window.acknowledge(uuid.uuid4(), 99)

        assert not window.is_open

    def test_may_be_overdrawn_once_until_the_client_catches_up(self):
        window = Window()
        window.sent(TURN, 1, LIMIT + 1)

        assert [window.overdraw(), window.overdraw()] == [True, False]
        window.acknowledge(TURN, 1)
        assert window.overdraw()
