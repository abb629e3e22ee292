"""A session: the images that are corrected, what is taught, and the record that lists it among the runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from napari_cytounet import __version__
from napari_cytounet.correction.folder import SessionFolder
from napari_cytounet.errors import OutputError, SettingsError
from napari_cytounet.images.atomic import atomic_path
from napari_cytounet.images.image import Image
from napari_cytounet.images.normalisation import Normalisation
from napari_cytounet.images.reading import open_image
from napari_cytounet.runs.record import environment, now, write_record
from napari_cytounet.runs.sources import content_hash, describe_model
from napari_cytounet.runs.train_job import Place
from napari_cytounet.segmentation.thresholds import unscored_thresholds
from napari_cytounet.settings import CorrectionSettings, ImageSettings, Settings
from napari_cytounet.unet.fit import check_fits, scale_for
from napari_cytounet.unet.model import load_model
from napari_cytounet.unet.model_card import ModelCard
from napari_cytounet.unet.working_scale import OBJECT_PIXELS

FORMAT = 1


class SessionImage(Settings):
    """An image of a session.

    Attributes
    ----------
    path
        The file; inside the session's folder where the image was written for it alone.
    sha256
        Of the file, to tell whether it was changed since.
    """

    path: Place
    sha256: str
    images: ImageSettings = ImageSettings()


class Session(Settings):
    """What a session is about, as `session.json` holds it.

    Attributes
    ----------
    images
        In the order in which the journal numbers them.
    card
        Of the model that is taught.
    settings
        How it learns.
    start_from
        Model that the network begins from.
    """

    format: int = FORMAT
    created: str = Field(default_factory=now)
    images: tuple[SessionImage, ...] = Field(min_length=1)
    card: ModelCard
    settings: CorrectionSettings = CorrectionSettings()
    start_from: Place | None = None

    def open_images(self, folder: Path) -> list[Image]:
        """Open the images; paths inside the session's folder are found wherever that is now.

        Raises
        ------
        ImageError
            If one is gone or cannot be read.
        """
        return [open_image(folder / image.path, image.images) for image in self.images]

    def changed_images(self, folder: Path) -> list[Path]:
        """Return the images whose files are not those that the session began with; all must be there."""
        return [image.path for image in self.images if content_hash(folder / image.path) != image.sha256]


def create_session(
    folder: Path,
    images: Sequence[Path],
    *,
    settings: CorrectionSettings = CorrectionSettings(),
    start_from: Path | None = None,
    image_settings: ImageSettings = ImageSettings(),
) -> Session:
    """Begin a session in a new folder.

    Parameters
    ----------
    folder
        Made if it is not there; it may hold `data`, images that were written for the session alone.
    images
        Their files, all with the same channels.
    settings
        What is taught, and how.
    start_from
        A model whose network, classes and preprocessing are taken over.
    image_settings
        How the images are read.

    Raises
    ------
    CytounetError
        If the folder is taken, an image cannot be read, or images differ in their channels.
    """
    place = SessionFolder(folder)
    if not images:
        raise SettingsError("Name at least one image to correct.")
    if place.session.exists():
        raise OutputError(f"{folder} already holds a session. Open it, or choose another folder.")
    place.make(holding=("data",))
    opened = [open_image(path, image_settings) for path in images]
    _check_channels(opened)
    card = _card(opened, settings, start_from)
    session = Session(
        images=tuple(
            SessionImage(path=_inside(path, folder), sha256=content_hash(path), images=image_settings)
            for path in images
        ),
        card=card,
        settings=settings,
        start_from=None if start_from is None else _inside(start_from, folder),
    )
    _write(place, session)
    write_record(place.record, _record(session, folder))
    return session


def accept_images(folder: Path) -> Session:
    """Take the images of a session for the right ones as they are now: the user says that strokes still fit.

    Raises
    ------
    CytounetError
        If there is no session, or an image is gone.
    """
    session = read_session(folder)
    session.open_images(folder)
    images = tuple(
        image.model_copy(update={"sha256": content_hash(folder / image.path)}) for image in session.images
    )
    session = session.model_copy(update={"images": images})
    _write(SessionFolder(folder), session)
    return session


def check_session(folder: Path) -> None:
    """Raise an OutputError if a folder holds no session."""
    file = SessionFolder(folder).session
    if not file.exists():
        raise OutputError(f"{folder} holds no correction session (no {file.name}).")


def read_session(folder: Path) -> Session:
    """Read what a session is about.

    Raises
    ------
    OutputError
        If there is none, or its file is damaged or of a newer version.
    """
    check_session(folder)
    file = SessionFolder(folder).session
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        if values.get("format", 0) > FORMAT:
            raise OutputError(
                f"{file} was made by a newer napari-cytounet. Upgrade: pip install -U napari-cytounet"
            )
        return Session.model_validate(values)
    except (ValueError, TypeError, AttributeError, OSError) as error:
        raise OutputError(f"{file} is damaged ({error}). Take another copy of it.") from error


def _write(place: SessionFolder, session: Session) -> None:
    with atomic_path(place.session) as temporary:
        temporary.write_text(session.model_dump_json(indent=2) + "\n", encoding="utf-8")


def _card(images: Sequence[Image], settings: CorrectionSettings, start_from: Path | None) -> ModelCard:
    if start_from is not None:
        card = load_model(start_from).card
        for image in images:
            check_fits(card, image)
            scale_for(card, image)
        # Planes of a session are all brought to the model's own scale, and the scores are those of another.
        objects = card.objects and card.objects.model_copy(
            update={"own_scale": False, "validation_score": None}
        )
        return card.model_copy(update={"version": __version__, "validation_dice": None, "objects": objects})
    scale = 1.0 if settings.diameter is None else min(1.0, OBJECT_PIXELS / settings.diameter)
    sizes = {image.pixel_size.x if image.pixel_size else None for image in images}
    return ModelCard(
        version=__version__,
        channels=images[0].channels,
        classes=settings.class_names,
        colours=settings.class_colours,
        network=settings.network,
        normalisation=Normalisation(),
        working_scale=scale,
        pixel_size=sizes.pop() if len(sizes) == 1 else None,
        thresholds=unscored_thresholds(len(settings.class_names)),
    )


def _check_channels(images: Sequence[Image]) -> None:
    for image in images:
        if image.channels != images[0].channels:
            raise SettingsError(
                f"{image.path} has {image.channels} channel(s), but {images[0].path} has "
                f"{images[0].channels}. One network needs images of one kind: correct them in two sessions."
            )


def _inside(path: Path, folder: Path) -> Path:
    """Return a path relative to the session's folder if it lies there, so that the folder may move."""
    path, place = path.absolute(), folder.absolute()
    return path.relative_to(place) if path.is_relative_to(place) else path


def _record(session: Session, folder: Path) -> dict[str, object]:
    """Return the record by which `cytounet runs` lists the session."""
    return {
        "format": 1,
        "created": session.created,
        "settings": {
            "training": {"preset": "correction"},
            "correction": session.settings.model_dump(mode="json"),
        },
        "data": {
            "training": [
                {"image": str((folder / image.path).resolve()), "image_sha256": image.sha256}
                for image in session.images
            ],
            "validation": [],
            "masks": {"kind": "strokes", "reason": "painted in the session", "values": []},
            "split": "strokes held out by place in turn",
        },
        "environment": environment("cpu", 1),
        "start_from": describe_model(folder / session.start_from) if session.start_from else None,
        "card": session.card.model_dump(mode="json"),
    }
