"""OpenAI's Responses protocol, which Perplexity's Agent API copied."""

from routing.providers.responses.protocol import Responses, is_alive
from routing.providers.vendor import Wire

WIRES = {"responses": Wire("Responses, also called Agent API: Perplexity", Responses, is_alive)}
