"""What the seals of provider keys promise."""

import base64

import pytest

from routing.models import Provider, ProviderKey
from routing.secrets import DoesNotOpen, Fingerprints, Sealer
from routing.services import credentials

NEW, OLD = "new sealing key of a test, long enough", "old sealing key of a test, long enough"


def sealer(*keys: str, purpose: str = "tests") -> Sealer:
    return Sealer(keys, purpose=purpose)


class TestSealer:
    def test_opens_what_it_sealed_for_the_same_row(self):
        sealed = sealer(NEW).seal("test-key", identity="row 1")

        assert sealer(NEW).open(sealed, identity="row 1") == "test-key"

    def test_seals_the_same_secret_differently_each_time(self):
        assert sealer(NEW).seal("x", identity="1") != sealer(NEW).seal("x", identity="1")

    def test_is_the_only_one_who_can_read_what_it_sealed(self):
        sealed = sealer(NEW).seal("test-key", identity="row 1")

        inside = base64.urlsafe_b64decode(sealed)

        assert b"test-key" not in inside
        assert b"row 1" not in inside
        with pytest.raises(DoesNotOpen):
            sealer(OLD).open(sealed, identity="row 1")

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

    @pytest.mark.parametrize("text", ["", "é", "gAAAAA", "\x00", "😀" * 50])
    def test_opens_nothing_that_is_no_seal(self, text):
        with pytest.raises(DoesNotOpen):
            sealer(NEW).open(text, identity="row 1")

        assert not sealer(NEW).is_current(text)

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


class TestASealedKey:
    def test_that_was_tampered_with_costs_only_itself(self, installation, ana, caplog):
        for slug in ("openai", "kimi"):
            credentials.add_key(
                provider=Provider.objects.get(slug=slug),
                label="first",
                value=f"test-key-of-{slug}",
                enabled=True,
                by=ana,
            )
        ProviderKey.objects.filter(provider__slug="openai").update(sealed="not ascii: é")

        keys = installation.refresh(force=True).keys

        assert {slug: [key.value for key in known] for slug, known in keys.items()} == {
            "kimi": ["test-key-of-kimi"]
        }
        assert "No sealing key opens it" in caplog.text


class TestFingerprints:
    def prints(self, *keys: str) -> Fingerprints:
        return Fingerprints(keys, purpose="tests")

    def test_fit_the_same_secret_only(self):
        kept = self.prints(NEW).of("test-key")

        assert self.prints(NEW).fits(kept, "test-key")
        assert not self.prints(NEW).fits(kept, "test-kez")
        assert not self.prints(NEW).fits("", "test-key")

    def test_fit_under_an_older_sealing_key(self):
        assert self.prints(NEW, OLD).fits(self.prints(OLD).of("test-key"), "test-key")

    def test_cannot_be_made_without_the_sealing_key(self):
        assert self.prints(NEW).of("test-key") != self.prints(OLD).of("test-key")
