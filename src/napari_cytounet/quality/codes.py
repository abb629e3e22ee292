"""The table of all findings: their stable codes, how much harm they do, and the words for the user."""

from __future__ import annotations

from dataclasses import dataclass

from napari_cytounet.quality.severities import Severity


@dataclass(frozen=True)
class Code:
    """A kind of finding: see `Finding` for the attributes."""

    code: str
    severity: Severity
    title: str
    why: str
    advice: str
    fix: str = ""


_HIGH, _MEDIUM, _LOW, _NOTE = Severity

_TABLE = (
    # Pairs
    Code(
        "file-unreadable",
        _HIGH,
        "A file cannot be read",
        "Training stops at it, or leaves it out.",
        "Copy or export it again, or move it away.",
    ),
    Code(
        "pair-missing",
        _HIGH,
        "No partner",
        "Nothing can be learnt from an image without a mask, and a pair that is missing may mean that names "
        "are wrong and others are paired wrongly.",
        "Add what is missing under the same name, correct the name, or move the file away.",
    ),
    Code(
        "pair-size",
        _HIGH,
        "Image and mask differ in size or planes",
        "Pixels of the mask cannot be matched to those of the image; training refuses the pair.",
        "Export the mask anew at the size of the image; cropping or resizing it by eye shifts it.",
    ),
    Code(
        "pair-shifted",
        _HIGH,
        "The mask is shifted against the image",
        "The network is told that edges lie where there are none: it learns blurred, displaced outlines.",
        "Open both in napari, see whether all objects are displaced alike, and export the mask anew (or take "
        "the copy that --fix moves back, and look at it).",
        "the mask moved back onto the image",
    ),
    Code(
        "mask-reused",
        _HIGH,
        "One mask for two different images",
        "For one of the two images it is wrong: the network is taught noise.",
        "Find out which image the mask belongs to, and give the other one its own.",
    ),
    Code(
        "image-leaked",
        _HIGH,
        "The same field in training and validation",
        "Validation scores are too good: the network has seen the answer.",
        "Keep all images of a field, and all frames of a film, on one side; split by field or experiment.",
    ),
    Code(
        "image-duplicate",
        _MEDIUM,
        "The same image twice",
        "It counts double, and if one of the two is kept back for validation, scores are too good.",
        "Keep one of them.",
    ),
    # Masks
    Code(
        "mask-photograph",
        _HIGH,
        "The mask is a photograph",
        "Its grey values are no labels; training refuses it.",
        "Put the mask in its place; to make one of intensities, use `cytounet threshold`.",
    ),
    Code(
        "mask-ambiguous",
        _HIGH,
        "The masks can be read in more than one way",
        "Classes and objects are learnt differently; training asks which is meant.",
        "Say what the values are with --masks.",
    ),
    Code(
        "mask-inverted",
        _HIGH,
        "Foreground and background are swapped",
        "The network learns to find the background.",
        "Say --invert if all masks are so; a single one take from --fix.",
        "the mask with foreground and background swapped",
    ),
    Code(
        "mask-outlines",
        _HIGH,
        "Outlines where filled objects are expected",
        "The network learns thin lines: the insides of the objects count as background.",
        "Say --masks outlines if all masks are so (rings are then filled); a single one take from --fix.",
        "the rings filled",
    ),
    Code(
        "ring-open",
        _HIGH,
        "A ring that is not filled",
        "The inside of this object counts as background: a whole object is taught as a miss.",
        "Close the ring in napari (paint over the gap, then fill), or fill it if it is closed.",
        "closed rings filled",
    ),
    Code(
        "mask-grey",
        _HIGH,
        "Grey values between background and foreground",
        "JPEG compression or smooth resizing made values that nobody drew: each would be a label of its own.",
        "Save masks as PNG or TIFF and resize them without interpolation; --fix cuts at half.",
        "the mask cut at half of its range",
    ),
    Code(
        "instances-as-classes",
        _HIGH,
        "Numbers of objects are taken for classes",
        "The network is asked to tell object 7 from object 8, which nothing in the image says.",
        "Say --masks instances (or --masks binary).",
    ),
    Code(
        "mask-text",
        _HIGH,
        "Text is part of the mask",
        "Letters are taught as objects, and are counted and measured.",
        "Erase them; --fix does where the letters stand apart from all objects.",
        "the letters erased",
    ),
    Code(
        "mask-full",
        _HIGH,
        "The mask is foreground everywhere",
        "The network is told that all of the image is object.",
        "Check that it is the right mask; move the pair away if nobody labelled it.",
    ),
    Code(
        "mask-empty",
        _MEDIUM,
        "The mask is empty",
        "It teaches that there is nothing in the image: right only if that is so.",
        "Look at the image: label its objects, or leave the pair out if nobody labelled it.",
    ),
    Code(
        "object-giant",
        _MEDIUM,
        "One object is far larger than the rest",
        "A slip of the fill tool, or many objects in one: it outweighs all others in the loss.",
        "Look at it, and split or erase it.",
    ),
    Code(
        "objects-merged",
        _LOW,
        "Objects that touch are one",
        "The network learns to join neighbours, and counts come out too low.",
        "Draw a line of background between them, or use instance labels.",
    ),
    Code(
        "mask-specks",
        _LOW,
        "Tiny specks of foreground",
        "Slips of the pen are taught, counted and measured as objects.",
        "Erase them; --fix removes objects of up to 4 pixels that touch nothing.",
        "the specks erased",
    ),
    Code(
        "mask-holes",
        _LOW,
        "Holes in objects",
        "Background inside an object is taught as an edge where there is none.",
        "Fill them, unless the objects are rings in truth; --fix fills them.",
        "the holes filled",
    ),
    Code(
        "objects-cut",
        _NOTE,
        "Many objects are cut by the border",
        "Cut objects look different and distort sizes; with few whole ones the network sees little of their "
        "shape.",
        "Use larger fields or crops if you can; leave cut objects out of measurements.",
    ),
    Code(
        "class-imbalance",
        _LOW,
        "A class is rare",
        "The loss is dominated by the common classes; a rare one may never be found.",
        "Add images that show it. Patches are drawn as often on it as on any other class; --loss dice weighs "
        "it most.",
    ),
    # Images
    Code(
        "image-blank",
        _HIGH,
        "A plane holds nothing",
        "There is nothing to learn from, and a mask on it teaches noise.",
        "Check the export; move the image away.",
    ),
    Code(
        "edges-faint",
        _HIGH,
        "Outlines have no contrast in the image",
        "Where the image is the same inside and outside the mask, there is nothing to learn: the loss stays "
        "where it is.",
        "Look whether it is the right image and channel; record with more contrast, or leave it out.",
    ),
    Code(
        "image-blurred",
        _MEDIUM,
        "Out of focus",
        "Edges are wider than in the other images, and where the outline lies is a guess.",
        "Leave it out, unless you mean to predict images like it.",
    ),
    Code(
        "image-text",
        _MEDIUM,
        "Text is burnt into the image",
        "Letters are strong edges: the network must learn to pass over them, and they spoil the range of "
        "intensities.",
        "Export without overlay; crop the text off image and mask if you cannot.",
    ),
    Code(
        "image-saturated",
        _MEDIUM,
        "Saturated",
        "Where the camera is at its end there is no structure left.",
        "Expose less; do not stretch contrast when exporting.",
    ),
    Code(
        "intensity-range",
        _LOW,
        "Another intensity range than the others",
        "Normalisation evens most of it out; a different exposure or staining may remain.",
        "Check exposure and export; images like it should be in training and validation alike.",
    ),
    Code(
        "bit-depth",
        _MEDIUM,
        "Another bit depth than the others",
        "It was exported in another way: contrast may be stretched, or values lost.",
        "Export all images in the same way, without conversion.",
    ),
    Code(
        "pixel-size",
        _MEDIUM,
        "Another pixel size than the others",
        "Objects appear at another size, and areas in micrometres are wrong if the metadata are.",
        "Correct the metadata (--pixel-size), or sort the images by magnification.",
    ),
    Code(
        "magnification",
        _MEDIUM,
        "Objects of another size than in the others",
        "It may have been taken at another magnification, or resized: the network learns two scales at once.",
        "Bring images to one magnification, or have enough of each.",
    ),
    Code(
        "image-padded",
        _MEDIUM,
        "Padding around the image",
        "The rim of the padding is the strongest edge in the image, and its value spoils the range.",
        "Crop image and mask; --fix does.",
        "image and mask without the padding",
    ),
    Code(
        "light-uneven",
        _LOW,
        "Uneven light",
        "The same object looks different in different places; thresholds fail in some of them.",
        "Correct with a flat field if you have one; the network copes with some of it.",
    ),
    Code(
        "pixels-broken",
        _LOW,
        "Dead or hot pixels",
        "Single pixels at the end of the range distort normalisation and look like tiny objects.",
        "Take a dark frame, or let --fix replace them by their neighbours.",
        "broken pixels replaced by the median of their neighbours",
    ),
    Code(
        "rgb-grey",
        _NOTE,
        "Grey saved as RGB",
        "Three times the size for nothing; it is read as one channel.",
        "Nothing needs to be done; --fix writes one channel.",
        "the image with one channel",
    ),
    # How well the masks are drawn
    Code(
        "boundary-offset",
        _MEDIUM,
        "Outlines lie beside the edge in the image",
        "The network learns the habit: areas come out too large or too small, and Dice suffers most for "
        "small "
        "objects.",
        "Look at some outlines at full zoom; agree on where the edge is, and draw all images alike.",
    ),
    Code(
        "mask-contradicted",
        _MEDIUM,
        "A model trained on the others contradicts the mask",
        "Either the mask misses or invents objects, or the image is unlike all others.",
        "Look at the image with the prediction of --deep, and correct the mask if it is wrong.",
    ),
    Code(
        "score-ceiling",
        _NOTE,
        "How good a score can be",
        "Outlines drawn twice never agree fully: no model can be expected to score above that.",
        "Judge scores against this figure; drawing the same image twice gives a better one.",
    ),
)

CODES = {code.code: code for code in _TABLE}
"""All kinds of finding by their codes, in order of harm within each group."""
