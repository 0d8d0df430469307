"""A notebook as its file has it (nbformat 4.5), checked: what came from a stranger is cells of text, or an error that says where."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass, field
from typing import Any

from keriwasm.data import guarding
from keriwasm.web.form.errors import FieldError
from markupsafe import Markup

from slices.notebook import displays, marking

__all__ = ["Cell", "fresh", "outputs_html", "read"]

CELLS_MOST = 500
SOURCE_MOST = 200_000
"""Characters of one cell."""
OUTPUTS_MOST = 100
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass
class Cell:
    """One cell. kind: "code" or "markdown"; outputs as nbformat has them."""

    id: str
    kind: str
    source: str = ""
    outputs: list[dict[str, Any]] = field(default_factory=list)
    count: int | None = None

    @property
    def rows(self) -> int:
        """Lines that its text has, for the size of its field."""
        return min(40, max(1, self.source.count("\n") + 1))

    @property
    def shown(self) -> Markup:
        """A code cell's outputs, a Markdown cell's text set."""
        return outputs_html(self.outputs) if self.kind == "code" else marking.html(self.source)

    @property
    def outputs_json(self) -> str:
        return json.dumps(self.outputs)


def fresh(kind: str = "code", source: str = "") -> Cell:
    """A new cell."""
    return Cell(secrets.token_hex(4), kind, source)


def read(text: str) -> list[Cell]:
    """The cells of an .ipynb file. Raises FieldError that names the place."""
    try:
        book = guarding.json_value(text.encode("utf-8", "surrogatepass"))
    except guarding.Unfit as ex:
        raise FieldError("notebook", f"is no notebook file: its JSON {ex.reason}") from ex
    if not isinstance(book, dict) or not isinstance(book.get("cells"), list):
        raise FieldError("notebook", "is no notebook file: it has no list of cells (nbformat 4 is read)")
    if book.get("nbformat") != 4:
        raise FieldError("notebook", f"is of nbformat {str(book.get('nbformat'))[:20]}; 4 is read")
    if len(book["cells"]) > CELLS_MOST:
        raise FieldError("notebook", f"has {len(book['cells']):,} cells; {CELLS_MOST} are the most")
    cells = [_cell(cell, f"cell {number}") for number, cell in enumerate(book["cells"], start=1)]
    for cell in cells:
        if sum(other.id == cell.id for other in cells) > 1:
            cell.id = fresh().id
    return cells or [fresh()]


def _cell(cell: Any, where: str) -> Cell:
    if not isinstance(cell, dict):
        raise FieldError("notebook", f"{where} is no object")
    kind = cell.get("cell_type")
    if kind == "raw":
        kind = "markdown"
    if kind not in ("code", "markdown"):
        raise FieldError("notebook", f"{where} is of type {str(kind)[:20]!r}; code, markdown and raw are known")
    source = joined(cell.get("source", ""))
    if source is None or len(source) > SOURCE_MOST:
        raise FieldError("notebook", f"{where}: its source must be text of at most {SOURCE_MOST:,} characters")
    id = cell.get("id")
    made = Cell(id if isinstance(id, str) and ID.fullmatch(id) else fresh().id, kind, source)
    if kind == "code":
        made.outputs = _outputs(cell.get("outputs", []), where)
        count = cell.get("execution_count")
        made.count = count if isinstance(count, int) and 0 < count < 1_000_000 else None
    return made


def _outputs(outputs: Any, where: str) -> list[dict[str, Any]]:
    """As nbformat has them, and nothing beside that; what is too much is said in their place."""
    if not isinstance(outputs, list):
        raise FieldError("notebook", f"{where}: its outputs must be a list")
    made = [_output(item, f"{where}, output {number}") for number, item in enumerate(outputs[:OUTPUTS_MOST], start=1)]
    if (left := len(outputs) - OUTPUTS_MOST) > 0:
        made.append({"output_type": "stream", "name": "stderr", "text": f"({left:,} more outputs are left out)\n"})
    return made


def _output(item: Any, where: str) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise FieldError("notebook", f"{where} is no object")
    match kind := item.get("output_type"):
        case "stream":
            if (text := joined(item.get("text"))) is None:
                raise FieldError("notebook", f"{where}: its text must be text")
            return {"output_type": kind, "name": "stderr" if item.get("name") == "stderr" else "stdout", "text": text}
        case "display_data" | "execute_result":
            data, metadata = item.get("data"), item.get("metadata", {})
            if not isinstance(data, dict) or not isinstance(metadata, dict):
                raise FieldError("notebook", f"{where}: its data and metadata must be objects")
            forms = {form: value if "json" in form else joined(value) for form, value in data.items()}
            if wrong := [form for form, value in forms.items() if value is None and "json" not in form]:
                raise FieldError("notebook", f"{where}: its {wrong[0][:60]} must be text")
            made = {"output_type": kind, "data": forms, "metadata": metadata}
            if kind == "execute_result":
                count = item.get("execution_count")
                made["execution_count"] = count if isinstance(count, int) and count > 0 else None
            return made
        case "error":
            lines = item.get("traceback", [])
            if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
                raise FieldError("notebook", f"{where}: its traceback must be a list of lines")
            name, words = (str(item.get(key, ""))[:10_000] for key in ("ename", "evalue"))
            return {"output_type": kind, "ename": name, "evalue": words, "traceback": lines}
    known = "stream, display_data, execute_result and error are known"
    raise FieldError("notebook", f"{where} is of type {str(kind)[:20]!r}; {known}")


def joined(value: Any) -> str | None:
    """nbformat's text: a string or a list of them; None for anything else."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "".join(value)
    return value if isinstance(value, str) else None


def outputs_html(outputs: list[dict[str, Any]]) -> Markup:
    """Kept outputs as the frame shows them."""
    made = []
    for item in outputs:
        match item.get("output_type"):
            case "stream":
                text = joined(item.get("text")) or ""
                made.append(
                    Markup('<span class="{}">{}</span>').format(
                        "stderr" if item.get("name") == "stderr" else "stdout", text
                    )
                )
            case "display_data" | "execute_result":
                data = item.get("data") if isinstance(item.get("data"), dict) else {}
                forms = {form: joined(value) or "" for form, value in data.items() if isinstance(form, str)}
                made.append(displays.html(forms, marking.html))
            case "error":
                lines = [line for line in item.get("traceback") or [] if isinstance(line, str)]
                made.append(Markup('<div class="traceback">{}</div>').format("\n".join(lines)))
    return Markup("").join(made)
