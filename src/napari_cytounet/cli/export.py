"""`cytounet export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from napari_cytounet.cli.jobs import run_job
from napari_cytounet.cli.options import Images, Masks, Output, OutputOptions
from napari_cytounet.cli.printing import print_result
from napari_cytounet.settings import AnnotationFormat, ImageSettings, MaskSettings


def export(
    labels: Path,
    /,
    *,
    format: AnnotationFormat,  # noqa: A002
    out: Path,
    image: Path | None = None,
    overwrite: Annotated[bool, Parameter(negative=())] = False,
    mask_settings: Masks = MaskSettings(),
    image_settings: Images = ImageSettings(),
    output: Output = OutputOptions(),
) -> None:
    """Export, and print where the objects are.

    Parameters
    ----------
    labels
        Folder or file of labels, or of annotations of another format.
    format
        geojson for QuPath, imagej for the ROI Manager, coco, via (VGG Image Annotator), voc (Pascal VOC,
        boxes only) or labelme.
    out
        Folder to write to; or the file, where there is one image or the format holds many in a file (coco,
        via).
    image
        Folder or file of the images, whose names stand in the annotations.
    overwrite
        Replace files that are there.
    """
    from napari_cytounet.measurement.exporting import exporting

    result = run_job(
        lambda cancel: exporting(
            labels,
            out,
            format,
            image=image,
            masks=mask_settings,
            images=image_settings,
            overwrite=overwrite,
            cancel=cancel,
        ),
        output,
    )
    where = result.files[0] if len(result.files) == 1 else f"{len(result.files)} files in {out}"
    print_result(result.as_dict(), output, f"{result.objects} objects are in {where}")
