-- id: satisfaction
-- title.en: Satisfaction with the handling
-- title.tr: Şikâyetin ele alınışından memnuniyet
-- title.ru: Удовлетворённость работой с жалобой
-- iso: P14
-- basis: ended
-- grain: case
-- key: case_key
-- dimensions: month, score, answered, channel, outcome
-- columns: month, score, surveys
-- needs: survey
-- chart: bars
-- definition: Surveys sent in the period, by the score given for the handling of the complaint, 1 (worst) to 5, as known at the cut of the data. Surveys without an answer stand apart, without a score.
-- definition.tr: Dönem içinde gönderilen anketler; şikâyetin ele alınışına verilen 1 (en kötü) ile 5 arasındaki puana göre, değerlendirme anında bilindiği kadarıyla. Yanıtlanmayan anketler puansız olarak ayrı gösterilir.
-- definition.ru: Опросы, отправленные в периоде, по оценке работы с жалобой от 1 (худшая) до 5, известной на момент оценки. Опросы без ответа показаны отдельно, без оценки.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
counted AS (
    SELECT
        k.case_key, d.month,
        CASE WHEN k.surveyed_on IS NOT NULL THEN k.survey_score ELSE NULL END AS score,
        CASE WHEN k.surveyed_on IS NOT NULL THEN 'yes' ELSE 'no' END AS answered,
        k.channel, k.last_answer AS outcome
    FROM cases AS k
    JOIN period_days AS d ON d.day = k.survey_sent_on
)
SELECT month, score, CAST(COUNT(*) AS BIGINT) AS surveys
FROM counted
GROUP BY month, score
ORDER BY month, score
