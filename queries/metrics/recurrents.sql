-- id: recurrents
-- title.en: Complaints of recurrent problems
-- title.tr: Yinelenen sorunlara ilişkin şikâyetler (farklı şikâyetçiler)
-- title.ru: Жалобы на повторяющиеся проблемы (разные заявители)
-- iso: M7
-- basis: received
-- grain: case
-- key: case_key
-- dimensions: month, category, product, site, recurrent
-- columns: month, received, recurrent
-- rests_on: cluster_runs
-- chart: bars
-- definition: Complaints received in the period, net of merged, and those of them that belong to a problem of which two or more complainants complained.
-- definition.tr: Dönemde alınan şikâyetler (birleştirilenler hariç) ve bunlardan, iki ya da daha çok şikâyetçinin dile getirdiği bir soruna ait olanlar.
-- definition.ru: Жалобы, полученные в периоде (без объединённых), и из них те, что относятся к проблеме, на которую пожаловались двое или больше заявителей.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
in_problem AS (
    SELECT DISTINCT m.case_key AS member_key
    FROM cluster_members AS m
    JOIN clusters AS g ON g.cluster_id = m.cluster_id
    WHERE g.kind = 'recurrent' AND g.level = 'problem' AND g.ignored = FALSE
),
counted AS (
    SELECT
        k.case_key, d.month, k.category, k.product, k.site,
        CASE WHEN m.member_key IS NOT NULL THEN 'yes' ELSE 'no' END AS recurrent
    FROM cases AS k
    JOIN period_days AS d ON d.day = k.received_on
    LEFT JOIN in_problem AS m ON m.member_key = k.case_key
    WHERE k.state <> 'merged'
)
SELECT
    month,
    CAST(COUNT(*) AS BIGINT) AS received,
    CAST(SUM(CASE WHEN recurrent = 'yes' THEN 1 ELSE 0 END) AS BIGINT) AS recurrent
FROM counted
GROUP BY month
ORDER BY month
