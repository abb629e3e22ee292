"""How other programs store objects."""

from __future__ import annotations

from enum import StrEnum


class AnnotationFormat(StrEnum):
    """A format in which other programs store objects.

    `geojson` is QuPath's, `imagej` a zip of regions for the ROI Manager, `coco` COCO JSON, `via` the CSV of
    the VGG Image Annotator, `voc` the XML of Pascal VOC (boxes only), `labelme` the JSON of LabelMe.
    """

    GEOJSON = "geojson"
    IMAGEJ = "imagej"
    COCO = "coco"
    VIA = "via"
    VOC = "voc"
    LABELME = "labelme"
