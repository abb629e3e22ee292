from .measurement.evaluating import evaluate as evaluate
from .measurement.measuring import measure as measure
from .runs.predicting import predict as predict
from .runs.training import train as train
from .segmentation.threshold_files import threshold as threshold
from .unet.model import load_model as load_model

__version__: str
