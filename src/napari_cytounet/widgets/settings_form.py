"""A form of settings: shows the values that a preset would take, and knows which of them the user changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from magicgui.widgets import Container

from napari_cytounet.settings import Settings
from napari_cytounet.widgets.fields import field_value, field_widget

Model = TypeVar("Model", bound=Settings)


class SettingsForm(Container, Generic[Model]):  # type: ignore[type-arg]
    """Fields of one settings model.

    Parameters
    ----------
    model
        The settings.
    names
        The fields that are shown; all if not given.
    """

    def __init__(self, model: type[Model], names: Sequence[str] | None = None) -> None:
        self._model = model
        fields = [field_widget(model, name) for name in names or model.model_fields]
        super().__init__()
        self.extend(fields)  # one by one, so that their labels align
        self.margins = (0, 0, 0, 0)
        self._fields = fields
        self._shown = {field.name: field.value for field in fields}

    def show_settings(self, settings: Model) -> None:
        """Show the values of settings in all fields that the user did not change."""
        for field in self._fields:
            if field.value != self._shown[field.name]:
                continue
            value = getattr(settings, field.name)
            # A line of text stands for a field that may be left empty.
            field.value = "" if value is None and isinstance(field.value, str) else value
            self._shown[field.name] = field.value

    def settings(self) -> Model:
        """Return settings in which the fields that the user changed are set, and no others.

        Raises
        ------
        SettingsError
            If a field holds what it cannot.
        """
        changed: dict[str, Any] = {
            field.name: field_value(self._model, field)
            for field in self._fields
            if field.value != self._shown[field.name]
        }
        return self._model(**changed)
