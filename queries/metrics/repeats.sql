-- id: repeats
-- title.en: Decided complaints that came again
-- title.tr: Karardan sonra tekrarlanan şikâyetler (aynı şikâyetçi)
-- title.ru: Повторные жалобы после решения (тот же заявитель)
-- iso: M7
-- basis: ended
-- grain: case
-- key: case_key
-- dimensions: month, category, product, site, repeated, matured
-- columns: month, decided, repeats, not_matured
-- rests_on: cluster_runs
-- chart: bars
-- definition: Complaints, net of merged, whose first decision came into force in the period and lies 90 calendar days or more back at the cut of the data, and those of them after whose first decision the same complainant complained of the same problem again within 90 days (a relation of the kind repeat). Complaints whose 90 days are not over are counted beside and not judged.
-- definition.tr: İlk kararı dönem içinde yürürlüğe giren ve değerlendirme anında üzerinden en az 90 takvim günü geçmiş şikâyetler (birleştirilenler hariç) ile bunlardan, ilk karardan sonraki 90 gün içinde aynı şikâyetçinin aynı sorunla yeniden başvurdukları. 90 günü dolmayanlar ayrıca sayılır, değerlendirilmez.
-- definition.ru: Жалобы (без объединённых), первое решение по которым вступило в силу в периоде и со дня которого к моменту оценки прошло не меньше 90 календарных дней, и из них те, после первого решения по которым тот же заявитель в течение 90 дней пожаловался на ту же проблему. Жалобы, по которым 90 дней не истекли, учитываются отдельно и не оцениваются.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
decided_days AS (
    SELECT c.day AS decided_day, c.day_index AS decided_index
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
),
as_of_days AS (
    SELECT c.day_index AS as_of_index
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id AND c.day = p.as_of_on
),
received_days AS (
    SELECT k.case_key AS received_key, c.decided_index AS received_index
    FROM cases AS k
    JOIN decided_days AS c ON c.decided_day = k.received_on
),
first_decisions AS (
    SELECT k.case_key AS first_key, c.decided_index AS first_index
    FROM cases AS k
    JOIN decided_days AS c ON c.decided_day = k.decided_on
),
repeated AS (
    SELECT DISTINCT m.of_case_key AS repeated_key
    FROM case_relations AS m
    JOIN received_days AS l ON l.received_key = m.case_key
    JOIN first_decisions AS f ON f.first_key = m.of_case_key
    WHERE m.kind = 'repeat' AND l.received_index >= f.first_index AND l.received_index <= f.first_index + 90
),
decided AS (
    SELECT k.case_key, d.month, k.category, k.product, k.site, k.decided_on
    FROM cases AS k
    JOIN period_days AS d ON d.day = k.decided_on
    WHERE k.state <> 'merged'
),
counted AS (
    SELECT
        k.case_key, k.month, k.category, k.product, k.site,
        CASE WHEN r.repeated_key IS NOT NULL THEN 'yes' ELSE 'no' END AS repeated,
        CASE WHEN d.decided_index + 90 <= n.as_of_index THEN 'yes' ELSE 'no' END AS matured
    FROM decided AS k
    JOIN decided_days AS d ON d.decided_day = k.decided_on
    LEFT JOIN repeated AS r ON r.repeated_key = k.case_key
    CROSS JOIN as_of_days AS n
)
SELECT
    month,
    CAST(SUM(CASE WHEN matured = 'yes' THEN 1 ELSE 0 END) AS BIGINT) AS decided,
    CAST(SUM(CASE WHEN matured = 'yes' AND repeated = 'yes' THEN 1 ELSE 0 END) AS BIGINT) AS repeats,
    CAST(SUM(CASE WHEN matured = 'no' THEN 1 ELSE 0 END) AS BIGINT) AS not_matured
FROM counted
GROUP BY month
ORDER BY month
