"""Sub-indices by python-aqi (hrbonz, BSD-3), algorithm of the MEP (HJ 633-2012), for whole concentrations.

Its tables give the lower ends of the intervals as 51, 151 and so on, so that what lies between 50 and 51 falls through; whole
numbers do not.
"""

import aqi
from aqi.constants import (
    POLLUTANT_CO_1H, POLLUTANT_CO_24H, POLLUTANT_NO2_1H, POLLUTANT_NO2_24H, POLLUTANT_O3_1H, POLLUTANT_O3_8H, POLLUTANT_PM10,
    POLLUTANT_PM25, POLLUTANT_SO2_1H, POLLUTANT_SO2_24H)

ITEMS = [
    ("PM2.5", "24h", POLLUTANT_PM25, 500), ("PM10", "24h", POLLUTANT_PM10, 600), ("SO2", "24h", POLLUTANT_SO2_24H, 2620),
    ("SO2", "1h", POLLUTANT_SO2_1H, 800), ("NO2", "24h", POLLUTANT_NO2_24H, 940), ("NO2", "1h", POLLUTANT_NO2_1H, 3840),
    ("CO", "24h", POLLUTANT_CO_24H, 60), ("CO", "1h", POLLUTANT_CO_1H, 150), ("O3", "1h", POLLUTANT_O3_1H, 1200),
    ("O3", "8h", POLLUTANT_O3_8H, 800),
]

print("item,averaging,concentration,iaqi")
for item, averaging, constant, last in ITEMS:
    for concentration in range(0, last + 1):
        try:
            index = aqi.to_iaqi(constant, str(concentration), algo=aqi.ALGO_MEP)
        except (IndexError, ValueError):
            continue
        if index is None:
            continue
        print(f"{item},{averaging},{concentration},{int(index)}")
