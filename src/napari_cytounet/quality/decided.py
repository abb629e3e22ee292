"""How the data check decides each finding, for the reader who asks."""

from __future__ import annotations

DECIDED = {
    "file-unreadable": "The file was opened as training opens it, and that failed.",
    "pair-missing": (
        "Names are matched as training matches them: the same, or the same after what all images and all "
        "masks begin or end with."
    ),
    "pair-size": "Rows, columns and planes are compared; sides that are swapped are pointed out.",
    "pair-shifted": (
        "The outlines in the mask are correlated with the gradients of the image for all shifts up to a "
        "fifth of the field. It is reported if they fit 1.25 times better at least 3 pixels (and a tenth "
        "of a diameter) away, and if brightness or texture under the whole areas agree."
    ),
    "mask-reused": (
        "Shrunk masks of all pairs are correlated: above 0.97, and the images show different fields."
    ),
    "image-leaked": (
        "Fields are compared by landmarks, which find copies, crops, flips, quarter turns and neighbouring "
        "frames: at least four must agree on how one field lies on the other, and there the structure of "
        "both must correlate by 0.6 over a fifth of the smaller one. One of the two is in training, the "
        "other in validation."
    ),
    "image-duplicate": (
        "As for image-leaked, within training or within validation; below a correlation of 0.93 "
        "(neighbouring frames, overlapping fields) it is of low severity."
    ),
    "mask-photograph": (
        "The values lie in crumbs and not in shapes, or are no whole numbers: training refuses it too."
    ),
    "mask-ambiguous": "Training's own guess of the kind of mask found two that fit.",
    "mask-inverted": (
        "The foreground covers more than half, and most of the border or fewer parts than what it "
        "surrounds; and there the image has weaker gradients than in the background. If most masks are so "
        "it is said once."
    ),
    "mask-outlines": (
        "No part of the foreground is wider than 6 pixels, and most of it goes around something."
    ),
    "ring-open": (
        "A piece of at most 4 pixels' width lies in at least three quarters of all directions around its "
        "middle (two fifths at the border of the image, which cuts it) and covers less than 0.45 of its "
        "convex hull, which is as large as 0.3 of the usual object (0.08 at the border)."
    ),
    "mask-grey": "Most values lie close to both ends of their range but not on them, in many crumbs.",
    "instances-as-classes": (
        "The masks were said to be classes, hold more than 16 values, and nine tenths of these are one "
        "piece each."
    ),
    "mask-text": (
        "At least six pieces of one height stand on one line, close together, and no stroke is wider than "
        "a third of the height."
    ),
    "mask-full": "Every pixel is foreground.",
    "mask-empty": "Every pixel is background (a single image; planes of stacks may well be empty).",
    "object-giant": (
        "An object has four times the median area of the set, and twice that of the next largest object in "
        "this image and of the largest in nine of ten other images."
    ),
    "objects-merged": (
        "Worn down by 0.45 of the usual half width, an object falls apart into two or more lobes that are "
        "at least 0.6 of it wide."
    ),
    "mask-specks": (
        "Objects of up to 4 pixels away from the border, where the median object has more than 40."
    ),
    "mask-holes": "Parts of the background that one object alone encloses, of up to 0.3 of its area.",
    "objects-cut": "At least half of the objects touch the border.",
    "class-imbalance": "A class holds less than 0.2 % of all labelled pixels.",
    "image-blank": "One value, or neighbouring pixels correlate by less than 0.15. In stacks a note.",
    "edges-faint": (
        "The mean gradient along the outlines, at its best place within 6 pixels, is less than 1.2 times "
        "the median gradient of the background (or 1.5 times, where other images have far more). Of medium "
        "severity where it is six times weaker than in the median image."
    ),
    "image-blurred": (
        "The power of structure between 1 and 2 pixels, by that between 4 and 8, is 2.5 times (and four "
        "times the scatter of the set) lower than in the median image; noise is taken off."
    ),
    "image-text": (
        "As for mask-text, among the pixels of the lightest or the darkest value; or a small part of a "
        "grey image is coloured."
    ),
    "image-saturated": (
        "At least 0.5 % of the pixels are at the end of 8, 10, 12, 14 or 16 bits; a note if the objects "
        "are not."
    ),
    "intensity-range": (
        "The distance of the 1st and the 99.8th percentile differs from that of the median image by a "
        "factor of 1.8, and by four times the scatter of the set."
    ),
    "bit-depth": "The type of the values is not that of most images.",
    "pixel-size": "The metadata differ by more than 2 % from the median.",
    "magnification": (
        "The median diameter in a file differs from that in the median file by a factor of 1.35, and by "
        "three times the scatter of the others; objects at the border are left out."
    ),
    "image-padded": (
        "At least three rows or columns at an edge hold one value, that of a corner, which is rare (5 %) "
        "inside."
    ),
    "light-uneven": (
        "A paraboloid through the background, or a plane through the brightness of at least twelve "
        "objects, falls by 40 % across the field."
    ),
    "pixels-broken": (
        "At least three single pixels differ from all eight neighbours by a fifth of the range and by "
        "eight times the noise."
    ),
    "rgb-grey": "Red, green and blue are equal everywhere.",
    "boundary-offset": (
        "The profile of gradients across the outlines is that of the other images, moved by at least 2.5 "
        "pixels (and four times the scatter), and moved so it correlates better by 0.1. About all images: "
        "its peak lies 4 pixels away, of low severity."
    ),
    "mask-contradicted": (
        "`--deep` trains on all parts of the data but one and predicts that one: Dice is at least 0.1, and "
        "four times the scatter, below that of the median image."
    ),
    "score-ceiling": (
        "Outlines are smoothed over 6 % of a diameter; Dice between the masks as drawn and smoothed is "
        "what tremor alone costs."
    ),
}
"""By code, as in `codes.CODES`."""
