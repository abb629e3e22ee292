from .events import drain as drain
from .images.image import Image as Image
from .images.reading import open_image as open_image
from .measurement.evaluating import evaluate as evaluate
from .measurement.measuring import measure as measure
from .runs.predicting import predict as predict
from .runs.training import train as train
from .segmentation.threshold_files import threshold as threshold
from .unet.model import Model as Model
from .unet.model import load_model as load_model
from .unet.prediction import predict_array as predict_array

__version__: str
