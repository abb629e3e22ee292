"""From a field of the settings to a widget: its default, bounds and help text stand in the settings alone."""

from __future__ import annotations

import math
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from magicgui.widgets import CheckBox, ComboBox, FloatSpinBox, LineEdit, SpinBox, create_widget
from magicgui.widgets.bases import ValueWidget
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from napari_cytounet.errors import SettingsError
from napari_cytounet.settings import Settings

NOT_SET = "automatic"
"""What an empty field says that may be left to us."""

LARGEST = 10**6
"""Upper end of a number that the settings do not bound."""


def field_widget(model: type[Settings], name: str, *, label: str | None = None) -> ValueWidget[Any]:
    """Return a widget for one field of a settings model, at the field's default.

    Parameters
    ----------
    model, name
        The field.
    label
        What stands before it; the name with spaces if not given.

    Examples
    --------
    >>> from napari_cytounet.settings import TrainingSettings
    >>> field_widget(TrainingSettings, "batch_size").value  # doctest: +SKIP
    8
    """
    field = model.model_fields[name]
    common: dict[str, Any] = {
        "name": name,
        "label": name.replace("_", " ") if label is None else label,
        "tooltip": field.description or "",
    }
    kind, optional = _without_none(field.annotation)
    default = field.get_default(call_default_factory=True)
    if optional and not _choices(kind):
        line = LineEdit(value="" if default is None else str(default), **common)
        line.native.setPlaceholderText(NOT_SET)
        return line
    if choices := _choices(kind):
        values: list[Any] = [(str(choice), choice) for choice in choices]
        if optional:
            values.insert(0, (NOT_SET, None))
        return ComboBox(choices=values, value=default, **common)
    if kind is bool:
        return CheckBox(value=default, text=common.pop("label"), **common)
    if kind is int:
        low, high = _bounds(field, step=1)
        return SpinBox(value=default, min=int(low), max=int(high), **common)
    if kind is float:
        step = _step(default)
        low, high = _bounds(field, step)
        return FloatSpinBox(value=default, min=low, max=high, step=step, **common)
    options: Any = {"tooltip": common.pop("tooltip")}
    widget = create_widget(value=default, annotation=kind, options=options, **common)
    return cast("ValueWidget[Any]", widget)


def field_value(model: type[Settings], widget: ValueWidget[Any]) -> Any:
    """Return what a widget from `field_widget` says, as the settings want it.

    Raises
    ------
    SettingsError
        If it is no value of the field.
    """
    value = widget.value
    if isinstance(widget, LineEdit):
        value = value.strip() or None
    try:
        return TypeAdapter(_annotation(model, widget.name)).validate_python(value)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise SettingsError(f"{widget.label}: {value!r} will not do ({reason}).") from error


def _annotation(model: type[Settings], name: str) -> Any:
    field = model.model_fields[name]
    annotation: Any = field.annotation
    for bound in field.metadata:
        annotation = Annotated[annotation, bound]
    return annotation


def _without_none(annotation: Any) -> tuple[Any, bool]:
    """Return the type of a field, and whether it may be None."""
    if get_origin(annotation) in (Union, UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
        return kinds[0], len(kinds) < len(get_args(annotation))
    return annotation, False


def _choices(kind: Any) -> tuple[Any, ...]:
    if get_origin(kind) is Literal:
        return get_args(kind)
    return tuple(kind) if isinstance(kind, type) and issubclass(kind, Enum) else ()


def _bounds(field: FieldInfo, step: float) -> tuple[float, float]:
    low, high = -float(LARGEST), float(LARGEST)
    for bound in field.metadata:
        match bound:
            case Ge(ge=limit):
                low = float(limit)  # type: ignore[arg-type]
            case Gt(gt=limit):
                low = float(limit) + step  # type: ignore[arg-type]
            case Le(le=limit):
                high = float(limit)  # type: ignore[arg-type]
            case Lt(lt=limit):
                high = float(limit) - step  # type: ignore[arg-type]
    return low, high


def _step(default: float) -> float:
    """Return a tenth of the default's first digit: fine enough to keep it, coarse enough to turn."""
    return 0.01 if default == 0 else 10.0 ** (math.floor(math.log10(abs(default))) - 1)
