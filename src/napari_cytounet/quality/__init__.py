"""The data check: what is wrong with images and masks, before anything is learnt from them.

`check` looks at every image, mask and pair once and keeps a small digest of each (`digest`); detectors then
compare the digests and make findings. A detector is a file here: what it measures in one plane, and what it
concludes from all of them. `codes` is the table of all findings, `detectors` that of all detectors.
"""
