"""Faults that are planted in real images, to see whether the data check finds them.

Each fault has two strengths. They were written down on 2026-11-25, before any detector was tuned: `clear` is
what anybody would see who looks at the image, `faint` what is easily overlooked. `FAULTS` is the table.
"""

from planted.carrier import Carrier as Carrier
from planted.carrier import carrier_of as carrier_of
from planted.faults import FAULTS as FAULTS
from planted.faults import Fault as Fault
