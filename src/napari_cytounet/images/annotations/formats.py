"""All formats of annotations: which file is of which, how it is read, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from napari_cytounet.images.annotations.coco import is_coco, read_coco, write_coco
from napari_cytounet.images.annotations.documents import NoAnnotationsError, read_json
from napari_cytounet.images.annotations.geojson import is_geojson, read_geojson, write_geojson
from napari_cytounet.images.annotations.imagej import read_rois, write_rois
from napari_cytounet.images.annotations.labelme import is_labelme, read_labelme, write_labelme
from napari_cytounet.images.annotations.shapes import AnnotatedImage
from napari_cytounet.images.annotations.via import read_via, write_via
from napari_cytounet.images.annotations.voc import read_voc, write_voc
from napari_cytounet.images.image import naming_the_file
from napari_cytounet.settings import AnnotationFormat


@dataclass(frozen=True)
class Writing:
    """How a format is written.

    Attributes
    ----------
    suffix
        Of its files.
    many_images
        Whether one file holds all images, or each image has a file of its own.
    keeps_planes
        Whether the objects of all planes of a stack can be told apart.
    write
        Writes a file, and returns what the format could not keep, for the user.
    """

    suffix: str
    many_images: bool
    keeps_planes: bool
    write: Callable[[Path, Sequence[AnnotatedImage]], tuple[str, ...]]


WRITING = {
    AnnotationFormat.GEOJSON: Writing(".geojson", False, True, write_geojson),
    AnnotationFormat.IMAGEJ: Writing(".zip", False, True, write_rois),
    AnnotationFormat.COCO: Writing(".json", True, False, write_coco),
    AnnotationFormat.VIA: Writing(".csv", True, False, write_via),
    AnnotationFormat.VOC: Writing(".xml", False, False, write_voc),
    AnnotationFormat.LABELME: Writing(".json", False, False, write_labelme),
}
SUFFIXES = (".json", ".geojson", ".zip", ".roi", ".csv", ".xml")
"""Of files that may hold annotations."""


def read_annotations(path: Path) -> list[AnnotatedImage]:
    """Read what a file says of the images that it names.

    Raises
    ------
    ImageError
        If the file is of none of these formats, or damaged; the message names it, says why and what to do.
    """
    with naming_the_file(path):
        written = path.stat()
        return _read(path, written.st_mtime_ns, written.st_size)


@lru_cache(maxsize=4)  # a file of many images is asked once an image
def _read(path: Path, _changed: int, _bytes: int) -> list[AnnotatedImage]:
    match path.suffix.lower():
        case ".zip" | ".roi":
            return read_rois(path)
        case ".csv":
            return read_via(path)
        case ".xml":
            return read_voc(path)
    document = read_json(path)
    for is_of, read in ((is_coco, read_coco), (is_labelme, read_labelme), (is_geojson, read_geojson)):
        if is_of(document):
            return read(document, path)
    raise NoAnnotationsError(
        "holds no annotations that we know: neither COCO (images and annotations), LabelMe (shapes and "
        "imagePath) nor GeoJSON (features). Projects of the VGG Image Annotator are read from its CSV."
    )
