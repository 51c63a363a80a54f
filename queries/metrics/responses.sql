-- id: responses
-- title.en: Decisions by kind of response
-- title.tr: Yanıt türüne göre kararlar
-- title.ru: Решения по видам ответа
-- iso: 7.7
-- basis: ended
-- grain: pass of a case
-- key: case_key, pass
-- dimensions: month, pass, response, site, category, product
-- columns: month, response, decisions
-- needs: response
-- chart: bars
-- definition: Decisions that came into force in the period, by the kind of response: refund, replacement, repair, information, apology and so on.
-- definition.tr: Dönem içinde yürürlüğe giren kararlar, yanıt türüne göre: para iadesi, değişim, onarım, bilgi, özür vb.
-- definition.ru: Решения, вступившие в силу в периоде, по виду ответа: возврат денег, замена, ремонт, информация, извинение и т. д.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
decisions AS (
    SELECT a.case_key, a.pass, d.month, a.response
    FROM passes AS a
    JOIN period_days AS d ON d.day = a.decided_on
),
counted AS (
    SELECT a.case_key, a.pass, a.month, a.response, k.site, k.category, k.product
    FROM decisions AS a
    JOIN cases AS k ON k.case_key = a.case_key
)
SELECT month, response, CAST(COUNT(*) AS BIGINT) AS decisions
FROM counted
GROUP BY month, response
ORDER BY month, response
