"""No process is left, whatever happens to the one that started it."""

import signal

from tests.installation.programs import Watched, python

# A child, which ignores SIGTERM, says its number and a grandchild's; its owner says when the guard
# has heard of them, and ends the child when told.
OWNER = """
    from pathlib import Path
    from scripts.processes import Child, Guard
    guard = Guard()
    command = ["sh", "-c", "trap '' TERM; sleep 100 & echo $$ $!; wait"]
    child = Child(guard, command, cwd=Path("."))
    print("guarded\\n", end="", flush=True)  # in one write: the child speaks into the same pipe
    input()
    child.end()
    guard.dismiss()
"""

LISTENER = """
    from scripts.processes import Signals, Stopped
    signals = Signals()
    print("listening", flush=True)
    signals.pause(20)
    try:
        signals.obey()
    except Stopped as stopped:
        print(stopped.number)
"""


def family_of(owner):
    """The child and the grandchild that an OWNER has started, once they are guarded."""
    lines = {owner.stdout.readline(), owner.stdout.readline()}
    (numbers,) = lines - {"guarded\n"}
    return [Watched(int(word)) for word in numbers.split()]


class TestGuard:
    def test_ends_children_and_theirs_when_their_owner_is_killed(self):
        with python(OWNER) as owner:
            family = family_of(owner)

            owner.send_signal(signal.SIGKILL)

            assert [member.ends_within(10) for member in family] == [True, True]

    def test_leaves_them_alone_while_their_owner_lives(self):
        with python(OWNER) as owner:
            family = family_of(owner)

            assert [member.ends_within(0.5) for member in family] == [False, False]


class TestChild:
    def test_takes_its_own_children_with_it(self):
        with python(OWNER) as owner:
            family = family_of(owner)

            owner.stdin.write("\n")
            owner.stdin.flush()

            assert [member.ends_within(10) for member in family] == [True, True]

    def test_is_not_reached_by_a_signal_to_the_terminal(self):
        with python("""
            import os
            from pathlib import Path
            from scripts.processes import Child, Guard
            guard = Guard()
            child = Child(guard, ["sleep", "100"], cwd=Path("."))
            print(os.getsid(child.pid) == child.pid != os.getsid(0))
            child.end()
            guard.dismiss()
        """) as owner:
            said, _ = owner.communicate(timeout=20)

        assert said == "True\n"


class TestSignals:
    def test_end_a_pause_and_are_obeyed(self):
        with python(LISTENER) as listener:
            listener.stdout.readline()

            listener.send_signal(signal.SIGTERM)

            assert listener.communicate(timeout=10)[0] == f"{int(signal.SIGTERM)}\n"
