"""Where the Turkish feast dates come from: a check of turkey.toml against the sky.

Turkey's religious calendar is calculated, not observed. Its rule goes back to the Istanbul conference of
1978: the month begins on the day after the first evening on which, somewhere on earth, the new crescent
stands at least 8 degrees from the sun and, at sunset, at least 5 degrees above the horizon. This script
computes that evening with `ephem` on a grid of places between 60 degrees north and south, takes the local
date there, and compares the day after it with the first day of the feast's month in turkey.toml.

Run in this folder:  python crescent_check.py > crescent.csv
"""

import csv
import datetime as dt
import math
import sys
import tomllib
from pathlib import Path

import ephem

ELONGATION = 8.0
ALTITUDE = 5.0
STEP = 6
# The first day of the feast as a day of its lunar month.
FEASTS = {"Ramazan Bayramı, 1. gün": 1, "Kurban Bayramı, 1. gün": 10}


def first_evening(conjunction):
    """(sunset in UT, latitude, longitude) of the earliest evening that meets the rule."""
    best = None
    for lat in range(-60, 61, STEP):
        for lon in range(-180, 180, STEP):
            place = ephem.Observer()
            place.lat, place.lon, place.pressure, place.horizon = str(lat), str(lon), 0, "-0:50"
            start = ephem.Date(conjunction)
            for _ in range(3):
                try:
                    sunset = place.next_setting(ephem.Sun(), start=start)
                except (ephem.AlwaysUpError, ephem.NeverUpError):
                    break
                if best is not None and sunset >= best[0]:
                    break
                place.date = sunset
                moon, sun = ephem.Moon(place), ephem.Sun(place)
                apart = math.degrees(float(ephem.separation(moon, sun)))
                if apart >= ELONGATION and math.degrees(float(moon.alt)) >= ALTITUDE:
                    best = (sunset, lat, lon)
                    break
                start = ephem.Date(sunset + 0.1)
    return best


def main():
    path = Path(__file__).resolve().parents[3] / "reports" / "calendars" / "turkey.toml"
    days = tomllib.loads(path.read_text(encoding="utf-8"))["day"]
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["feast", "first_day", "by_the_rule", "difference", "sunset_ut", "lat", "lon"])
    for day in days:
        for name, number in FEASTS.items():
            if name not in day["name"]:
                continue
            month = day["date"] - dt.timedelta(days=number - 1)
            conjunction = ephem.previous_new_moon(ephem.Date(month.isoformat()) + 1.0)
            sunset, lat, lon = first_evening(conjunction)
            at = ephem.Date(sunset).datetime()
            local = (at + dt.timedelta(hours=lon / 15)).date()
            rule = local + dt.timedelta(days=number)
            out.writerow(
                [
                    name.split(",")[0],
                    day["date"],
                    rule,
                    (day["date"] - rule).days,
                    at.strftime("%Y-%m-%d %H:%M"),
                    lat,
                    lon,
                ]
            )


if __name__ == "__main__":
    main()
