from .events import drain as drain
from .images.image import Image as Image
from .images.reading import open_image as open_image
from .measurement.evaluating import evaluate as evaluate
from .measurement.measuring import measure as measure
from .runs.predicting import predict as predict
from .runs.replaying import replay as replay
from .runs.training import train as train
from .segmentation.threshold_files import threshold as threshold
from .settings import AugmentationSettings as AugmentationSettings
from .settings import DeviceSettings as DeviceSettings
from .settings import ImageSettings as ImageSettings
from .settings import LossSettings as LossSettings
from .settings import MaskKind as MaskKind
from .settings import MaskSettings as MaskSettings
from .settings import NetworkSettings as NetworkSettings
from .settings import OptimiserSettings as OptimiserSettings
from .settings import PredictionSettings as PredictionSettings
from .settings import ScoreSettings as ScoreSettings
from .settings import ThresholdSettings as ThresholdSettings
from .settings import TrainingSettings as TrainingSettings
from .settings import TrainSettings as TrainSettings
from .unet.model import Model as Model
from .unet.model import load_model as load_model
from .unet.prediction import predict_array as predict_array

__version__: str
