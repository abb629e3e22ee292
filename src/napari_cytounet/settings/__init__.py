"""Every setting of the engine, once: its name, default, bounds and the sentence that explains it.

The command line makes its options and help from these models, widgets their fields and tooltips, and a
run's record its JSON. One frozen model a concern; `TrainSettings` gathers those that one training needs.
"""

from napari_cytounet.settings.annotations import AnnotationFormat as AnnotationFormat
from napari_cytounet.settings.base import Colour as Colour
from napari_cytounet.settings.base import Settings as Settings
from napari_cytounet.settings.correction import CorrectionSettings as CorrectionSettings
from napari_cytounet.settings.correction import SimulationSettings as SimulationSettings
from napari_cytounet.settings.images import ImageSettings as ImageSettings
from napari_cytounet.settings.images import MaskKind as MaskKind
from napari_cytounet.settings.images import MaskSettings as MaskSettings
from napari_cytounet.settings.instances import InstanceSettings as InstanceSettings
from napari_cytounet.settings.learning import AugmentationSettings as AugmentationSettings
from napari_cytounet.settings.learning import DeviceSettings as DeviceSettings
from napari_cytounet.settings.learning import LossSettings as LossSettings
from napari_cytounet.settings.learning import NetworkSettings as NetworkSettings
from napari_cytounet.settings.learning import OptimiserSettings as OptimiserSettings
from napari_cytounet.settings.measuring import CompareSettings as CompareSettings
from napari_cytounet.settings.measuring import MeasureSettings as MeasureSettings
from napari_cytounet.settings.results import PredictionSettings as PredictionSettings
from napari_cytounet.settings.results import ScoreSettings as ScoreSettings
from napari_cytounet.settings.results import ThresholdSettings as ThresholdSettings
from napari_cytounet.settings.training import PRESETS as PRESETS
from napari_cytounet.settings.training import TrainingSettings as TrainingSettings
from napari_cytounet.settings.training import TrainSettings as TrainSettings
