-- id: cost_of_redress
-- title.en: Cost of redress
-- title.tr: Telafi maliyeti
-- title.ru: Стоимость возмещения
-- iso: 7.7
-- basis: ended
-- grain: pass of a case
-- key: case_key, pass
-- dimensions: month, granted, category, product, site, cause
-- columns: month, granted, decisions, cost_minor
-- needs: cost
-- chart: bars
-- definition: Decisions that came into force in the period and what they cost in redress, in minor units of the currency, by the remedy granted. Each decision bears its own cost.
-- definition.tr: Dönem içinde yürürlüğe giren kararlar ve bunların telafi maliyeti (para biriminin alt birimiyle), tanınan telafiye göre. Her karar kendi maliyetini taşır.
-- definition.ru: Решения, вступившие в силу в периоде, и стоимость возмещения по ним в разменных единицах валюты, по виду предоставляемого возмещения. Каждое решение учтено со своей стоимостью.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
decisions AS (
    SELECT a.case_key, a.pass, d.month, a.remedy_granted, a.root_cause, a.cost_minor
    FROM passes AS a
    JOIN period_days AS d ON d.day = a.decided_on
),
counted AS (
    SELECT
        a.case_key, a.pass, a.month, a.remedy_granted AS granted, k.category, k.product, k.site,
        a.root_cause AS cause, a.cost_minor
    FROM decisions AS a
    JOIN cases AS k ON k.case_key = a.case_key
)
SELECT
    month, granted,
    CAST(COUNT(*) AS BIGINT) AS decisions,
    CAST(SUM(cost_minor) AS BIGINT) AS cost_minor
FROM counted
GROUP BY month, granted
ORDER BY month, granted
