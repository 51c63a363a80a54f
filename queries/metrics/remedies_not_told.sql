-- id: remedies_not_told
-- title.en: Outstanding, external remedies not yet told
-- title.tr: Uzlaşılamadı, dış başvuru yolları bildirilmedi
-- title.ru: Актуальна, о внешних средствах защиты не сообщено
-- iso: 7.9, M6
-- basis: stock
-- grain: case
-- key: case_key
-- dimensions: department, category
-- chart: list
-- definition: Complaints outstanding at as_of whose customer was not yet told of the external remedies by a proven means.
WITH counted AS (
    SELECT k.case_key, k.department, k.category, k.outstanding_since
    FROM cases AS k
    WHERE k.state = 'outstanding' AND k.remedies_told_on IS NULL
)
SELECT department, CAST(COUNT(*) AS BIGINT) AS complaints, MIN(outstanding_since) AS longest_since
FROM counted
GROUP BY department
ORDER BY department
