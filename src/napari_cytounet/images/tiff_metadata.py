"""What TIFF files say about pixel size, and the tags that our own writer leaves in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from napari_cytounet.images.pixel_size import PixelSize, micrometres

TAGS_NAMESPACE = "napari-cytounet"

# Plain TIFFs carry a resolution for printing. Nobody prints with 2540 dots an inch or more, so what is
# finer than that is the size of a pixel in the specimen.
_PRINTED_MICROMETRES = 10.0


def pixel_size_of(tiff: Any) -> PixelSize | None:
    """Return the pixel size that an open `tifffile.TiffFile` tells, if any.

    Looked for in the OME-XML, then in ImageJ's metadata, then in the resolution tags.
    """
    if tiff.is_ome:
        return _from_ome(_pixels_element(tiff))
    if tiff.is_imagej:
        return _from_imagej(tiff)
    size = _resolution(tiff, {2: "inch", 3: "cm"}.get(_tag(tiff, "ResolutionUnit"), ""))
    return size if size is not None and max(size.y, size.x) < _PRINTED_MICROMETRES else None


def tags_of(tiff: Any) -> dict[str, str]:
    """Return the tags that our own writer stored in an open `tifffile.TiffFile`."""
    if not tiff.is_ome:
        return {}
    ours = f".//{{*}}MapAnnotation[@Namespace='{TAGS_NAMESPACE}']/{{*}}Value/{{*}}M"
    return {element.attrib["K"]: element.text or "" for element in _ome(tiff).iterfind(ours)}


def ome_metadata(pixel_size: PixelSize | None, tags: Mapping[str, str]) -> dict[str, Any]:
    """Return pixel size and tags as tifffile's OME writer wants them.

    Tags become a MapAnnotation, the OME standard's own place for them: other programs show or ignore it.
    """
    metadata: dict[str, Any] = {}
    if tags:
        metadata["MapAnnotation"] = {"Namespace": TAGS_NAMESPACE, "Value": dict(tags)}
    if pixel_size is not None:
        for letter, size in {"X": pixel_size.x, "Y": pixel_size.y, "Z": pixel_size.z}.items():
            if size is not None:
                metadata |= {f"PhysicalSize{letter}": size, f"PhysicalSize{letter}Unit": "\u00b5m"}
    return metadata


def _ome(tiff: Any) -> ET.Element:
    return ET.fromstring(tiff.ome_metadata)  # noqa: S314 expat loads no entities


def _pixels_element(tiff: Any) -> Mapping[str, str]:
    pixels = _ome(tiff).find(".//{*}Pixels")
    return {} if pixels is None else pixels.attrib


def _from_ome(pixels: Mapping[str, str]) -> PixelSize | None:
    def size(letter: str) -> float | None:
        written = pixels.get(f"PhysicalSize{letter}")
        unit = pixels.get(f"PhysicalSize{letter}Unit", "\u00b5m")  # the standard's default
        return None if written is None else micrometres(float(written), unit)

    return _positive(size("Y"), size("X"), size("Z"))


def _from_imagej(tiff: Any) -> PixelSize | None:
    unit = str(tiff.imagej_metadata.get("unit", ""))
    size = _resolution(tiff, unit)
    spacing = tiff.imagej_metadata.get("spacing")
    if size is None or not isinstance(spacing, float | int):
        return size
    return _positive(size.y, size.x, micrometres(abs(spacing), unit))


def _resolution(tiff: Any, unit: str) -> PixelSize | None:
    """Turn the tags' pixels a unit into a pixel size."""

    def size(tag: str) -> float | None:
        numerator, denominator = _tag(tiff, tag) or (0, 1)
        return micrometres(denominator / numerator, unit) if numerator else None

    return _positive(size("YResolution"), size("XResolution"), None)


def _positive(y: float | None, x: float | None, z: float | None) -> PixelSize | None:
    if not y or not x or min(y, x) <= 0:
        return None
    return PixelSize(y, x, z if z and z > 0 else None)


def _tag(tiff: Any, name: str) -> Any:
    tag = tiff.pages[0].tags.get(name)
    return None if tag is None else tag.value
