"""All tables of all rooms, for migrations: importing this module fills the one metadata."""

from __future__ import annotations

import importlib
from pathlib import Path

from engine import tables as engine_tables

HOUSE = Path(__file__).parents[1]
for _path in sorted((HOUSE / "engine").glob("*_tables.py")):
    importlib.import_module(f"engine.{_path.stem}")
for _path in sorted((HOUSE / "processes" / "casefile").glob("*tables.py")):
    importlib.import_module(f"processes.casefile.{_path.stem}")
for _path in sorted((HOUSE / "api").glob("*/tables.py")):
    importlib.import_module(f"api.{_path.parent.name}.tables")

metadata = engine_tables.metadata
tenant_rls = engine_tables.tenant_rls
APPEND_ONLY = engine_tables.APPEND_ONLY
