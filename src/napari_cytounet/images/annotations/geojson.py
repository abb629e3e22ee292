"""GeoJSON as QuPath reads and writes it: one file an image, holes and parts included."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from napari_cytounet.images.annotations.documents import understanding, whole
from napari_cytounet.images.annotations.shapes import AnnotatedImage, Part, Plane, Shape, left_out, ring
from napari_cytounet.strict_json import json_line


def read_geojson(document: Any, path: Path) -> list[AnnotatedImage]:
    """Read features: polygons and collections of them. The image has the name of the file.

    Raises
    ------
    ImageError
        If a feature cannot be understood.
    """
    features = document if isinstance(document, list) else document.get("features", [document])
    shapes: list[Shape] = []
    others: Counter[str] = Counter()
    for number, feature in enumerate(features, start=1):
        with understanding(f"feature {number}"):
            geometry = feature["geometry"]
            parts = _parts(geometry, others)
            if parts:
                shapes.append(Shape(parts, _category(feature.get("properties") or {}), _plane(geometry)))
    return [AnnotatedImage(path.name, tuple(shapes), notes=left_out(others))]


def write_geojson(path: Path, images: Sequence[AnnotatedImage]) -> tuple[str, ...]:
    """Write the objects of one image as a collection of annotations."""
    (image,) = images
    features = [_feature(image, number, shape) for number, shape in enumerate(image.shapes, start=1)]
    path.write_text(json_line({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return ()


def _parts(geometry: dict[str, Any], others: Counter[str]) -> tuple[Part, ...]:
    match geometry["type"]:
        case "Polygon":
            return (tuple(ring(points) for points in geometry["coordinates"]),)
        case "MultiPolygon":
            return tuple(tuple(ring(points) for points in part) for part in geometry["coordinates"])
        case "GeometryCollection":
            collected = [_parts(inner, others) for inner in geometry["geometries"]]
            return tuple(part for parts in collected for part in parts)
        case "Point" | "MultiPoint" | "LineString" | "MultiLineString" as kind:
            others[kind] += 1
            return ()
    raise ValueError(f"{geometry['type']!r} is no geometry of GeoJSON")


def _category(properties: dict[str, Any]) -> str | None:
    """Return the class that QuPath gave; a class derived from others has several names."""
    found = properties.get("classification")
    if found is None:
        return None
    if isinstance(found, str):
        return found
    return str(found["name"]) if "name" in found else ": ".join(found["names"])


def _plane(geometry: dict[str, Any]) -> Plane | None:
    plane = geometry.get("plane")
    return None if plane is None else (whole(plane.get("t", 0)), whole(plane.get("z", 0)))


def _feature(image: AnnotatedImage, number: int, shape: Shape) -> dict[str, Any]:
    coordinates = [[[*corners.tolist(), corners[0].tolist()] for corners in part] for part in shape.parts]
    geometry: dict[str, Any] = {"type": "MultiPolygon", "coordinates": coordinates}
    if len(coordinates) == 1:
        geometry = {"type": "Polygon", "coordinates": coordinates[0]}
    if shape.plane is not None:
        t, z = shape.plane
        geometry["plane"] = {"c": -1, "z": z, "t": t}
    properties: dict[str, Any] = {"objectType": "annotation", "name": str(number)}
    if shape.category is not None:
        properties["classification"] = {"name": shape.category}
    # QuPath wants an identity for each object; the same labels give the same file.
    identity = uuid.uuid5(uuid.NAMESPACE_URL, f"{image.name}/{number}")
    return {"type": "Feature", "id": str(identity), "geometry": geometry, "properties": properties}


def is_geojson(document: Any) -> bool:
    """Tell whether a JSON document holds features."""
    if isinstance(document, list):
        return bool(document) and all(isinstance(it, dict) and it.get("type") == "Feature" for it in document)
    return isinstance(document, dict) and document.get("type") in ("FeatureCollection", "Feature")
