-- id: source_agreement
-- title.en: Our verdict beside the source's own
-- title.tr: Bizim bulduğumuz sonuç ile kaynağın kendi değerlendirmesi
-- title.ru: Наша оценка рядом с оценкой источника
-- iso: M5
-- basis: received
-- grain: case
-- key: case_key, side
-- dimensions: side, source_verdict, verdict, severity, month, agrees
-- apart: side
-- columns: side, severity, source_verdict, verdict, complaints
-- chart: none
-- definition: Complaints received in the period whose source says itself whether its deadline was met, beside our verdict from receipt to the first communicated decision. The two rest on different calendars and limits; the agreement is stated, not forced.
-- definition.tr: Dönemde alınan ve kaynağı kendi vadesine uyulup uyulmadığını belirten şikâyetler; yanında, şikâyetin alınmasından ilk kararın bildirilmesine kadar bizim bulduğumuz sonuç. İkisi farklı takvim ve sürelere dayanır; uyum zorlanmaz, olduğu gibi gösterilir.
-- definition.ru: Жалобы, полученные в периоде, о которых источник сам сообщает, соблюдён ли его срок, рядом с нашей оценкой от получения до первого сообщённого решения. Они основаны на разных календарях и сроках; совпадение показано как есть, без подгонки.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
judged AS (
    SELECT s.case_key, 'net' AS side, CASE WHEN s.ended_at IS NOT NULL THEN s.verdict_net ELSE 'open' END AS verdict
    FROM stages AS s
    WHERE s.stage = 'overall'
    UNION ALL
    SELECT s.case_key, 'gross' AS side, CASE WHEN s.ended_at IS NOT NULL THEN s.verdict_gross ELSE 'open' END AS verdict
    FROM stages AS s
    WHERE s.stage = 'overall'
),
counted AS (
    SELECT
        k.case_key, j.side, k.source_verdict, j.verdict, k.severity_last AS severity, d.month,
        CASE WHEN k.source_verdict = j.verdict THEN 'yes' ELSE 'no' END AS agrees
    FROM cases AS k
    JOIN judged AS j ON j.case_key = k.case_key
    JOIN period_days AS d ON d.day = k.received_on
    WHERE k.source_verdict IS NOT NULL
)
SELECT side, severity, source_verdict, verdict, CAST(COUNT(*) AS BIGINT) AS complaints
FROM counted
GROUP BY side, severity, source_verdict, verdict
ORDER BY side, severity, source_verdict, verdict
