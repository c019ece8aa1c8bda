"""Says when environments are frozen, by Python's zoneinfo: a calendar on each line, its rows on a line each."""

import json
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def second(moment):
    return int((moment.astimezone(timezone.utc) - EPOCH).total_seconds())


def instants(zone, day, minutes):
    """The first and the last second at which the clocks show a time; where they leave it out, the one of the change."""
    naive = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)
    first, last = (second(naive.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
    if first <= last:
        return first, last
    offset = lambda at: (EPOCH + timedelta(seconds=at)).astimezone(zone).utcoffset()
    before, after = last, first
    while after - before > 1:
        middle = (before + after) // 2
        if offset(middle) == offset(last):
            before = middle
        else:
            after = middle
    return after, after


def spans(schedule, longest, begin, end):
    zone = ZoneInfo(schedule["zone"])
    day = datetime.fromtimestamp(begin, timezone.utc).date() - timedelta(days=9)
    while day <= datetime.fromtimestamp(end, timezone.utc).date() + timedelta(days=9):
        if DAYS[day.weekday()] in schedule["days"] and day.isoformat() not in schedule["except"]:
            until = schedule["until"] + (1440 if schedule["until"] <= schedule["from"] else 0)
            from_, until = instants(zone, day, schedule["from"]), instants(zone, day, until)
            span = (from_[0], until[1]) if longest else (from_[1], until[0])
            if span[0] < span[1]:
                yield span
        day += timedelta(days=1)


def joined(all_spans):
    rows = []
    for span in sorted(all_spans):
        if rows and span[0] <= rows[-1][1]:
            rows[-1][1] = max(rows[-1][1], span[1])
        else:
            rows.append(list(span))
    return rows


def frozen(calendar):
    begin, end = calendar["begin"], calendar["end"]
    closed = [span for it in calendar["freezes"] for span in spans(it, True, begin, end)]
    if calendar["windows"]:
        at = begin - 86400
        for span in joined(span for it in calendar["windows"] for span in spans(it, False, begin, end)):
            if at < span[0]:
                closed.append((at, span[0]))
            at = max(at, span[1])
        closed.append((at, end + 86400))
    cut = ((max(row[0], begin), min(row[1], end)) for row in joined(closed))
    return [row for row in cut if row[0] < row[1]]


for line in sys.stdin:
    print(json.dumps(frozen(json.loads(line))))
