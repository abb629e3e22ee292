"""Folders to learn from and to validate with."""

from __future__ import annotations

from pathlib import Path

from magicgui.widgets import Container

from napari_cytounet.widgets.path_field import PathField


class TrainingFolders(Container):  # type: ignore[type-arg]
    """Fields for the paths of folders; out of sight, and not made, until `open`."""

    def __init__(self) -> None:
        super().__init__(visible=False)
        self.margins = (0, 0, 0, 0)

    def open(self) -> None:
        """Make the fields when they are first wanted, and show them."""
        if not len(self):
            self.images = PathField(
                "images", "Images to learn from; or a folder that holds images and masks."
            )
            self.masks = PathField(
                "masks",
                "Their masks (optional): found beside the images if not given.",
                empty="beside the images",
            )
            self.validation_images = PathField(
                "to validate",
                "Images to choose the best model with (optional); else some are kept back.",
                empty="some of them",
            )
            self.validation_masks = PathField("their masks", "The masks of the images to validate with.")
            self.extend([self.images, self.masks, self.validation_images, self.validation_masks])
        self.visible = True

    @property
    def paths(self) -> tuple[Path | None, Path | None]:
        """Where the images and the masks to learn from are, as far as they are named."""
        return (self.images.path, self.masks.path) if len(self) else (None, None)

    @property
    def validation(self) -> tuple[Path, Path] | None:
        """Where images and masks to validate with are, if both are named."""
        if not len(self):
            return None
        images, masks = self.validation_images.path, self.validation_masks.path
        return (images, masks) if images and masks else None
