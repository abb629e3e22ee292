"""The U-Net.

Ronneberger, Fischer and Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation",
MICCAI 2015, with batch normalisation, "same" convolutions and, if wanted, a stem that folds 2 x 2 pixels
into channels (Shi et al. 2016), which leaves the costly full resolution to a reshape.

No layer's statistics depend on the size of the input in evaluation, so that a tile gives what the whole
image gives there.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 (the field's name for it)

from napari_cytounet.settings import NetworkSettings
from napari_cytounet.unet.guided_filter import guided_filter, guided_reach


class UNet(nn.Module):
    """A U-Net of any width and depth for images of any size.

    Parameters
    ----------
    channels
        Channels of the image.
    classes
        Foreground classes. One class gives one logit a pixel (sigmoid); more give one logit for the
        background and one a class (softmax).
    settings
        Width, depth and stem.
    boundaries
        Whether one channel more, after the logits of the classes, says where the boundaries of objects run.
    guide
        Radius in pixels of a guided filter that the logits of the classes go through at last; 0 for none.

    Attributes
    ----------
    logits
        Channels of what it gives that belong to the classes.
    stride
        The image is halved so often that its sides must be multiples of this; smaller ones are padded.
    reach
        How far away, in pixels, the image can change what is found in a pixel.

    Examples
    --------
    >>> network = UNet(channels=1, classes=1, settings=NetworkSettings(base_width=4, depth=2))
    >>> network(torch.zeros(2, 1, 50, 37)).shape
    torch.Size([2, 1, 50, 37])
    >>> network.stride, network.reach
    (8, 40)
    """

    def __init__(
        self,
        *,
        channels: int,
        classes: int,
        settings: NetworkSettings,
        boundaries: bool = False,
        guide: int = 0,
    ) -> None:
        super().__init__()
        self.channels = channels
        self.classes = classes
        self.boundaries = boundaries
        self._guide = guide
        self.fold = 2 if settings.stem == "unshuffle" else 1
        self.stride: int = self.fold * 2**settings.depth
        # Two 3 x 3 convolutions a stage, down to the deepest and up again, each at the scale of its stage.
        self.reach: int = self.fold * (2 * (2 ** (settings.depth + 1) - 1) + 2 * (2**settings.depth - 1))
        self.reach += guided_reach(guide)
        self.logits = 1 if classes == 1 else classes + 1
        widths = [settings.base_width * 2**level for level in range(settings.depth + 1)]
        inputs = [channels * self.fold**2, *widths[:-1]]

        self.encoder = nn.ModuleList(
            [_stage(before, width) for before, width in zip(inputs, widths, strict=True)]
        )
        self.upsampling = nn.ModuleList(
            [nn.ConvTranspose2d(width, width // 2, kernel_size=2, stride=2) for width in reversed(widths[1:])]
        )
        self.decoder = nn.ModuleList([_stage(width, width // 2) for width in reversed(widths[1:])])
        self.head = nn.Conv2d(widths[0], self.logits * self.fold**2, kernel_size=1)
        self.boundary_head = nn.Conv2d(widths[0], self.fold**2, kernel_size=1) if boundaries else None
        self._encoder_is_frozen = False

    def forward(self, image: Tensor) -> Tensor:
        """Return the logits.

        Parameters
        ----------
        image
            (N, C, Y, X) float; mirrored at its far edges up to the next multiple of the stride.

        Returns
        -------
        Tensor
            (N, 1, Y, X) for one class, else (N, 1 + classes, Y, X) with the background first; then the
            logit of the boundary, if it has one.
        """
        return self.guided(image, self.unguided(image))

    def unguided(self, image: Tensor) -> Tensor:
        """Return the logits before the guided filter; those of a network without one are the same."""
        height, width = image.shape[-2:]
        features = F.pixel_unshuffle(_mirror_to_multiple(image, self.stride), self.fold)
        skips: list[Tensor] = []
        for level, stage in enumerate(self.encoder):
            if level > 0:
                skips.append(features)
                features = F.max_pool2d(features, 2)
            features = stage(features)
        for upsample, stage in zip(self.upsampling, self.decoder, strict=True):
            features = stage(torch.cat([skips.pop(), upsample(features)], dim=1))
        given = self.head(features)
        if self.boundary_head is not None:
            given = torch.cat([given, self.boundary_head(features)], dim=1)
        logits: Tensor = F.pixel_shuffle(given, self.fold)[..., :height, :width]
        return logits

    def guided(self, image: Tensor, unguided: Tensor) -> Tensor:
        """Return the logits after the guided filter, given those before it.

        With several classes it is by how much each exceeds the background, whose logit is 0 then: the filter
        is linear, so that the probabilities are the same, and one map less is filtered.
        """
        if not self._guide:
            return unguided
        of_classes, of_boundary = unguided[:, : self.logits], unguided[:, self.logits :]
        if self.classes == 1:
            followed = [guided_filter(image, of_classes, self._guide)]
        else:
            background = of_classes[:, :1]
            excess = guided_filter(image, of_classes[:, 1:] - background, self._guide)
            followed = [torch.zeros_like(excess[:, :1]), excess]
        return torch.cat([*followed, of_boundary], dim=1)

    def freeze_encoder(self) -> None:
        """Let training change the decoder and the head only, for fine-tuning on very few images."""
        self._encoder_is_frozen = True
        self.encoder.requires_grad_(requires_grad=False)
        self.encoder.eval()

    def train(self, mode: bool = True) -> UNet:
        """Switch between training and evaluation; a frozen encoder keeps the statistics that it has."""
        super().train(mode)
        if self._encoder_is_frozen:
            self.encoder.eval()
        return self


def probabilities(logits: Tensor) -> Tensor:
    """Return the probability of each foreground class, (N, classes, Y, X), from the network's logits.

    Examples
    --------
    >>> probabilities(torch.zeros(1, 1, 1, 1)).item()
    0.5
    >>> probabilities(torch.zeros(1, 4, 1, 1)).shape
    torch.Size([1, 3, 1, 1])
    """
    if logits.shape[1] == 1:
        return torch.sigmoid(logits)
    return torch.softmax(logits, dim=1)[:, 1:]


def readout(network: UNet, given: Tensor) -> Tensor:
    """Return what a network's output means: the probability of each class, then the seeds of objects.

    Parameters
    ----------
    network
        The network.
    given
        (N, C, Y, X), its output.

    Returns
    -------
    Tensor
        (N, classes, Y, X); where it learnt boundaries one channel more, from 0 to 1: the foreground less the
        boundary, high in the cores of objects and low on their edges.
    """
    likely = probabilities(given[:, : network.logits])
    if not network.boundaries:
        return likely
    boundary = torch.sigmoid(given[:, network.logits :])
    return torch.cat([likely, (likely.sum(dim=1, keepdim=True) - boundary).clamp_min(0)], dim=1)


def _stage(inputs: int, outputs: int) -> nn.Sequential:
    """Two 3 x 3 convolutions, each with batch normalisation and ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel_size=3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
        nn.Conv2d(outputs, outputs, kernel_size=3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def _mirror_to_multiple(image: Tensor, stride: int) -> Tensor:
    height, width = image.shape[-2:]
    bottom, right = -height % stride, -width % stride
    if bottom == 0 and right == 0:
        return image
    # Mirroring needs an edge longer than what it adds; smaller images repeat their last line instead.
    mode = "reflect" if bottom < height and right < width else "replicate"
    return F.pad(image, (0, right, 0, bottom), mode=mode)
