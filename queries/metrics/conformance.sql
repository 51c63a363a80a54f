-- id: conformance
-- title.en: Events outside the procedure
-- title.tr: Prosedür dışı olaylar
-- title.ru: События вне процедуры
-- iso: 8.5
-- basis: received
-- grain: event of a case
-- key: case_key, seq
-- dimensions: month, kind, reason
-- columns: kind, reason, deviations, complaints
-- chart: none
-- definition: Events that the procedure does not allow, of all complaints received in the period, merged ones included, by kind and reason, and how many complaints they belong to.
-- definition.tr: Dönemde alınan bütün şikâyetlerde (birleştirilenler dâhil) prosedürün izin vermediği olaylar, türüne ve nedenine göre; ve kaç şikâyete ait oldukları.
-- definition.ru: События, которых процедура не допускает, во всех жалобах, полученных в периоде (вместе с объединёнными), по виду и причине, и к скольким жалобам они относятся.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
received AS (
    SELECT k.case_key, d.month
    FROM cases AS k
    JOIN period_days AS d ON d.day = k.received_on
),
counted AS (
    SELECT v.case_key, v.seq, r.month, v.kind, v.reason
    FROM case_deviations AS v
    JOIN received AS r ON r.case_key = v.case_key
)
SELECT
    kind, reason,
    CAST(COUNT(*) AS BIGINT) AS deviations,
    CAST(COUNT(DISTINCT case_key) AS BIGINT) AS complaints
FROM counted
GROUP BY kind, reason
ORDER BY kind, reason
