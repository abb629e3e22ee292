"""From probabilities or raw images to labels: thresholds, single objects, and the files that hold them."""

from __future__ import annotations

from napari_cytounet.segmentation.calibration import Calibration
from napari_cytounet.segmentation.cleaning import fill_holes
from napari_cytounet.segmentation.instances import label_objects, split_touching
from napari_cytounet.segmentation.segmented_image import SegmentedImage, segment_image
from napari_cytounet.segmentation.segmenting import Segmentation, segment, segment_classes, threshold_image
from napari_cytounet.segmentation.threshold_files import ThresholdResult, threshold, thresholding
from napari_cytounet.segmentation.thresholds import apply_thresholds, find_threshold

__all__ = [
    "Calibration",
    "Segmentation",
    "SegmentedImage",
    "ThresholdResult",
    "apply_thresholds",
    "fill_holes",
    "find_threshold",
    "label_objects",
    "segment",
    "segment_classes",
    "segment_image",
    "split_touching",
    "threshold",
    "threshold_image",
    "thresholding",
]
