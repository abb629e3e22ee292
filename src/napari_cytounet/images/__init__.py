"""Images and masks, in and out.

Files and arrays become an `Image` with axes and pixel size (`open_image`, `find_images`), images find their
masks (`find_pairs`), and results are written whole or not at all (`open_writer`, `write_image`).

What the values of masks mean is found out once a folder (`understand_masks`); every mask becomes a `Truth`.
`samples` holds synthetic cells and BBBC030.
"""
