-- id: remedies_not_delivered
-- title.en: Accepted, remedy not delivered
-- title.tr: Kabul edildi, telafi teslim edilmedi
-- title.ru: Принято, возмещение не предоставлено
-- iso: 7.9
-- basis: stock
-- grain: case
-- key: case_key
-- dimensions: remedy, department, product
-- chart: list
-- definition: Complaints completed by acceptance of a decision whose remedy was due before as_of and is not delivered at as_of. A reopened complaint is being examined again: it stands in the stock, not here.
WITH counted AS (
    SELECT k.case_key, k.remedy_granted AS remedy, k.department, k.product, k.remedy_due_on
    FROM cases AS k
    CROSS JOIN params AS p
    WHERE k.state IN ('completed', 'completed_externally') AND k.remedy_done_on IS NULL
        AND k.remedy_due_on < p.as_of_on
)
SELECT remedy, CAST(COUNT(*) AS BIGINT) AS complaints, MIN(remedy_due_on) AS oldest_due
FROM counted
GROUP BY remedy
ORDER BY remedy
