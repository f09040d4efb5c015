#!/usr/bin/env python3
"""Reduces LiteLLM's public price table to what the price book uses.

    scripts/prices.py model_prices_and_context_window.json 2026-11-20 > crates/app/src/pricing/prices.json

The table (https://github.com/BerriAI/litellm, MIT) names prices in dollars per token. Here they are whole
atto-dollars (10^-18 dollars) per token, so that nothing is ever rounded before tokens are multiplied with them.
The second argument says from which day on the prices are known. Update SOURCE.md beside the result as well.
"""

import json
import re
import sys
from decimal import Decimal

ATTO = Decimal(10) ** 18
# Images, sound and video are not priced by token buckets.
MODES = {"chat", "responses", "completion", "embedding", None}
FIELDS = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "output_cost_per_reasoning_token": "reasoning",
    "cache_read_input_token_cost": "cache_read",
    "cache_creation_input_token_cost": "cache_write_5m",
    "cache_creation_input_token_cost_above_1hr": "cache_write_1h",
}
TIERED = re.compile(r"^(.+?)_above_(\d+)k_tokens$")


def atto(dollars):
    return int((dollars * ATTO).to_integral_value())


def prices(entry):
    """The plain prices of an entry, by our names."""
    return {
        name: atto(entry[field])
        for field, name in FIELDS.items()
        if isinstance(entry.get(field), Decimal)
    }


def tiers(entry):
    """The prices of requests with more than so many input tokens, by that number."""
    found = {}
    for field, value in entry.items():
        match = TIERED.match(field)
        if match and match[1] in FIELDS and isinstance(value, Decimal):
            found.setdefault(int(match[2]) * 1000, {})[FIELDS[match[1]]] = atto(value)
    for tier in entry.get("tiered_pricing") or []:
        if tier.get("range"):
            found[int(tier["range"][0])] = prices(tier)
    return found


def reduced(entry):
    """What is kept of an entry; nothing when it has no price per token."""
    above = tiers(entry)
    kept = above.pop(0, {}) | prices(entry)
    if entry.get("mode") == "embedding":
        kept.setdefault("output", 0)
    if "input" not in kept or "output" not in kept:
        return None
    if kept.get("reasoning") == kept["output"]:
        del kept["reasoning"]
    if above:
        kept["above"] = {str(tokens): above[tokens] for tokens in sorted(above)}
    return kept


def main():
    table_path, known_from = sys.argv[1:]
    with open(table_path, encoding="utf-8") as file:
        table = json.load(file, parse_float=Decimal, parse_int=Decimal)
    lines = []
    for name in sorted(table):
        entry = table[name]
        if name == "sample_spec" or entry.get("mode") not in MODES:
            continue
        kept = reduced(entry)
        if kept is not None:
            packed = json.dumps(kept, separators=(",", ":"))
            lines.append(f"{json.dumps(name.lower())}:{packed}")
    print(f'{{"known_from":{json.dumps(known_from)},"models":{{')
    print(",\n".join(sorted(set(lines))))
    print("}}")


main()
