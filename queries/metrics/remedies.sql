-- id: remedies
-- title.en: Remedy sought and granted
-- title.tr: İstenen ve tanınan telafi
-- title.ru: Желаемое и предоставляемое возмещение
-- iso: 7.7
-- basis: ended
-- grain: pass of a case
-- key: case_key, pass
-- dimensions: month, pass, response, sought, granted, fit, expectation, site, category, product
-- columns: sought, granted, fit, decisions
-- needs: response
-- chart: none
-- definition: Decisions that came into force in the period, by the remedy that the customer sought and the one granted: as sought, another, none granted, or none sought.
-- definition.tr: Dönem içinde yürürlüğe giren kararlar, müşterinin istediği ve tanınan telafiye göre: istenen tanınmış, başkası tanınmış, telafi tanınmamış ya da istenmemiş.
-- definition.ru: Решения, вступившие в силу в периоде, по желаемому заявителем и предоставляемому возмещению: то, что желал заявитель, другое, возмещения нет или его не просили.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
decisions AS (
    SELECT a.case_key, a.pass, d.month, a.response, a.remedy_granted, a.expectation
    FROM passes AS a
    JOIN period_days AS d ON d.day = a.decided_on
),
counted AS (
    SELECT
        a.case_key, a.pass, a.month, a.response, k.remedy_sought AS sought, a.remedy_granted AS granted,
        CASE
            WHEN k.remedy_sought IS NULL THEN 'none_sought'
            WHEN a.remedy_granted IS NULL THEN 'none_granted'
            WHEN a.remedy_granted = k.remedy_sought THEN 'as_sought'
            ELSE 'other'
        END AS fit,
        a.expectation, k.site, k.category, k.product
    FROM decisions AS a
    JOIN cases AS k ON k.case_key = a.case_key
)
SELECT sought, granted, fit, CAST(COUNT(*) AS BIGINT) AS decisions
FROM counted
GROUP BY sought, granted, fit
ORDER BY sought, granted, fit
