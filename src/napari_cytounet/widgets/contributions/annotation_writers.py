"""Labels layers as files for other programs: QuPath, ImageJ, COCO, VIA, Pascal VOC and LabelMe.

As with `writers`, the file that napari named is replaced, whole or not at all.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from napari.utils.notifications import show_info

from napari_cytounet.errors import OutputError
from napari_cytounet.images.annotations.formats import WRITING
from napari_cytounet.images.annotations.shapes import AnnotatedImage, Shape
from napari_cytounet.images.annotations.tracing import trace_objects
from napari_cytounet.images.atomic import atomic_path
from napari_cytounet.settings import AnnotationFormat
from napari_cytounet.widgets.contributions.writers import labels_image, with_suffix
from napari_cytounet.widgets.object_classes import classes_in


def write_annotations(format: AnnotationFormat, path: str, data: Any, meta: dict[str, Any]) -> list[str]:  # noqa: A002
    """Write the objects of a labels layer as another program stores them, with the classes in its features.

    Parameters
    ----------
    format
        Which one.
    path
        The file; the suffix of the format is added to a name that has another.
    data, meta
        The layer, as napari hands it to writers.

    Returns
    -------
    list of str
        The file.

    Raises
    ------
    OutputError
        If the file cannot be written, or the layer is a stack and the format knows no planes.
    """
    writing = WRITING[format]
    image = labels_image(data, meta)
    file = with_suffix(Path(path), (writing.suffix,))
    if len(image.planes) > 1 and not writing.keeps_planes:
        raise OutputError(
            f"{file}: the layer {image.name} is a stack, and {format} knows no planes. Save it as .geojson "
            "or as .zip for ImageJ."
        )
    classes = classes_in(meta["features"]) if "features" in meta else None
    shapes = []
    for index in image.planes:
        at = dict(zip(image.plane_axes, index, strict=True))
        plane = (at.get("T", 0), at.get("Z", 0)) if at else None
        objects = trace_objects(image.read(index)[0])
        shapes += [
            Shape(parts, None if classes is None else classes.category(label), plane)
            for label, parts in objects.items()
        ]
    with atomic_path(file) as temporary:
        annotated = AnnotatedImage(image.name, tuple(shapes), (image.height, image.width))
        for note in writing.write(temporary, [annotated]):
            show_info(note)
    return [str(file)]


write_geojson = partial(write_annotations, AnnotationFormat.GEOJSON)
write_imagej = partial(write_annotations, AnnotationFormat.IMAGEJ)
write_coco = partial(write_annotations, AnnotationFormat.COCO)
write_via = partial(write_annotations, AnnotationFormat.VIA)
write_voc = partial(write_annotations, AnnotationFormat.VOC)
write_labelme = partial(write_annotations, AnnotationFormat.LABELME)
