-- id: duplicates
-- title.en: Complaints registered twice
-- title.tr: Mükerrer kaydedilen şikâyetler
-- title.ru: Жалобы, зарегистрированные дважды
-- iso: 8.2
-- basis: received
-- grain: case
-- key: case_key
-- dimensions: month, channel, category, duplicate
-- columns: month, received_gross, duplicates
-- rests_on: cluster_runs
-- chart: bars
-- definition: All complaints received in the period, merged ones included, and those of them that repeat an earlier registration of the same complaint by the same complainant in nearly the same words.
-- definition.tr: Dönemde alınan bütün şikâyetler (birleştirilenler dâhil) ve bunlardan, aynı şikâyetçinin aynı şikâyetinin neredeyse aynı sözlerle ikinci kez kaydedilmiş hâli olanlar.
-- definition.ru: Все жалобы, полученные в периоде (вместе с объединёнными), и из них те, что повторяют более раннюю регистрацию той же жалобы того же заявителя почти теми же словами.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
second_registrations AS (
    SELECT DISTINCT m.case_key AS member_key
    FROM case_relations AS m
    WHERE m.kind = 'duplicate'
),
counted AS (
    SELECT
        k.case_key, d.month, k.channel, k.category,
        CASE WHEN m.member_key IS NOT NULL THEN 'yes' ELSE 'no' END AS duplicate
    FROM cases AS k
    JOIN period_days AS d ON d.day = k.received_on
    LEFT JOIN second_registrations AS m ON m.member_key = k.case_key
)
SELECT
    month,
    CAST(COUNT(*) AS BIGINT) AS received_gross,
    CAST(SUM(CASE WHEN duplicate = 'yes' THEN 1 ELSE 0 END) AS BIGINT) AS duplicates
FROM counted
GROUP BY month
ORDER BY month
