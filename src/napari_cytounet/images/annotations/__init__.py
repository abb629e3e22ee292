"""Objects as other programs store them: ImageJ, QuPath, COCO, VIA, Pascal VOC and LabelMe.

Read, they are one more source of masks: an annotation file is like a folder, and what it says of one image is
a mask in it (`annotations.json/cell_1.png`). Written, they hold the objects of label images.
"""
