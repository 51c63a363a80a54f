-- id: calendar_gap
-- title.en: Calendar with a missing or doubled day
-- title.tr: Günü eksik ya da yinelenen takvim
-- title.ru: Календарь с пропущенным или повторённым днём
-- key: calendar_id, day
-- columns: calendar_id, day, day_index, days_since_previous
-- definition: Days of a calendar that do not follow the calendar's day before them by exactly one day.
-- definition.tr: Takvimde kendinden önceki günden tam bir gün sonra gelmeyen günler.
-- definition.ru: Дни календаря, которые следуют за предыдущим днём этого календаря не ровно через один день.
-- fault: calendar: SELECT calendar_id, version, day, CASE WHEN weekday = 1 THEN day_index + 1 ELSE day_index END AS day_index, working, fraction, workday_index, day_name, day_kind, month, quarter, iso_week, weekday FROM calendar
WITH steps AS (
    SELECT
        c.calendar_id, c.day, c.day_index,
        c.day_index - LAG(c.day_index) OVER (PARTITION BY c.calendar_id ORDER BY c.day_index) AS days_since_previous
    FROM calendar AS c
)
SELECT calendar_id, day, day_index, days_since_previous
FROM steps
WHERE days_since_previous <> 1
ORDER BY calendar_id, day
