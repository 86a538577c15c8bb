"""Where the program keeps its data and finds its database: environment variables, with defaults that work on one machine."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

# As root, the embedded PostgreSQL opens the modes of the folders above its data; none of them may be somebody's private home.
ROOT_DATA = Path("/var/lib/vollstreckung")


def default_data_dir() -> Path:
    """Return the user's data folder, or a system folder for root."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return ROOT_DATA
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "vollstreckung"


class Settings(BaseSettings):
    """database_url None: the embedded PostgreSQL in `data_dir`. *_mb: see engine.files.Limits."""

    model_config = SettingsConfigDict(env_file=None, extra="ignore")

    database_url: str | None = Field(default=None, validation_alias="DATABASE_URL")
    data_dir: Path = Field(default_factory=default_data_dir, validation_alias="VOLLSTRECKUNG_DATA_DIR")
    file_mb: int = Field(default=20, ge=1, le=60, validation_alias="VOLLSTRECKUNG_FILE_MB")
    form_mb: int = Field(default=50, ge=1, le=60, validation_alias="VOLLSTRECKUNG_FORM_MB")
    files_mb: int = Field(default=20_480, ge=1, validation_alias="VOLLSTRECKUNG_FILES_MB")
    port: int = Field(default=8080, ge=1, le=65535, validation_alias="VOLLSTRECKUNG_PORT")


def load() -> Settings:
    """Return the settings of this process' environment."""
    return Settings()
