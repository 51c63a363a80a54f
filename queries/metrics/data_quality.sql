-- id: data_quality
-- title.en: Fields left empty
-- title.tr: Boş bırakılan alanlar
-- title.ru: Незаполненные поля
-- iso: 8.1
-- basis: received
-- grain: field of a case
-- key: case_key, field
-- dimensions: month, field, present, channel
-- apart: field
-- columns: field, complaints, missing
-- chart: none
-- definition: Complaints received in the period, net of merged, and for each field how many of them have no value in it at the cut of the data. The root cause is asked only of complaints with a decision in force.
-- definition.tr: Dönemde alınan şikâyetler (birleştirilenler hariç) ve her alan için, değerlendirme anında o alanı boş olanların sayısı. Kök neden yalnız yürürlükte kararı olan şikâyetlerde aranır.
-- definition.ru: Жалобы, полученные в периоде (без объединённых), и для каждого поля – у скольких из них оно на момент оценки пусто. Коренная причина ожидается только у жалоб с действующим решением.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
received AS (
    SELECT
        k.case_key, d.month, k.channel, k.category, k.product, k.lot, k.site, k.department,
        k.severity_last, k.remedy_sought, k.complainant_key, k.sold_on, k.produced_on, k.root_cause,
        k.decided_on
    FROM cases AS k
    JOIN period_days AS d ON d.day = k.received_on
    WHERE k.state <> 'merged'
),
counted AS (
    SELECT
        r.case_key, 'category' AS field, r.month, r.channel,
        CASE WHEN r.category IS NULL THEN 'no' ELSE 'yes' END AS present
    FROM received AS r
    UNION ALL
    SELECT
        r.case_key, 'product' AS field, r.month, r.channel,
        CASE WHEN r.product IS NULL THEN 'no' ELSE 'yes' END AS present
    FROM received AS r
    UNION ALL
    SELECT
        r.case_key, 'lot' AS field, r.month, r.channel,
        CASE WHEN r.lot IS NULL THEN 'no' ELSE 'yes' END AS present
    FROM received AS r
    UNION ALL
    SELECT
        r.case_key, 'site' AS field, r.month, r.channel,
        CASE WHEN r.site IS NULL THEN 'no' ELSE 'yes' END AS present
    FROM received AS r
    UNION ALL
    SELECT
        r.case_key, 'department' AS field, r.month, r.channel,
        CASE WHEN r.department IS NULL THEN 'no' ELSE 'yes' END AS present
    FROM received AS r
    UNION ALL
    SELECT
        r.case_key, 'severity' AS field, r.month, r.channel,
        CASE WHEN r.severity_last IS NULL THEN 'no' ELSE 'yes' END AS present
    FROM received AS r
    UNION ALL
    SELECT
        r.case_key, 'remedy_sought' AS field, r.month, r.channel,
        CASE WHEN r.remedy_sought IS NULL THEN 'no' ELSE 'yes' END AS present
    FROM received AS r
    UNION ALL
    SELECT
        r.case_key, 'complainant' AS field, r.month, r.channel,
        CASE WHEN r.complainant_key IS NULL THEN 'no' ELSE 'yes' END AS present
    FROM received AS r
    UNION ALL
    SELECT
        r.case_key, 'sold_on' AS field, r.month, r.channel,
        CASE WHEN r.sold_on IS NULL THEN 'no' ELSE 'yes' END AS present
    FROM received AS r
    UNION ALL
    SELECT
        r.case_key, 'produced_on' AS field, r.month, r.channel,
        CASE WHEN r.produced_on IS NULL THEN 'no' ELSE 'yes' END AS present
    FROM received AS r
    UNION ALL
    SELECT
        r.case_key, 'root_cause' AS field, r.month, r.channel,
        CASE WHEN r.root_cause IS NULL THEN 'no' ELSE 'yes' END AS present
    FROM received AS r
    WHERE r.decided_on IS NOT NULL
)
SELECT
    field,
    CAST(COUNT(*) AS BIGINT) AS complaints,
    CAST(SUM(CASE WHEN present = 'no' THEN 1 ELSE 0 END) AS BIGINT) AS missing
FROM counted
GROUP BY field
ORDER BY field
