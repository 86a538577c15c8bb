"""`vollstreckung element-templates`: the files for a folder where Camunda Modeler looks for templates."""

from __future__ import annotations

from pathlib import Path

from api import console, element_templates
from engine import errors

# Where the Modeler looks; the same sentences stand on the page.
PLACES = {
    "Windows": r"%APPDATA%\camunda-modeler\resources\element-templates",
    "macOS": "~/Library/Application Support/camunda-modeler/resources/element-templates",
    "Linux": "~/.config/camunda-modeler/resources/element-templates",
    "im Ordner der Diagramme, nur für diese": ".camunda/element-templates",
}


def run(folder: Path, *, as_json: bool) -> None:
    """Write one file per platform and say where the Modeler finds them. Raises errors.InvalidInput where the folder cannot be written."""
    made = {folder / name: content for name, content in element_templates.files().items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in made.items():
            path.write_bytes(content)
    except OSError as fault:
        raise errors.InvalidInput(
            f"In „{folder}“ kann nicht geschrieben werden ({fault.strerror}). Bitte einen anderen Ordner angeben."
        ) from fault
    counts = {platform: len(element_templates.templates(platform)) for platform in element_templates.PLATFORMS}
    if as_json:
        console.emit_json({"files": [str(path) for path in made], "templates": counts})
        return
    for path, (platform, count) in zip(made, counts.items(), strict=True):
        console.out.print(
            f"{path}: {count} Elementvorlagen für {element_templates.PLATFORM_NAMES[platform]}", highlight=False, markup=False
        )
    console.out.print("Der Camunda Modeler findet sie nach einem Neustart in einem dieser Ordner:")
    for system, place in PLACES.items():
        console.out.print(f"  {system}: {place}", highlight=False, markup=False)
