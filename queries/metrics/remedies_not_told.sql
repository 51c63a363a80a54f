-- id: remedies_not_told
-- title.en: Outstanding, external remedies not yet told
-- title.tr: Uzlaşılamadı, dış başvuru yolları bildirilmedi
-- title.ru: Актуальна, о внешних средствах защиты не сообщено
-- iso: 7.9, M6
-- basis: stock
-- grain: case
-- key: case_key
-- dimensions: department, category
-- columns: department, complaints, longest_since
-- needs: external_remedies
-- chart: list
-- definition: Complaints outstanding at 24:00 of the period's last day (or at the cut of the data, when that is earlier) whose customer was not told of the external remedies by then, by a proven means.
-- definition.tr: Dönemin son gününde saat 24.00’te (değerlendirme anı daha erkense o anda) uzlaşılamamış olan ve müşterisine dış başvuru yolları o ana kadar kanıtlanabilir bir yolla bildirilmemiş şikâyetler.
-- definition.ru: Жалобы в состоянии «Актуальна» (согласие не достигнуто) на 24:00 последнего дня периода (или на момент оценки, если он раньше), по которым заявителю к этому времени не сообщено доказуемым способом о внешних средствах защиты.
WITH stock_days AS (
    SELECT c.day
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day <= p.stock_on
),
counted AS (
    SELECT k.case_key, k.department, k.category, s.from_on AS outstanding_since
    FROM case_states AS s
    JOIN stock_days AS f ON f.day = s.from_on
    JOIN cases AS k ON k.case_key = s.case_key
    CROSS JOIN params AS p
    WHERE s.state = 'outstanding'
        AND (s.until_on IS NULL OR s.until_on > p.stock_on)
        AND (k.remedies_told_on IS NULL OR k.remedies_told_on > p.stock_on)
)
SELECT department, CAST(COUNT(*) AS BIGINT) AS complaints, MIN(outstanding_since) AS longest_since
FROM counted
GROUP BY department
ORDER BY department
