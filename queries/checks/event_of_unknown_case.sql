-- id: event_of_unknown_case
-- title.en: Event of an unknown case
-- title.tr: Kaydı bulunmayan olay
-- title.ru: Событие неизвестной жалобы
-- key: case_key, seq
-- columns: case_key, seq
-- definition: Events whose case is not in the lake.
-- definition.tr: Kaydı veri gölünde bulunmayan olaylar.
-- definition.ru: События, жалобы которых нет в озере данных.
-- fault: events: SELECT CASE WHEN case_key > 0 THEN 0 - case_key ELSE case_key END AS case_key, seq, kind, occurred_at, occurred_on, recorded_at, recorded_on, role, late, deviation FROM events
WITH known AS (
    SELECT k.case_key AS known_key FROM cases AS k
)
SELECT e.case_key, e.seq
FROM events AS e
LEFT JOIN known AS k ON k.known_key = e.case_key
WHERE k.known_key IS NULL
ORDER BY e.case_key, e.seq
