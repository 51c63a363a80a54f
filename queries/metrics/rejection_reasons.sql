-- id: rejection_reasons
-- title.en: Why decisions were rejected
-- title.tr: Kararların reddedilme nedenleri
-- title.ru: Причины отклонения решений
-- iso: 7.9
-- basis: ended
-- grain: pass of a case
-- key: case_key, pass
-- dimensions: month, pass, reason, category, product, site
-- columns: pass, reason, rejections
-- needs: answers
-- chart: none
-- definition: Decisions that customers rejected in the period, by pass and by the reason given; those rejected without a reason stand apart.
-- definition.tr: Müşterilerin dönem içinde reddettiği kararlar, tura ve bildirilen nedene göre; nedeni bildirilmeyenler ayrı gösterilir.
-- definition.ru: Решения, отклонённые заявителями в периоде, по номеру рассмотрения и по названной причине; отклонённые без причины показаны отдельно.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
rejected AS (
    SELECT a.case_key, a.pass, d.month, a.rejection_reason
    FROM passes AS a
    JOIN period_days AS d ON d.day = a.answered_on
    WHERE a.answer = 'rejected'
),
counted AS (
    SELECT r.case_key, r.pass, r.month, r.rejection_reason AS reason, k.category, k.product, k.site
    FROM rejected AS r
    JOIN cases AS k ON k.case_key = r.case_key
)
SELECT pass, reason, CAST(COUNT(*) AS BIGINT) AS rejections
FROM counted
GROUP BY pass, reason
ORDER BY pass, reason
