"""The air quality index of HJ 633-2012 over the real hours, a second time: with fractions, its own table and its own averaging.

Usage: second_aqi.py FOLDER, the folder with beijing-hourly-2016.csv.gz. Prints a row for each hour and each day of each station.
"""

import csv
import gzip
import sys
from datetime import datetime, timedelta
from fractions import Fraction
from math import ceil

BOUNDS = [0, 50, 100, 150, 200, 300, 400, 500]
TABLE = {
    ("SO2", 24): [0, 50, 150, 475, 800, 1600, 2100, 2620], ("SO2", 1): [0, 150, 500, 650, 800],
    ("NO2", 24): [0, 40, 80, 180, 280, 565, 750, 940], ("NO2", 1): [0, 100, 200, 700, 1200, 2340, 3090, 3840],
    ("PM10", 24): [0, 50, 150, 250, 350, 420, 500, 600], ("PM2.5", 24): [0, 35, 75, 115, 150, 250, 350, 500],
    ("CO", 24): [0, 2, 4, 14, 24, 36, 48, 60], ("CO", 1): [0, 5, 10, 35, 60, 90, 120, 150],
    ("O3", 1): [0, 160, 200, 300, 400, 800, 1000, 1200], ("O3", 8): [0, 100, 160, 215, 265, 800],
}
COLUMNS = {"pm25": "PM2.5", "pm10": "PM10", "so2": "SO2", "no2": "NO2", "co": "CO", "o3": "O3"}
NEED = {1: 1, 8: 6, 24: 20}


def index_of(item, hours, value):
    points = TABLE[item, hours]
    if value > points[-1]:
        return 500 if len(points) == 8 else None
    for i in range(1, len(points)):
        if value <= points[i]:
            share = (value - points[i - 1]) / Fraction(points[i] - points[i - 1])
            return ceil(BOUNDS[i - 1] + share * (BOUNDS[i] - BOUNDS[i - 1]))


def mean(series, end, hours):
    there = [series[t] for t in (end - timedelta(hours=h) for h in range(hours)) if t in series]
    return sum(there, Fraction(0)) / len(there) if there and len(there) >= NEED[hours] else None


def verdict(found):
    found = [(index, item) for index, item in found if index is not None]
    if not found:
        return "", ""
    top = max(index for index, _ in found)
    names = sorted({item for index, item in found if index == top}) if top > 50 else []
    return str(top), "+".join(names)


def by_hour(data, end):
    found = []
    for item, series in data.items():
        windows = {"PM2.5": [24], "PM10": [24], "O3": [1, 8]}.get(item, [1])
        if item == "SO2" and series.get(end, 0) > 800:
            windows = [24]
        for hours in windows:
            value = mean(series, end, hours)
            if value is not None:
                found.append((index_of(item, hours, value), item))
    return verdict(found)


def by_day(data, last):
    found = []
    for item, series in data.items():
        if item != "O3":
            value = mean(series, last, 24)
            if value is not None:
                found.append((index_of(item, 24, value), item))
            continue
        hours = [last - timedelta(hours=h) for h in range(24)]
        there = [series[t] for t in hours if t in series]
        if len(there) >= 20:
            found.append((index_of(item, 1, max(there)), item))
        means = [m for m in (mean(series, end, 8) for end in hours[:17]) if m is not None]
        if len(means) >= 14:
            found.append((index_of(item, 8, max(means)), item))
    return verdict(found)


def main():
    stations = {}
    times = []
    with gzip.open(sys.argv[1] + "/beijing-hourly-2016.csv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            data = stations.setdefault(row["station"], {item: {} for item in COLUMNS.values()})
            time = datetime.fromisoformat(row["time"])
            times.append((row["station"], time))
            for column, item in COLUMNS.items():
                if row[column]:
                    data[item][time] = Fraction(row[column]) / (1000 if item == "CO" else 1)
    print("by,station,time,aqi,primary")
    for station, time in times:
        stamp = time.strftime("%Y-%m-%dT%H:%M+08:00")
        print("hour", station, stamp, *by_hour(stations[station], time), sep=",")
        if time.hour == 23:
            print("day", station, stamp, *by_day(stations[station], time), sep=",")


main()
