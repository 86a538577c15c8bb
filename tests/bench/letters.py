"""How many letters a CPU second prints: `python -m tests.bench.letters [count]`. Each letter differs, so that no cache helps."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace

from processes import letters
from tests.processes import letter_samples

BAR = 40


def measure(count: int) -> dict[str, object]:
    """Print `count` dunning letters with their own GiroCodes and return the figures."""
    letters.render(letter_samples.sheet("mahnung"))  # fonts and layout are read once per process
    begun = time.process_time()
    size = 0
    for number in range(count):
        payload = letters.girocode(
            holder="Stadt Detmold", iban="DE89370400440532013000", amount_cent=25737 + number, reference=f"DE{number:09d}"
        )
        sheet = letter_samples.sheet("mahnung", zeichen=f"DE{number:09d}", girocode=payload)
        size += len(letters.render(replace(sheet, sandbox=False)))
    seconds = time.process_time() - begun
    return {
        "letters": count,
        "cpu_seconds": round(seconds, 2),
        "per_cpu_second": round(count / seconds, 1),
        "bar": BAR,
        "bytes_each": size // count,
    }


if __name__ == "__main__":
    figures = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.exit(0 if figures["per_cpu_second"] >= BAR else 1)  # type: ignore[operator]  # a number
