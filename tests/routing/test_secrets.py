"""What the seals of provider keys promise."""

import pytest

from routing.secrets import DoesNotOpen, Sealer

NEW, OLD = "new sealing key of a test, long enough", "old sealing key of a test, long enough"


def sealer(*keys: str, purpose: str = "tests") -> Sealer:
    return Sealer(keys, purpose=purpose)


class TestSealer:
    def test_opens_what_it_sealed_for_the_same_row(self):
        sealed = sealer(NEW).seal("test-key", identity="row 1")

        assert sealer(NEW).open(sealed, identity="row 1") == "test-key"

    def test_shows_nothing_of_the_secret(self):
        assert "test-key" not in sealer(NEW).seal("test-key", identity="row 1")

    def test_does_not_open_for_another_row(self):
        sealed = sealer(NEW).seal("test-key", identity="row 1")

        with pytest.raises(DoesNotOpen, match="another row"):
            sealer(NEW).open(sealed, identity="row 2")

    def test_does_not_open_for_another_purpose(self):
        sealed = sealer(NEW, purpose="tokens").seal("test-key", identity="row 1")

        with pytest.raises(DoesNotOpen):
            sealer(NEW).open(sealed, identity="row 1")

    def test_does_not_open_what_was_changed(self):
        sealed = sealer(NEW).seal("test-key", identity="row 1")

        with pytest.raises(DoesNotOpen):
            sealer(NEW).open(sealed[:-6] + "AAAAA=", identity="row 1")

    def test_opens_with_an_older_sealing_key(self):
        sealed = sealer(OLD).seal("test-key", identity="row 1")

        assert sealer(NEW, OLD).open(sealed, identity="row 1") == "test-key"

    def test_knows_whether_the_newest_sealing_key_suffices(self):
        sealed = sealer(OLD).seal("test-key", identity="row 1")

        assert sealer(OLD).is_current(sealed)
        assert not sealer(NEW, OLD).is_current(sealed)

    @pytest.mark.parametrize("identity", ["row 1", "row 2"])
    def test_names_the_secret_in_no_error(self, identity):
        sealed = sealer(OLD).seal("test-key", identity="row 1")

        with pytest.raises(DoesNotOpen) as caught:
            sealer(NEW if identity == "row 1" else OLD).open(sealed, identity=identity)

        assert "test-key" not in repr(caught.value)
        assert caught.value.__cause__ is None

    def test_needs_a_sealing_key(self):
        with pytest.raises(ValueError, match="no sealing key"):
            sealer()
